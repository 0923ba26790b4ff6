"""A call of Keras's `fit` with arrays as one with batches that are cut from them with less work."""

import inspect

import keras
import numpy as np

_LEFT_TO_KERAS = ("sample_weight", "class_weight", "validation_split", "steps_per_epoch")


def in_batches(cut, fit, args, kwargs):
    """Return the arguments of a call of Keras's `fit`, by name; arrays of data as batches where that is the same.

    `cut(data, batch_size, shuffle)` makes the batches of an epoch, the last as small as need be: of a nest of arrays
    (N, ...), each time they are iterated over, in an order of its own if they are shuffled.
    """
    arguments = inspect.signature(fit).bind(*args, **kwargs).arguments
    data = (arguments.get("x"), arguments.get("y"))
    data = data[:1] if data[1] is None else data
    shuffle = arguments.get("shuffle", True)
    own_way = any(arguments.get(name) is not None for name in _LEFT_TO_KERAS) or not isinstance(shuffle, bool)
    if own_way or not _are_rows(data):
        return arguments
    batch_size = arguments.get("batch_size") or 32
    of_validation = arguments.get("validation_batch_size") or arguments.get("batch_size")
    batches = {"x": cut(data, batch_size, shuffle), "y": None, "batch_size": None, "shuffle": False}
    return arguments | batches | {"validation_batch_size": of_validation}


def _are_rows(data):
    """Tell whether data are numbers in arrays of the same length, more than 0."""
    arrays = keras.tree.flatten(data)
    if not all(isinstance(array, np.ndarray) and array.ndim and array.dtype.kind in "fiu" for array in arrays):
        return False
    return {len(array) for array in arrays} == {len(arrays[0])} and len(arrays[0]) > 0


def dtype_in_batches(array):
    """Return the dtype of an array's rows in batches: of floats Keras's, in the order of bytes of this machine."""
    return np.dtype(keras.config.floatx()) if array.dtype.kind == "f" else array.dtype.newbyteorder("=")
