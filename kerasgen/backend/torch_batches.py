"""PyTorch: batches cut from arrays, where Keras goes through lists of numbers to find the rows of each."""

import keras
import numpy as np
import torch

from kerasgen.backend.array_batches import dtype_in_batches


def cut(data, batch_size, shuffle):
    """Return a `DataLoader` of the batches of an epoch; see `array_batches.in_batches`."""
    rows = _Rows(data)
    orders = _Orders(len(rows), batch_size, shuffle)
    return torch.utils.data.DataLoader(rows, sampler=orders, batch_size=None, collate_fn=lambda batch: batch)


_SHARED = ("float16", "float32", "float64", "uint8", "int8", "int16", "int32", "int64")  # what NumPy has too


class _Rows(torch.utils.data.Dataset):
    """Arrays, whose rows are taken many at a time."""

    def __init__(self, data):
        self._data = keras.tree.map_structure(_shared, data)

    def __len__(self):
        return len(keras.tree.flatten(self._data)[0])

    def __getitem__(self, indices):
        return keras.tree.map_structure(lambda array: _taken(array, indices), self._data)


def _shared(array):
    """Return an array as a tensor in the same memory, if it can be one; others are converted batch by batch."""
    stays = array.dtype == dtype_in_batches(array) and array.dtype.name in _SHARED
    return torch.from_numpy(array) if stays and array.flags.c_contiguous and array.flags.writeable else array


def _taken(array, indices):
    if isinstance(array, torch.Tensor):  # by as many threads as PyTorch has
        return keras.ops.convert_to_tensor(array.index_select(0, torch.from_numpy(indices)))
    return keras.ops.convert_to_tensor(array[indices].astype(dtype_in_batches(array), copy=False))


class _Orders(torch.utils.data.Sampler):
    """The numbers of the rows of each batch of an epoch."""

    def __init__(self, rows, batch_size, shuffle):
        self._rows, self._batch_size = rows, batch_size
        self._generator = np.random.default_rng(np.random.randint(2**31)) if shuffle else None

    def __len__(self):
        return -(-self._rows // self._batch_size)

    def __iter__(self):
        order = np.arange(self._rows) if self._generator is None else self._generator.permutation(self._rows)
        return iter(np.split(order, range(self._batch_size, self._rows, self._batch_size)))
