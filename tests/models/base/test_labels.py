import keras
import numpy as np
import pytest

from kerasgen.errors import DataError, UsageError
from kerasgen.models.base.labels import Classes

pytestmark = pytest.mark.once
FLOWERS = Classes(3, ("daisy", "rose", "tulip"))


def test_a_model_without_classes_takes_no_labels():
    assert Classes().check(None, 4) is None
    assert Classes().of_batch(np.arange(4)) is None
    assert Classes().condition("labels") == ()
    assert Classes().inputs("x", None) == "x"
    with pytest.raises(UsageError, match="was trained without labels"):
        Classes().check(2, 4)


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        (None, [0, 1, 2, 0]),
        (2, [2, 2, 2, 2]),
        ("rose", [1, 1, 1, 1]),
        (["tulip", "daisy", "daisy", "rose"], [2, 0, 0, 1]),
        (np.array([[0], [1], [2], [1]]), [0, 1, 2, 1]),
    ],
)
def test_labels_of_samples_to_generate(labels, expected):
    checked = FLOWERS.check(labels, 4)
    assert checked.dtype == np.int32
    assert checked.tolist() == expected


@pytest.mark.parametrize(
    ("labels", "error", "says"),
    [
        ("rse", UsageError, "unknown class 'rse'; did you mean rose"),
        (3, DataError, r"labels lie in \[3, 3\]; this model takes whole numbers from 0 to 2"),
        (1.0, DataError, "labels have the type float64"),
        (np.eye(3), UsageError, r"convert one-hot labels with argmax\(axis=-1\)"),
        ([0, 1], UsageError, r"4 samples need \(4,\)"),
    ],
)
def test_impossible_labels_are_refused(labels, error, says):
    with pytest.raises(error, match=says):
        FLOWERS.check(labels, 4)


def test_labels_of_a_batch_are_int32_and_must_be_given():
    labels = FLOWERS.of_batch(np.array([[1], [2]], "float32"))
    assert keras.backend.standardize_dtype(labels.dtype) == "int32"
    assert keras.ops.convert_to_numpy(labels).tolist() == [1, 2]
    with pytest.raises(UsageError, match="was given no labels"):
        FLOWERS.of_batch(None)
    with pytest.raises(UsageError, match="argmax"):
        FLOWERS.of_batch(np.eye(3, dtype="float32"))
