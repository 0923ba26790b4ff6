import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from kerasgen import data
from kerasgen.data.sources import is_path
from kerasgen.errors import DataError, UsageError

pytestmark = pytest.mark.once


def test_importing_kerasgen_data_imports_nothing_heavy():
    heavy = "keras numpy PIL sklearn tensorflow jax torch"
    code = f"import kerasgen.data, sys; assert not set('{heavy}'.split()) & set(sys.modules), sys.modules.keys()"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_digits_are_the_default_and_what_they_should_be():
    digits = data.load()
    assert (digits.name, digits.sample_shape, digits.num_classes) == ("digits", (28, 28, 1), 10)
    assert (len(digits.train), len(digits.test)) == (1617, 180)
    images = digits.train[:]
    assert images.dtype == np.uint8
    assert images.min() == 0
    assert images.max() == 255
    assert 60 < images.mean() < 100
    assert digits.class_names == list("0123456789")
    assert digits.train.labels.dtype == np.int64
    assert set(digits.test.labels) == set(range(10))


def test_digits_at_their_own_size_are_scikit_learns_values():
    from sklearn.datasets import load_digits

    digits = data.load("digits", image_size=8)
    ours = np.concatenate([digits.train[:], digits.test[:]])[..., 0]
    theirs = (load_digits().images / 16 * 255).round()
    assert sorted(ours.reshape(len(ours), -1).sum(1)) == sorted(theirs.reshape(len(theirs), -1).sum(1))


def test_fingerprint_is_stable_and_tells_sizes_apart():
    prints = [data.load("digits", image_size=size).fingerprint for size in (8, 8, 16)]
    assert prints[0] == prints[1] != prints[2]
    assert len(prints[0]) == 16
    assert data.load("digits", image_size=8, validation_split=0.2).fingerprint != prints[0]


@pytest.mark.parametrize(
    ("dataset", "expected"),
    [
        ("digits", False),
        ("mnist", False),
        ("here", True),
        ("./mnist", True),
        ("photos/cats", True),
        ("~", True),
        ("x.npz", True),
        ("X.NPY", True),
        (Path("digits"), True),
    ],
)
def test_what_is_a_path(dataset, expected, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("here", "digits"):
        (tmp_path / name).mkdir()
    assert is_path(dataset) is expected


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ({"dataset": "no/such"}, DataError, ["no such file or folder", "no/such"]),
        ({"dataset": "missing.npz"}, DataError, ["no such file or folder", "missing.npz"]),
        ({"dataset": __file__}, DataError, [Path(__file__).name, ".npz"]),
        ({"image_size": 0}, UsageError, ["image size 0", "1 or more"]),
        ({"image_size": 2.5}, UsageError, ["image size 2.5"]),
        ({"validation_split": 1}, UsageError, ["validation split 1", "below 1"]),
        ({"validation_split": 0}, UsageError, ["validation split 0", "above 0"]),
    ],
)
def test_bad_requests_are_named(arguments, error, words):
    with pytest.raises(error) as caught:
        data.load(**arguments)
    message = str(caught.value)
    assert all(word in message for word in words)
    assert "\n" not in message
