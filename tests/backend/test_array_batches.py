"""The batches that are sliced from arrays on TensorFlow and PyTorch equal those of Keras."""

import importlib

import keras
import numpy as np
import pytest

if keras.backend.backend() == "jax":
    pytest.skip("JAX uses the batches of Keras", allow_module_level=True)

from kerasgen.backend import switches
from kerasgen.backend.array_batches import fit_arguments

slice_batches = importlib.import_module(f"kerasgen.backend.{keras.backend.backend()}.batches").slice_batches


def rows(count=50):
    """Return images and labels whose values are the number of their row."""
    return np.arange(count, dtype="float32").reshape(-1, 1, 1, 1) + np.zeros((1, 2, 2, 1), "float32"), np.arange(count)


def numbers(batches):
    """Return the numbers of the rows, one array for each batch of an epoch."""
    return [keras.ops.convert_to_numpy(labels) for _, labels in batches]


def test_an_epoch_has_each_row_once_with_its_label_in_a_new_order():
    batches = slice_batches(rows(), 8, shuffle=True)
    assert len(batches) == 7
    epochs = []
    for _ in range(3):
        rows_of_batches = numbers(batches)
        assert [len(batch) for batch in rows_of_batches] == [8] * 6 + [2]
        assert sorted(np.concatenate(rows_of_batches)) == list(range(50))
        epochs.append(np.concatenate(rows_of_batches).tolist())
    assert epochs[0] != epochs[1] != epochs[2] != epochs[0] != list(range(50))
    for images, labels in batches:
        np.testing.assert_array_equal(images[:, 1, 1, 0], labels)


def test_unshuffled_rows_keep_their_order():
    batches = slice_batches(rows(20), 8, shuffle=False)
    for _ in range(2):
        np.testing.assert_array_equal(np.concatenate(numbers(batches)), np.arange(20))


def test_the_seed_of_numpy_determines_the_orders_of_all_epochs():
    def two_epochs(seed):
        np.random.seed(seed)
        batches = slice_batches(rows(), 8, shuffle=True)
        return [np.concatenate(numbers(batches)).tolist() for _ in range(2)]

    assert two_epochs(3) == two_epochs(3) != two_epochs(4)


def test_batches_have_the_structure_and_the_types_of_keras():
    images = np.zeros((6, 2, 2, 1))
    ((batch, labels),) = slice_batches(({"images": images, "bytes": images.astype("uint8")}, np.arange(6)), 6, True)
    assert {name: keras.backend.standardize_dtype(tensor.dtype) for name, tensor in batch.items()} == {
        "images": "float32",
        "bytes": "uint8",
    }
    assert keras.backend.standardize_dtype(labels.dtype) == "int64"
    assert batch["images"].shape == (6, 2, 2, 1)


@pytest.mark.parametrize(
    "stored",
    [lambda x: x, lambda x: x.astype(">f4"), lambda x: x.astype("float16"), lambda x: np.broadcast_to(x, x.shape)],
    ids=["backwards", "big-endian", "half precision", "read-only"],
)
def test_arrays_in_any_memory_layout_give_the_same_batches(stored):
    images, reference = stored(rows()[0])[::-1], rows()[0][::-1].copy()
    np.random.seed(0)
    actual = [keras.ops.convert_to_numpy(batch) for (batch,) in slice_batches((images,), 8, shuffle=True)]
    np.random.seed(0)
    expected = [keras.ops.convert_to_numpy(batch) for (batch,) in slice_batches((reference,), 8, shuffle=True)]
    for batch, other in zip(actual, expected, strict=True):
        assert batch.dtype == "float32"
        np.testing.assert_array_equal(batch, other)


def test_fit_replaces_arrays_by_batches_and_keeps_its_other_arguments():
    images, labels = rows()
    arguments = fit_arguments(slice_batches, keras.Model().fit, (images, labels), {"batch_size": 8, "epochs": 3})
    assert len(arguments.pop("x")) == 7
    expected = {"y": None, "batch_size": None, "shuffle": False, "epochs": 3, "validation_batch_size": 8}
    assert arguments == expected


@pytest.mark.parametrize(
    "options",
    [
        {"sample_weight": np.ones(50)},
        {"validation_split": 0.5},
        {"steps_per_epoch": 2},
        {"shuffle": "batch"},
        {"y": np.arange(49)},
        {"x": [[1.0], [2.0]]},
        {"x": np.empty((0, 2, 2, 1))},
        {"x": np.array(["a", "b"])},
        {"x": keras.ops.ones((8, 2, 2, 1))},
        {"x": None},
    ],
    ids=lambda options: "-".join(options),
)
def test_other_data_and_options_are_left_to_keras(options):
    options = {"x": rows()[0]} | options
    arguments = fit_arguments(slice_batches, keras.Model().fit, (), options)
    assert arguments.keys() == options.keys()
    assert all(arguments[name] is value for name, value in options.items())


def test_the_switch_leaves_arrays_to_keras(monkeypatch):
    monkeypatch.setattr(switches, "array_batches", False)
    arguments = fit_arguments(slice_batches, keras.Model().fit, rows(), {})
    assert isinstance(arguments["x"], np.ndarray)
