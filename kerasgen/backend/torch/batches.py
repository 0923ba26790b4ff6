"""PyTorch: batches of arrays. Keras's data adapter converts the indices of each batch to lists of numbers."""

from collections.abc import Callable, Iterator
from typing import Any

import keras
import numpy as np
import torch

from kerasgen.backend import array_batches
from kerasgen.backend.array_batches import batch_dtype


def fit_arguments(fit: Callable, args: tuple, kwargs: dict[str, Any]) -> dict[str, Any]:
    """Return the arguments of a call of Keras's `fit` by name, with arrays of data replaced by batches."""
    return array_batches.fit_arguments(slice_batches, fit, args, kwargs)


def slice_batches(data: Any, batch_size: int, shuffle: bool) -> torch.utils.data.DataLoader:
    """Return a `DataLoader` of the batches of an epoch; see `array_batches.fit_arguments`."""
    rows = _Rows(data)
    batches = _BatchIndices(len(rows), batch_size, shuffle)
    return torch.utils.data.DataLoader(rows, sampler=batches, batch_size=None, collate_fn=lambda batch: batch)


_SHARED_DTYPES = ("float16", "float32", "float64", "uint8", "int8", "int16", "int32", "int64")  # also NumPy's


class _Rows(torch.utils.data.Dataset):
    """Dataset of the rows of arrays, which are gathered a batch at a time."""

    def __init__(self, data: Any) -> None:
        self._data = keras.tree.map_structure(_share_memory, data)

    def __len__(self) -> int:
        return len(keras.tree.flatten(self._data)[0])

    def __getitem__(self, indices: np.ndarray) -> Any:
        return keras.tree.map_structure(lambda array: _gather_rows(array, indices), self._data)


def _share_memory(array):
    """Return the array as a tensor in the same memory if possible. Other arrays are converted batch by batch."""
    if not isinstance(array, np.ndarray):
        return array
    same_dtype = array.dtype == batch_dtype(array) and array.dtype.name in _SHARED_DTYPES
    shareable = same_dtype and array.flags.c_contiguous and array.flags.writeable
    return torch.from_numpy(array) if shareable else array


def _gather_rows(array, indices):
    if isinstance(array, torch.Tensor):  # uses all threads of PyTorch
        return keras.ops.convert_to_tensor(array.index_select(0, torch.from_numpy(indices)))
    return keras.ops.convert_to_tensor(array[indices].astype(batch_dtype(array), copy=False))


class _BatchIndices(torch.utils.data.Sampler):
    """Sampler of the row indices of each batch of an epoch."""

    def __init__(self, rows: int, batch_size: int, shuffle: bool) -> None:
        self._rows, self._batch_size = rows, batch_size
        self._generator = np.random.default_rng(np.random.randint(2**31)) if shuffle else None

    def __len__(self) -> int:
        return -(-self._rows // self._batch_size)

    def __iter__(self) -> Iterator[np.ndarray]:
        order = np.arange(self._rows) if self._generator is None else self._generator.permutation(self._rows)
        return iter(np.split(order, range(self._batch_size, self._rows, self._batch_size)))
