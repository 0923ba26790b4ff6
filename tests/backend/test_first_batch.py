"""The first batch of data that come in batches."""

import keras
import numpy as np
import pytest

from kerasgen.backend.first_batch import peek


def test_a_generator_is_whole_afterwards():
    batch, data = peek(iter_batch for iter_batch in [(np.zeros(2),), (np.ones(2),)])
    assert batch[0].tolist() == [0, 0]
    assert [each[0].tolist() for each in data] == [[0, 0], [1, 1]]
    assert peek(each for each in ())[0] is None


def test_tensors_become_arrays():
    batch, _ = peek([{"images": keras.ops.ones((2, 3))}])
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
    peek(looked_at)
    assert torch.equal(torch.cat([*looked_at]), expected)
