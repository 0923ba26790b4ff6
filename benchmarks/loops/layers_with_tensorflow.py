"""What the loops in TensorFlow are built of: layers on `tf.nn`, and Adam by TensorFlow's own kernel."""

import tensorflow as tf

ON_GPU = bool(tf.config.list_physical_devices("GPU"))


def variables(arrays):
    """Return dict of name -> variable of a dict of arrays."""
    return {name: tf.Variable(array) for name, array in arrays.items()}


def statistics(weights):
    """Return dict of name -> running mean and variance, variables, of each normalisation."""
    shapes = {name.removesuffix(".scale"): w.shape for name, w in weights.items() if name.endswith(".scale")}
    return {name: (tf.Variable(tf.zeros(shape)), tf.Variable(tf.ones(shape))) for name, shape in shapes.items()}


def dense(w, name, x):
    """Return x W + b."""
    return x @ w[f"{name}.kernel"] + w[f"{name}.bias"]


def down(w, name, x, padding="SAME"):
    """Return a convolution that halves the side; with its bias, if it has one."""
    return _biased(w, name, tf.nn.conv2d(x, w[f"{name}.kernel"], 2, padding))


def up(w, name, x, padding="SAME"):
    """Return a convolution that doubles the side, or with "VALID" and a kernel of 3 makes it one larger than that."""
    kernel = w[f"{name}.kernel"]
    side = 2 * x.shape[1] + (padding == "VALID")
    return _biased(w, name, tf.nn.conv2d_transpose(x, kernel, (len(x), side, side, kernel.shape[2]), 2, padding))


def _biased(w, name, x):
    return x + over_pixels(w[f"{name}.bias"]) if f"{name}.bias" in w else x


def over_pixels(bias):
    """Return a bias (C,) that is added to images."""
    # As (1, 1, 1, C): a plain bias before a LeakyReLU makes TensorFlow's remapper fail, loudly.
    return tf.reshape(bias, (1, 1, 1, -1))


def batch_norm(w, statistics, name, x):
    """Normalise images (N, H, W, C) by the batch's statistics, and update the running ones."""
    mean, variance = statistics[name]
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


def layer_norm(w, name, x):
    """Normalise each image (H, W, C) by itself."""
    mean, variance = tf.nn.moments(x, (1, 2, 3), keepdims=True)
    return (x - mean) * tf.math.rsqrt(variance + 1e-5) * over_pixels(w[f"{name}.scale"]) + over_pixels(
        w[f"{name}.shift"]
    )


def with_class(x, labels, classes):
    """Return x with the class beside it, of labels, if there are any."""
    return x if labels is None else tf.concat([x, tf.one_hot(labels, classes)], -1)


def cross_entropy(pixels, logits):
    """Return the mean over the batch of the sum over the pixels, in nats; both (N, pixels)."""
    return tf.reduce_mean(tf.reduce_sum(tf.nn.sigmoid_cross_entropy_with_logits(pixels, logits), -1))


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
