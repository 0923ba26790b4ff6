"""TensorFlow: a gradient tape, and Keras's own graph function around the step."""

import keras
import tensorflow as tf

from kerasgen.backend.plain_adam import is_plain_adam, moments


class BackendModel(keras.Model):
    """A `keras.Model` as it is: on TensorFlow Keras calls `train_step(data)` itself."""

    def differentiate(self, function, variables, inputs=()):
        """Run `function(*inputs)`, which returns `(output, auxiliary)`; see `on_jax.py`."""
        values, inputs = [variable.value for variable in variables], list(inputs)
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch([*values, *inputs])
            output, auxiliary = function(*inputs)

        def pullback(cotangent):
            gradients = tape.gradient(output, [*values, *inputs], output_gradients=cotangent)
            return gradients[: len(values)], gradients[len(values) :]

        return output, auxiliary, pullback

    def apply_gradients(self, optimizer, gradients, variables):
        """Take one step of `optimizer`; a distribution strategy sums the gradients of its replicas."""
        if not tf.distribute.has_strategy() and is_plain_adam(optimizer, gradients, variables):
            _step_of_adam(optimizer, gradients, variables)
        else:
            optimizer.apply(gradients, variables)


def _step_of_adam(optimizer, gradients, variables):
    """Take the step of Keras's Adam by TensorFlow's own kernel: one operation for each variable, not a dozen."""
    step = tf.cast(optimizer.iterations.value + 1, tf.float32)
    learning_rate = tf.cast(optimizer.learning_rate, tf.float32)
    for variable, gradient, first, second in zip(variables, gradients, *moments(optimizer), strict=True):
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


def replicas():
    """Return how many replicas of the step a distribution strategy runs, each on its part of the batch."""
    return tf.distribute.get_strategy().num_replicas_in_sync


def normalize_batch(x, gamma, beta, epsilon):
    """Normalise `x` over all axes but the last; return it with the batch's mean and variance, each (C,)."""
    axes = list(range(x.shape.rank - 1))
    if replicas() > 1 and tf.distribute.has_strategy() and not tf.distribute.in_cross_replica_context():
        # The statistics of the global batch, so that N devices train the model that one device would.
        context = tf.distribute.get_replica_context()
        mean = context.all_reduce(tf.distribute.ReduceOp.MEAN, tf.reduce_mean(x, axes))
        square = context.all_reduce(tf.distribute.ReduceOp.MEAN, tf.reduce_mean(tf.square(x - mean), axes))
        return tf.nn.batch_normalization(x, mean, square, beta, gamma, epsilon), mean, square
    rows = tf.reshape(x, (-1, 1, 1, x.shape[-1])) if x.shape.rank != 4 else x
    y, mean, variance, *_ = tf.raw_ops.FusedBatchNormV3(
        x=rows, scale=gamma, offset=beta, mean=[], variance=[], epsilon=epsilon, is_training=True
    )
    count = tf.cast(tf.size(x) / tf.size(gamma), tf.float32)
    # The kernel gives the unbiased variance; Keras, and the other backends, average the biased one.
    return tf.reshape(y, tf.shape(x)), mean, variance * (count - 1.0) / count


def prepare_devices():
    """Let TensorFlow take a GPU's memory as it needs it, not all of it at once."""
    for gpu in tf.config.list_physical_devices("GPU"):
        tf.config.experimental.set_memory_growth(gpu, True)


def devices():
    """Return the devices that TensorFlow sees, such as `["CPU:0", "GPU:0"]`."""
    return [device.name.removeprefix("/physical_device:") for device in tf.config.list_physical_devices()]


def input_gradient(function, x):
    """Return the gradient of `sum(function(x))` with respect to `x`; see `on_jax.py`."""
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = function(x)
    return tape.gradient(y, x)


def step_passed_over(arguments, steps, logs):
    """Return what Keras's train function returns for `arguments`, after taking the data of `steps` steps."""
    (iterator,) = arguments
    for _ in range(steps):
        next(iterator, None)
    return logs
