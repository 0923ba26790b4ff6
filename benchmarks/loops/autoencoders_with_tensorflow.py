"""The autoencoders and the VAEs in TensorFlow: modules whose `step` takes a batch and adds its losses to `totals`."""

import tensorflow as tf

from .layers_with_tensorflow import (
    Adam,
    batch_norm,
    cross_entropy,
    dense,
    down,
    statistics,
    up,
    variables,
    with_class,
)
from .weights import CLASSES


class Perceptrons:
    """Images to the encoder's last hidden values, and latents to the logits (N, pixels)."""

    def encode(self, images, labels=None):
        """Return the last hidden values."""
        w, x = self.weights, with_class(tf.reshape(images, (len(images), -1)), labels, CLASSES)
        return tf.nn.leaky_relu(dense(w, "encoder_2", tf.nn.leaky_relu(dense(w, "encoder_1", x))))

    def decode(self, latents, labels=None):
        """Return the logits."""
        w, x = self.weights, with_class(latents, labels, CLASSES)
        x = tf.nn.leaky_relu(dense(w, "decoder_2", tf.nn.leaky_relu(dense(w, "decoder_1", x))))
        return dense(w, "pixels", x)


class Convolutions:
    """The same of convolutions."""

    def encode(self, images):
        """Return the last hidden values."""
        w, x = self.weights, images
        for name in ("down_1", "down_2"):
            x = tf.nn.leaky_relu(down(w, name, x))
        return tf.nn.leaky_relu(dense(w, "encoder", tf.reshape(x, (len(x), -1))))

    def decode(self, latents):
        """Return the logits."""
        w = self.weights
        x = tf.nn.leaky_relu(dense(w, "project", tf.nn.leaky_relu(dense(w, "decoder", latents))))
        x = tf.nn.leaky_relu(up(w, "up_1", tf.reshape(x, (len(x), 7, 7, 64))))
        return tf.reshape(up(w, "up_2", x), (len(x), -1))


class Trainer(tf.Module):
    """The weights of one player and their Adam, with arrays as `weights.first` makes."""

    learning_rate = 1e-3

    def __init__(self, arrays):
        super().__init__()
        self.weights = variables(arrays)
        self.adam = Adam(self.weights.values(), self.learning_rate)
        self.statistics = statistics(arrays)

    def step(self, *batch):
        """Take one step down the first of the losses."""
        with tf.GradientTape() as tape:
            losses = self.losses(*batch)
        self.adam.apply(tape.gradient(losses[0], [*self.weights.values()]))
        self.totals.assign_add(tf.stack(losses))


class AutoencoderLosses:
    """What is minimised, and the mean squared error."""

    def losses(self, images):
        """Return both."""
        pixels = tf.reshape(images, (len(images), -1))
        logits = self.decode(dense(self.weights, "latents", self.encode(images)))
        squared = tf.reduce_mean(tf.math.squared_difference(tf.sigmoid(logits), pixels))
        return cross_entropy(pixels, logits), squared


class VAELosses:
    """The negative bound, the reconstruction error and the KL divergence, means over the batch."""

    def losses(self, images, *labels_and_noise):
        """Return them."""
        (*labels, noise), w = labels_and_noise, self.weights
        hidden = self.encode(images, *labels)
        mean, log_variance = dense(w, "mean", hidden), dense(w, "log_variance", hidden)
        logits = self.decode(mean + tf.exp(0.5 * log_variance) * noise, *labels)
        error = cross_entropy(tf.reshape(images, (len(images), -1)), logits)
        divergences = -0.5 * (1 + log_variance - tf.square(mean) - tf.exp(log_variance))
        divergence = tf.reduce_mean(tf.reduce_sum(divergences, -1))
        return error + divergence, error, divergence


class Autoencoder(AutoencoderLosses, Perceptrons, Trainer):
    """The dense autoencoder."""


class ConvolutionalAutoencoder(AutoencoderLosses, Convolutions, Trainer):
    """The one of convolutions."""


class VAE(VAELosses, Perceptrons, Trainer):
    """The dense VAE, which can be told the class."""


class ConvolutionalVAE(VAELosses, Convolutions, Trainer):
    """The one of convolutions."""


class DenoisingAutoencoder(Trainer):
    """Three convolutions with batch normalisation and their mirror image."""

    learning_rate = 3e-3

    def losses(self, images, noise):
        """Return the mean squared error from the clean images, twice."""
        w = self.weights
        x = tf.clip_by_value(images + 0.3 * noise, 0.0, 1.0)
        for number, padding in enumerate(("SAME", "SAME", "VALID"), 1):
            x = tf.nn.relu(batch_norm(w, self.statistics, f"norm_{number}", down(w, f"down_{number}", x, padding)))
        x = tf.nn.relu(dense(w, "encoder", tf.reshape(x, (len(x), -1))))
        x = tf.nn.relu(dense(w, "decoder", dense(w, "latents", x)))
        x = tf.reshape(tf.nn.relu(dense(w, "project", x)), (len(x), 3, 3, 32))
        for number, padding in enumerate(("VALID", "SAME"), 1):
            x = tf.nn.relu(batch_norm(w, self.statistics, f"norm_{number + 3}", up(w, f"up_{number}", x, padding)))
        squared = tf.reduce_mean(tf.math.squared_difference(tf.sigmoid(up(w, "up_3", x)), images))
        return squared, squared


AUTOENCODERS = {
    "autoencoder": Autoencoder,
    "autoencoder-conv": ConvolutionalAutoencoder,
    "denoising-autoencoder": DenoisingAutoencoder,
    "vae": VAE,
    "vae-conv": ConvolutionalVAE,
    "cvae": VAE,
}
