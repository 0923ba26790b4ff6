"""TensorFlow: batches of arrays, with less work per batch than Keras's data adapter.

Keras copies the arrays and slices batches in parallel maps that `tf.data` tunes. The switches between its threads take
a fifth of a small model's time. The tuner also delays the end of an epoch by up to the duration of the epoch.
"""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from kerasgen.backend import array_batches
from kerasgen.errors import DataError

_BLOCK_BYTES = 2**22  # bytes that Python takes from the arrays at a time

_as_graph = tf.autograph.experimental.do_not_convert


def fit_arguments(fit: Callable, args: tuple, kwargs: dict[str, Any]) -> dict[str, Any]:
    """Return the arguments of a call of Keras's `fit` by name, with arrays of data replaced by batches."""
    return array_batches.fit_arguments(slice_batches, fit, args, kwargs)


def slice_batches(data: Any, batch_size: int, shuffle: bool) -> tf.data.Dataset:
    """Return a `tf.data.Dataset` of the batches of an epoch. The last batch may be smaller. The arrays are not copied.

    It has few parts, because the setup of each part takes a hundredth of a second at every call of `fit`.

    Args:
        data: Nest of arrays (N, ...).
        batch_size: Number of rows of a batch.
        shuffle: Whether each epoch has a new order.
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
        return keras.tree.pack_sequence_as(data, _gather_rows(arrays, indices))

    orders = tf.data.Dataset.range(1).map(_as_graph(order))
    blocks = orders.rebatch(block_size).map(_as_graph(block))
    if any(hasattr(array, "failure") for array in arrays):
        blocks = blocks.take_while(_as_graph(_has_rows))
    batches = blocks.rebatch(batch_size)
    options = tf.data.Options()
    options.autotune.enabled = False
    options.experimental_optimization.apply_default_optimizations = False
    cardinality = tf.data.experimental.assert_cardinality(-(-rows // batch_size))
    return batches.prefetch(2).apply(cardinality).with_options(options)


def _has_rows(*block):
    return tf.shape(tf.nest.flatten(block)[0])[0] > 0


def _gather_rows(arrays, indices):
    """Return the rows of the arrays as tensors; floats get Keras's float type.

    There are no rows if an array cannot be read, because TensorFlow would print the error with a traceback. The array
    keeps it as its `failure`.
    """
    dtypes = [array_batches.batch_dtype(array) for array in arrays]

    def gather(indices):
        try:
            return [array[indices].astype(dtype, copy=False) for array, dtype in zip(arrays, dtypes)]
        except DataError:
            return [np.empty((0, *array.shape[1:]), dtype) for array, dtype in zip(arrays, dtypes)]

    tensors = tf.numpy_function(gather, [indices], dtypes, stateful=False)
    for tensor, array in zip(tensors, arrays):
        tensor.set_shape((None, *array.shape[1:]))
    return tuple(tensors)
