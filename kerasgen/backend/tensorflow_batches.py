"""TensorFlow: batches cut from arrays, with less work beside the steps than the batches that Keras cuts.

Keras copies the arrays, and cuts batches in parallel maps that `tf.data` tunes; the changes of turn between its threads
take a small model a fifth of its time, and the tuner keeps the end of an epoch waiting, for up to as long as it took.
"""

import inspect

import keras
import numpy as np
import tensorflow as tf

_LEFT_TO_KERAS = ("sample_weight", "class_weight", "validation_split", "steps_per_epoch")
_BLOCK_BYTES = 2**22  # what Python takes from the arrays at a time

_as_graph = tf.autograph.experimental.do_not_convert


def in_batches(fit, args, kwargs):
    """Return the arguments of a call of Keras's `fit`, by name; arrays of data as batches where that is the same."""
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


def cut(data, batch_size, shuffle):
    """Return a `tf.data.Dataset` of the batches of an epoch, the last as small as need be; the arrays are not copied.

    It has as few parts as will do: to set each of them up takes a hundredth of a second, at every call of `fit`.

    Args:
        data: nest of arrays (N, ...).
        batch_size: int.
        shuffle: whether each epoch has an order of its own.
    """
    arrays = keras.tree.flatten(data)
    rows = len(arrays[0])
    block_size = batch_size * max(1, _BLOCK_BYTES // (batch_size * sum(array[0].nbytes for array in arrays)))
    generator = np.random.default_rng(np.random.randint(2**31))

    def order(_):
        draw = (lambda: generator.permutation(rows)) if shuffle else (lambda: np.arange(rows))
        indices = tf.numpy_function(draw, [], tf.int64)
        return tf.ensure_shape(indices, (rows,))

    def block(indices):
        return keras.tree.pack_sequence_as(data, _taken(arrays, indices))

    orders = tf.data.Dataset.range(1).map(_as_graph(order))
    batches = orders.rebatch(block_size).map(_as_graph(block)).rebatch(batch_size)
    options = tf.data.Options()
    options.autotune.enabled = False
    options.experimental_optimization.apply_default_optimizations = False
    cardinality = tf.data.experimental.assert_cardinality(-(-rows // batch_size))
    return batches.prefetch(2).apply(cardinality).with_options(options)


def _taken(arrays, indices):
    """Return the rows of the arrays as tensors, floats in Keras's type of float."""
    floats = keras.config.floatx()
    dtypes = [floats if array.dtype.kind == "f" else array.dtype for array in arrays]

    def take(indices):
        return [array[indices].astype(dtype, copy=False) for array, dtype in zip(arrays, dtypes)]

    tensors = tf.numpy_function(take, [indices], dtypes, stateful=False)
    for tensor, array in zip(tensors, arrays):
        tensor.set_shape((None, *array.shape[1:]))
    return tuple(tensors)
