"""TensorFlow: one step of a Keras optimizer."""

from collections.abc import Sequence
from typing import Any

import keras
import tensorflow as tf

from kerasgen.backend.fused_adam import is_plain_adam, moments


def apply_gradients(
    optimizer: keras.optimizers.Optimizer, gradients: Sequence[Any], variables: Sequence[keras.Variable]
) -> None:
    """Take one step of `optimizer`. A distribution strategy sums the gradients of its replicas."""
    if not tf.distribute.has_strategy() and is_plain_adam(optimizer, gradients, variables):
        _fused_adam_step(optimizer, gradients, variables)
    else:
        optimizer.apply(gradients, variables)


def _fused_adam_step(optimizer, gradients, variables):
    """Take the step of Keras's Adam with TensorFlow's kernel: one operation per variable instead of a dozen."""
    step = tf.cast(optimizer.iterations.value + 1, tf.float32)
    learning_rate = tf.cast(optimizer.learning_rate, tf.float32)
    for variable, gradient, first, second in zip(variables, gradients, *moments(optimizer, variables), strict=True):
        tf.raw_ops.ResourceApplyAdam(
            var=variable.value.handle,
            m=first.value.handle,
            v=second.value.handle,
            beta1_power=tf.pow(optimizer.beta_1, step),
            beta2_power=tf.pow(optimizer.beta_2, step),
            lr=learning_rate,
            beta1=optimizer.beta_1,
            beta2=optimizer.beta_2,
            epsilon=optimizer.epsilon,
            grad=gradient,
        )
    optimizer.iterations.assign_add(1)
