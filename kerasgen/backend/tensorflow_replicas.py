"""What one of several replicas of a `tf.distribute` strategy knows and computes; with one, it is all of the batch."""

import threading

import keras
import tensorflow as tf


class _OfThisReplica(threading.local):
    """What a replica knows while it takes a step; a strategy runs each in a thread of its own."""

    share = 1.0


_replica = _OfThisReplica()


def step_with_share(step, machines):
    """Return the step `data -> logs` so that it knows its replica's share; `machines`: whether there are several."""

    def with_share(data):
        count = tf.shape(tf.nest.flatten(data)[0])[0]
        total = tf.distribute.get_replica_context().all_reduce(tf.distribute.ReduceOp.SUM, count)
        _replica.share = tf.cast(count, "float32") / tf.cast(total, "float32")
        try:
            logs = step(keras.tree.map_structure(_not_empty, data))
        finally:
            _replica.share = 1.0
        # Keras takes the mean of several machines' logs along the first axis, and fails where there is none
        return tf.nest.map_structure(lambda value: value[None], logs) if machines else logs

    return with_share


def _not_empty(x):
    """Return `x`, or in place of no image a blank one: means over nothing are not numbers, not even times 0."""
    if x is None:
        return x
    missing = tf.maximum(1 - tf.shape(x)[0], 0)
    return tf.pad(x, [[0, missing], *[[0, 0]] * (x.shape.rank - 1)])


class SeedGenerator(keras.random.SeedGenerator):
    """Keras's generator of seeds, with which replicas draw different numbers: with Keras's all draw the same."""

    def next(self, ordered=True):
        """Return the next seed."""
        seed = super().next(ordered)
        if not in_one_of_several():
            return seed
        replica = tf.distribute.get_replica_context().replica_id_in_sync_group
        return seed + tf.cast(tf.stack([0, replica * 2**24]), seed.dtype)  # the second number counts the draws


def replica_weight():
    """Return the share of the global batch's images that this replica has."""
    return _replica.share


def num_examples(count):
    """Return how many of `count` images in the step are data: none, if a blank one stands in for none."""
    return count if isinstance(_replica.share, float) else tf.where(_replica.share > 0, count, 0)


def on_global_batch(function, *tensors):
    """Return `function(*tensors)`, of which row i depends on other rows than i too, and which may assign variables.

    Each replica runs it on the rows of all, and returns its own.
    """
    if not in_one_of_several():
        return function(*tensors)
    context, here = tf.distribute.get_replica_context(), tf.shape(tensors[0])[0]
    own = num_examples(here)
    counts = context.all_gather(own[None], axis=0)
    rows = function(*global_batch(*tensors))
    begin = tf.reduce_sum(counts[: context.replica_id_in_sync_group])
    return tf.pad(rows[begin : begin + own], [[0, here - own], *[[0, 0]] * (rows.shape.rank - 1)])


def global_batch(*tensors):
    """Return the tensors with the rows of all replicas, blank ones left out."""
    if not in_one_of_several():
        return tensors
    context = tf.distribute.get_replica_context()
    return tuple(context.all_gather(x[: num_examples(tf.shape(x)[0])], axis=0) for x in tensors)


def batch_mean(x, axes=0):
    """Return the mean over the rows of all replicas, and over other axes if they are named."""
    mean = tf.reduce_mean(x, axes)
    if not in_one_of_several():
        return mean
    return tf.distribute.get_replica_context().all_reduce(tf.distribute.ReduceOp.SUM, replica_weight() * mean)


def in_one_of_several():
    """Return whether this runs in a replica that has others beside it."""
    several = tf.distribute.get_strategy().num_replicas_in_sync > 1
    return several and not tf.distribute.in_cross_replica_context()
