"""Replacement of the NumPy arrays passed to `fit` by an iterable of batches, which takes less time per batch."""

import inspect
from collections.abc import Callable, Iterable
from typing import Any

import keras
import numpy as np

from kerasgen.backend import switches

SliceBatches = Callable[[Any, int, bool], Iterable]  # (nest of arrays (N, ...), batch size, shuffle) -> batches

_HANDLED_BY_KERAS = ("sample_weight", "class_weight", "validation_split", "steps_per_epoch")


def fit_arguments(slice_batches: SliceBatches, fit: Callable, args: tuple, kwargs: dict[str, Any]) -> dict[str, Any]:
    """Return the arguments of a call of Keras's `fit` by name, with arrays of data replaced by batches.

    The arguments are returned unchanged if they use a feature that only Keras's own batches have.

    Args:
        slice_batches: Function `(data, batch_size, shuffle)` to the batches of one epoch. The last batch may be
            smaller. Each iteration has a new order if `shuffle` is true.
        fit: Method whose signature names the arguments.
        args: Positional arguments of the call.
        kwargs: Keyword arguments of the call.
    """
    arguments = inspect.signature(fit).bind(*args, **kwargs).arguments
    data = (arguments.get("x"),) if arguments.get("y") is None else (arguments.get("x"), arguments["y"])
    shuffle = arguments.get("shuffle", True)
    special = any(arguments.get(name) is not None for name in _HANDLED_BY_KERAS) or not isinstance(shuffle, bool)
    if not switches.array_batches or special or not _are_numeric_arrays(data):
        return arguments
    batch_size = arguments.get("batch_size") or 32
    validation_batch_size = arguments.get("validation_batch_size") or arguments.get("batch_size")
    batches = {"x": slice_batches(data, batch_size, shuffle), "y": None, "batch_size": None, "shuffle": False}
    return arguments | batches | {"validation_batch_size": validation_batch_size}


def _are_numeric_arrays(data):
    """Return whether `data` is a nest of numeric arrays with the same number of rows, at least 1."""
    arrays = keras.tree.flatten(data)
    if not all(isinstance(array, np.ndarray) and array.ndim and array.dtype.kind in "fiu" for array in arrays):
        return False
    return {len(array) for array in arrays} == {len(arrays[0])} and len(arrays[0]) > 0


def batch_dtype(array: np.ndarray) -> np.dtype:
    """Return the dtype of a batch of rows of `array`: Keras's float type for floats, else the native byte order."""
    return np.dtype(keras.config.floatx()) if array.dtype.kind == "f" else array.dtype.newbyteorder("=")
