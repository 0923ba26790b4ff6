"""TensorFlow: the batch of a step in one of several replicas of a `tf.distribute` strategy.

The parts of the replicas may have unequal sizes, and a replica may have no example of the last batch. So each replica's
loss and statistics are weighted by its fraction of the examples. A single replica has the whole batch.
"""

import threading
from collections.abc import Callable, Sequence
from typing import Any

import keras
import tensorflow as tf


class _ReplicaState(threading.local):
    """State of a replica during a step. A strategy runs each replica in its own thread."""

    weight = 1.0


_state = _ReplicaState()


def weighted_step(step: Callable, several_hosts: bool) -> Callable:
    """Return the step `data -> logs` that sets the weight of its replica."""

    def weighted(data):
        count = tf.shape(tf.nest.flatten(data)[0])[0]
        total = tf.distribute.get_replica_context().all_reduce(tf.distribute.ReduceOp.SUM, count)
        _state.weight = tf.cast(count, "float32") / tf.cast(total, "float32")
        try:
            logs = step(keras.tree.map_structure(_pad_empty, data))
        finally:
            _state.weight = 1.0
        # With several hosts Keras averages the logs along their first axis, so they need one.
        return tf.nest.map_structure(lambda value: value[None], logs) if several_hosts else logs

    return weighted


def _pad_empty(x):
    """Pad an empty batch with one blank example, because the mean of an empty tensor is NaN and NaN * 0 is NaN."""
    if x is None:
        return x
    missing = tf.maximum(1 - tf.shape(x)[0], 0)
    return tf.pad(x, [[0, missing], *[[0, 0]] * (x.shape.rank - 1)])


def replica_weight() -> Any:
    """Return this replica's fraction of the examples of the global batch."""
    return _state.weight


def num_examples(count: Any) -> Any:
    """Return the number of the `count` examples in the step that are data: 0 if the one example is padding."""
    return count if isinstance(_state.weight, float) else tf.where(_state.weight > 0, count, 0)


def on_global_batch(function: Callable, *tensors: Any) -> Any:
    """Return this replica's rows of `function(*tensors)` for the rows of all replicas.

    Row i of the result may depend on all rows, and `function` may assign variables: each replica runs it on the same
    rows.
    """
    if not is_one_of_several():
        return function(*tensors)
    context, count = tf.distribute.get_replica_context(), tf.shape(tensors[0])[0]
    own = num_examples(count)
    counts = context.all_gather(own[None], axis=0)
    rows = function(*global_batch(*tensors))
    begin = tf.reduce_sum(counts[: context.replica_id_in_sync_group])
    return tf.pad(rows[begin : begin + own], [[0, count - own], *[[0, 0]] * (rows.shape.rank - 1)])


def global_batch(*tensors: Any) -> tuple:
    """Return the tensors with the rows of all replicas, without padding."""
    if not is_one_of_several():
        return tensors
    context = tf.distribute.get_replica_context()
    return tuple(context.all_gather(x[: num_examples(tf.shape(x)[0])], axis=0) for x in tensors)


def batch_mean(x: Any, axes: int | Sequence[int] = 0) -> Any:
    """Return the mean over the rows of all replicas, and over further axes if they are given."""
    mean = tf.reduce_mean(x, axes)
    if not is_one_of_several():
        return mean
    return tf.distribute.get_replica_context().all_reduce(tf.distribute.ReduceOp.SUM, replica_weight() * mean)


def is_one_of_several() -> bool:
    """Return whether this code runs in one of several replicas."""
    several = tf.distribute.get_strategy().num_replicas_in_sync > 1
    return several and not tf.distribute.in_cross_replica_context()
