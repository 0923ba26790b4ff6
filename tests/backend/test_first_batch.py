"""The check of the first batch of data that come in batches."""

import random

import keras
import numpy as np
import pytest

from kerasgen.backend.first_batch import check_first_batch
from kerasgen.errors import DataError


def checked(data):
    """Return the batches that were checked, and the data to train on."""
    batches = []
    return batches, check_first_batch(data, batches.append)


def test_a_generator_is_whole_afterwards():
    batches, data = checked(iter_batch for iter_batch in [(np.zeros(2),), (np.ones(2),)])
    assert [batch[0].tolist() for batch in batches] == [[0, 0]]
    assert [each[0].tolist() for each in data] == [[0, 0], [1, 1]]
    assert checked(each for each in ())[0] == []


def test_tensors_become_arrays():
    (batch,), _ = checked([{"images": keras.ops.ones((2, 3))}])
    assert isinstance(batch["images"], np.ndarray)


@pytest.mark.skipif(keras.backend.backend() != "torch", reason="needs PyTorch")
@pytest.mark.parametrize("seeded", [True, False])
def test_the_order_of_a_loader_is_the_same(seeded):
    import torch

    def loader():
        torch.manual_seed(0)
        generator = torch.Generator().manual_seed(1) if seeded else None
        return torch.utils.data.DataLoader(torch.arange(20), batch_size=5, shuffle=True, generator=generator)

    expected = torch.cat([*loader()])
    looked_at = loader()
    assert len(checked(looked_at)[0]) == 1
    assert torch.equal(torch.cat([*looked_at]), expected)


class Augmented(keras.utils.PyDataset):
    """Batches that draw from the global generators."""

    def __len__(self):
        return 2

    def __getitem__(self, index):
        return np.array([np.random.random(), random.random()])


def test_random_batches_of_a_set_are_the_same():
    def seeded():
        np.random.seed(0)
        random.seed(0)
        return Augmented(workers=1)

    data = seeded()
    expected = [data[index] for index in range(2)]
    batches, data = checked(seeded())
    np.testing.assert_array_equal([data[index] for index in range(2)], expected)
    assert len(batches) == 1


@pytest.fixture(scope="module")
def tf():
    return pytest.importorskip("tensorflow")


@pytest.mark.parametrize("form", ["tensor", "tuple", "dict"])
def test_the_orders_of_a_shuffled_tensorflow_set_are_the_same(tf, form):
    content = {"tensor": np.arange(20), "tuple": (np.arange(20), np.ones(20)), "dict": {"images": np.arange(20)}}[form]

    def orders(data):
        return [[[tensor.numpy().tolist() for tensor in tf.nest.flatten(batch)] for batch in data] for _ in range(3)]

    def dataset():
        return tf.data.Dataset.from_tensor_slices(content).shuffle(20, seed=3).batch(4)

    expected = orders(dataset())
    batches, data = checked(dataset())
    assert data.element_spec == dataset().element_spec
    assert len(data) == 5
    assert orders(data) == expected
    assert [tf.nest.flatten(batch)[0].tolist() for batch in batches] == [order[0][0] for order in expected]


def test_a_failure_ends_a_tensorflow_set(tf):
    def refuse(batch):
        raise DataError("no")

    data = check_first_batch(tf.data.Dataset.from_generator(lambda: iter([1, 2]), tf.int64), refuse)
    assert [*data] == []
    assert str(data.failure) == "no"
