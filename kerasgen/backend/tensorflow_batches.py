"""TensorFlow: batches cut from arrays, with less work beside the steps than the batches that Keras cuts.

Keras copies the arrays, and cuts batches in parallel maps that `tf.data` tunes; the changes of turn between its threads
take a small model a fifth of its time, and the tuner keeps the end of an epoch waiting, for up to as long as it took.
"""

import keras
import numpy as np
import tensorflow as tf

from kerasgen.backend.array_batches import dtype_in_batches

_BLOCK_BYTES = 2**22  # what Python takes from the arrays at a time

_as_graph = tf.autograph.experimental.do_not_convert


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
    dtypes = [dtype_in_batches(array) for array in arrays]

    def take(indices):
        return [array[indices].astype(dtype, copy=False) for array, dtype in zip(arrays, dtypes)]

    tensors = tf.numpy_function(take, [indices], dtypes, stateful=False)
    for tensor, array in zip(tensors, arrays):
        tensor.set_shape((None, *array.shape[1:]))
    return tuple(tensors)
