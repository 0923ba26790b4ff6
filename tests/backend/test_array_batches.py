"""The batches that TensorFlow and PyTorch cut from arrays are those that Keras would cut."""

import importlib

import keras
import numpy as np
import pytest

if keras.backend.backend() == "jax":
    pytest.skip("JAX takes Keras's batches", allow_module_level=True)

from kerasgen.backend.array_batches import fit_arguments

slice_batches = importlib.import_module(f"kerasgen.backend.{keras.backend.backend()}.batches").slice_batches


def rows(count=50):
    """Images that tell their number, and labels that do too."""
    return np.arange(count, dtype="float32").reshape(-1, 1, 1, 1) + np.zeros((1, 2, 2, 1), "float32"), np.arange(count)


def numbers(batches):
    """The rows' numbers, one array for each batch of an epoch."""
    return [keras.ops.convert_to_numpy(labels) for _, labels in batches]


def test_an_epoch_has_each_row_once_with_its_label_and_an_order_of_its_own():
    batches = slice_batches(rows(), 8, shuffle=True)
    assert len(batches) == 7
    epochs = []
    for _ in range(3):
        found = numbers(batches)
        assert [len(batch) for batch in found] == [8] * 6 + [2]
        assert sorted(np.concatenate(found)) == list(range(50))
        epochs.append(np.concatenate(found).tolist())
    assert epochs[0] != epochs[1] != epochs[2] != epochs[0] != list(range(50))
    for images, labels in batches:
        np.testing.assert_array_equal(images[:, 1, 1, 0], labels)


def test_unshuffled_rows_keep_their_order():
    batches = slice_batches(rows(20), 8, shuffle=False)
    for _ in range(2):
        np.testing.assert_array_equal(np.concatenate(numbers(batches)), np.arange(20))


def test_a_seed_fixes_the_orders_of_all_epochs():
    def two_epochs(seed):
        np.random.seed(seed)
        batches = slice_batches(rows(), 8, shuffle=True)
        return [np.concatenate(numbers(batches)).tolist() for _ in range(2)]

    assert two_epochs(3) == two_epochs(3) != two_epochs(4)


def test_nests_and_types_are_those_that_keras_gives_a_step():
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
def test_arrays_in_any_layout_of_memory_give_the_same_batches(stored):
    images = stored(rows()[0])[::-1]
    np.random.seed(0)
    found = [keras.ops.convert_to_numpy(batch) for (batch,) in slice_batches((images,), 8, shuffle=True)]
    np.random.seed(0)
    expected = [
        keras.ops.convert_to_numpy(batch) for (batch,) in slice_batches((rows()[0][::-1].copy(),), 8, shuffle=True)
    ]
    for batch, other in zip(found, expected, strict=True):
        assert batch.dtype == "float32"
        np.testing.assert_array_equal(batch, other)


def test_fit_takes_the_arrays_as_batches_and_leaves_the_rest_to_keras():
    images, labels = rows()
    given = fit_arguments(slice_batches, keras.Model().fit, (images, labels), {"batch_size": 8, "epochs": 3})
    assert len(given.pop("x")) == 7
    expected = {"y": None, "batch_size": None, "shuffle": False, "epochs": 3, "validation_batch_size": 8}
    assert given == expected


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
def test_what_is_not_plainly_arrays_is_left_to_keras(options):
    options = {"x": rows()[0]} | options
    given = fit_arguments(slice_batches, keras.Model().fit, (), options)
    assert given.keys() == options.keys()
    assert all(given[name] is value for name, value in options.items())
