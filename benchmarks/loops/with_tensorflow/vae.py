"""The dense VAE in TensorFlow."""

import tensorflow as tf

from benchmarks.loops.with_tensorflow.layers import Adam, dense, variables


class VAE(tf.Module):
    """The weights and their Adam, with arrays of `weights.first`."""

    def __init__(self, arrays):
        super().__init__()
        self.weights = variables(arrays)
        self.adam = Adam(self.weights.values(), 1e-3)

    def step(self, images, noise):
        """Take one step and return the losses."""
        with tf.GradientTape() as tape:
            losses = self.losses(tf.reshape(images, (len(images), -1)), noise)
        self.adam.apply(tape.gradient(losses[0], [*self.weights.values()]))
        return losses

    def validate(self, images, noise):
        """Return the losses, without a step."""
        return self.losses(tf.reshape(images, (len(images), -1)), noise)

    def losses(self, pixels, noise):
        """Return the negative bound in nats and its two parts, means over the batch."""
        w = self.weights
        hidden = tf.nn.leaky_relu(dense(w, "encoder_2", tf.nn.leaky_relu(dense(w, "encoder_1", pixels))))
        mean, log_variance = dense(w, "mean", hidden), dense(w, "log_variance", hidden)
        hidden = tf.nn.leaky_relu(dense(w, "decoder_1", mean + tf.exp(0.5 * log_variance) * noise))
        logits = dense(w, "pixels", tf.nn.leaky_relu(dense(w, "decoder_2", hidden)))
        error = tf.reduce_mean(tf.reduce_sum(tf.nn.sigmoid_cross_entropy_with_logits(pixels, logits), -1))
        divergences = -0.5 * (1 + log_variance - tf.square(mean) - tf.exp(log_variance))
        divergence = tf.reduce_mean(tf.reduce_sum(divergences, -1))
        return error + divergence, error, divergence
