"""Batches that TensorFlow slices from arrays a block at a time."""

import keras
import numpy as np
import pytest

if keras.backend.backend() != "tensorflow":
    pytest.skip("for TensorFlow only", allow_module_level=True)

from kerasgen.backend.tensorflow import batches


@pytest.mark.parametrize("bytes_in_block", [1, 2**22], ids=["blocks of a batch", "one block"])
@pytest.mark.parametrize("shuffle", [False, True])
def test_blocks_of_any_size_give_the_same_batches(bytes_in_block, shuffle, monkeypatch):
    monkeypatch.setattr(batches, "_BLOCK_BYTES", bytes_in_block)
    np.random.seed(0)
    actual = [labels.numpy() for (labels,) in batches.slice_batches((np.arange(50),), 8, shuffle)]
    assert [len(batch) for batch in actual] == [8] * 6 + [2]
    generator = np.random.default_rng(np.random.RandomState(0).randint(2**31))
    np.testing.assert_array_equal(np.concatenate(actual), generator.permutation(50) if shuffle else np.arange(50))
