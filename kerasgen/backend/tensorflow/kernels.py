"""TensorFlow: kernels of the layers."""

from typing import Any

import tensorflow as tf

from kerasgen.backend.reference import (  # noqa: F401
    convolve,
    convolve_transposed,
    cross_entropy,
    dense,
    normalize_images,
    normalize_instances,
    reshape,
)
from kerasgen.backend.tensorflow.replicas import batch_mean, is_one_of_several


def normalize_batch(x: Any, gamma: Any, beta: Any, epsilon: float) -> tuple[Any, Any, Any]:
    """Normalise `x` over all axes but the last; return it with the global batch's mean and variance, each (C,)."""
    axes = list(range(x.shape.rank - 1))
    if is_one_of_several():
        mean = batch_mean(x, axes)
        variance = batch_mean(tf.square(x - mean), axes)
        return tf.nn.batch_normalization(x, mean, variance, beta, gamma, epsilon), mean, variance
    rows = tf.reshape(x, (-1, 1, 1, x.shape[-1])) if x.shape.rank != 4 else x
    y, mean, variance, *_ = tf.raw_ops.FusedBatchNormV3(
        x=rows, scale=gamma, offset=beta, mean=[], variance=[], epsilon=epsilon, is_training=True
    )
    count = tf.cast(tf.size(x) / tf.size(gamma), tf.float32)
    # The kernel returns the unbiased variance. Keras and the other backends average the biased one.
    return tf.reshape(y, tf.shape(x)), mean, variance * (count - 1.0) / count
