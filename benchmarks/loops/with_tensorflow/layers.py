"""Layers on `tf.nn`, and Adam by TensorFlow's own kernel. `w` is a dict of name -> variable of a player."""

import tensorflow as tf

ON_GPU = bool(tf.config.list_physical_devices("GPU"))


def variables(arrays):
    """Return name -> variable of a dict of arrays."""
    return {name: tf.Variable(array) for name, array in arrays.items()}


def statistics(arrays):
    """Return name -> running mean and variance, variables, of each batch normalization."""
    shapes = {name.removesuffix(".scale"): w.shape for name, w in arrays.items() if name.endswith(".scale")}
    return {name: (tf.Variable(tf.zeros(shape)), tf.Variable(tf.ones(shape))) for name, shape in shapes.items()}


def dense(w, name, x):
    """Return x W + b; without a bias if there is none."""
    x = x @ w[f"{name}.kernel"]
    return x + w[f"{name}.bias"] if f"{name}.bias" in w else x


def down(w, name, x, stride=2, padding="SAME"):
    """Return a convolution, by default one that halves the side, with its bias or its instance normalization."""
    return _finished(w, name, tf.nn.conv2d(x, w[f"{name}.kernel"], stride, padding))


def up(w, name, x):
    """Return a transposed convolution that doubles the side, with its bias or its instance normalization."""
    kernel = w[f"{name}.kernel"]
    n, height, width, _ = x.shape
    return _finished(w, name, tf.nn.conv2d_transpose(x, kernel, (n, 2 * height, 2 * width, kernel.shape[2]), 2))


def _finished(w, name, x):
    if f"{name}.scale" in w:
        mean, variance = tf.nn.moments(x, (1, 2), keepdims=True)
        return tf.nn.batch_normalization(x, mean, variance, w[f"{name}.shift"], w[f"{name}.scale"], 1e-5)
    if f"{name}.bias" not in w:
        return x
    # As (1, 1, 1, C): a plain bias before a LeakyReLU makes TensorFlow's remapper fail with a long message.
    return x + tf.reshape(w[f"{name}.bias"], (1, 1, 1, -1))


def batch_norm(w, running, name, x, training=True):
    """Return images (N, H, W, C) normalized by the statistics of the batch, and update the running ones.

    Without `training`, the running statistics normalize the images and do not change.
    """
    mean, variance = running[name]
    if not training:
        return tf.nn.batch_normalization(x, mean, variance, w[f"{name}.shift"], w[f"{name}.scale"], 1e-5)
    x, new_mean, new_variance = tf.compat.v1.nn.fused_batch_norm(
        x,
        w[f"{name}.scale"],
        w[f"{name}.shift"],
        mean,
        variance,
        epsilon=1e-5,
        exponential_avg_factor=0.1,
    )
    mean.assign(new_mean)
    variance.assign(new_variance)
    return x


class Adam(tf.Module):
    """Adam by TensorFlow's own kernel (Kingma and Ba 2015)."""

    def __init__(self, variables, learning_rate, beta_1=0.9, beta_2=0.999, epsilon=1e-7):
        super().__init__()
        self.weights = [*variables]
        self.moments = [(tf.Variable(tf.zeros_like(w)), tf.Variable(tf.zeros_like(w))) for w in self.weights]
        self.powers = tf.Variable(1.0), tf.Variable(1.0)
        self.settings = {"lr": learning_rate, "beta1": beta_1, "beta2": beta_2, "epsilon": epsilon}

    def apply(self, gradients):
        """Take one step."""
        power_1 = self.powers[0].assign(self.powers[0] * self.settings["beta1"])
        power_2 = self.powers[1].assign(self.powers[1] * self.settings["beta2"])
        for weight, (m, v), gradient in zip(self.weights, self.moments, gradients, strict=True):
            tf.raw_ops.ResourceApplyAdam(
                var=weight.handle,
                m=m.handle,
                v=v.handle,
                beta1_power=power_1,
                beta2_power=power_2,
                grad=gradient,
                **self.settings,
            )
