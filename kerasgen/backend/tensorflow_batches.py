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

    Args:
        data: nest of arrays (N, ...).
        batch_size: int.
        shuffle: whether each epoch has an order of its own.
    """
    arrays = keras.tree.flatten(data)
    rows = len(arrays[0])
    block_size = batch_size * max(1, _BLOCK_BYTES // (batch_size * sum(array[0].nbytes for array in arrays)))

    def epoch(seed):
        order = tf.range(rows, dtype=tf.int64)
        if shuffle:
            order = tf.random.experimental.stateless_shuffle(order, tf.stack([seed, 0]))
        blocks = _parts((order,), block_size).map(_as_graph(lambda indices: _taken(arrays, indices)))
        return blocks.flat_map(_as_graph(lambda *tensors: _parts(tensors, batch_size)))

    seeds = tf.data.Dataset.random(seed=np.random.randint(2**31), rerandomize_each_iteration=True).take(1)
    batches = seeds.flat_map(_as_graph(epoch)).map(_as_graph(lambda *batch: keras.tree.pack_sequence_as(data, batch)))
    options = tf.data.Options()
    options.autotune.enabled = False
    options.experimental_optimization.apply_default_optimizations = False
    cardinality = tf.data.experimental.assert_cardinality(-(-rows // batch_size))
    return batches.prefetch(2).apply(cardinality).with_options(options)


def _parts(tensors, size):
    """Return a dataset of tensors (N, ...) cut along their first axis, the last part as small as need be."""
    count = -(-tf.shape(tensors[0], tf.int64)[0] // size)
    return tf.data.Dataset.range(count).map(
        _as_graph(lambda number: tuple(tensor[number * size : (number + 1) * size] for tensor in tensors))
    )


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
