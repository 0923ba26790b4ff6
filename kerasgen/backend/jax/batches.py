"""JAX: batches of arrays as Keras slices them."""

import inspect
from collections.abc import Callable
from typing import Any

import keras
import numpy as np

from kerasgen.backend.array_batches import batch_dtype


def fit_arguments(fit: Callable, args: tuple, kwargs: dict[str, Any]) -> dict[str, Any]:
    """Return the arguments of a call of Keras's `fit` by name, unchanged."""
    return inspect.signature(fit).bind(*args, **kwargs).arguments


def slice_batches(data: Any, batch_size: int, shuffle: bool) -> keras.utils.PyDataset:
    """Return the batches of an epoch; see `array_batches.fit_arguments`."""
    return _Slices(data, batch_size, shuffle)


class _Slices(keras.utils.PyDataset):
    """Batches of rows of arrays, for arrays that Keras cannot slice itself; the orders are those of Keras."""

    def __init__(self, data: Any, batch_size: int, shuffle: bool) -> None:
        super().__init__(workers=1)
        self._data, self._batch_size, self._shuffle = data, batch_size, shuffle
        self._rows = len(keras.tree.flatten(data)[0])
        self._order = np.arange(self._rows)

    def __len__(self) -> int:
        return -(-self._rows // self._batch_size)

    def __getitem__(self, index: int) -> Any:
        if self._shuffle and not index:
            self._order = np.random.permutation(self._rows)
        indices = self._order[index * self._batch_size : (index + 1) * self._batch_size]
        return keras.tree.map_structure(lambda array: array[indices].astype(batch_dtype(array), copy=False), self._data)
