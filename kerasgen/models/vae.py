"""The variational autoencoder (Kingma and Welling 2014, arXiv:1312.6114)."""

import keras
import numpy as np
from keras import ops

from kerasgen.errors import UsageError, unknown
from kerasgen.losses import LIKELIHOODS, kl_divergence
from kerasgen.models.generative_model import GenerativeModel


@keras.saving.register_keras_serializable("kerasgen")
class VAE(GenerativeModel):
    """Maximises the evidence lower bound; see equation 7 and appendix B of the paper.

    Logs, in nats for each image: `reconstruction_error`, -E[log p(x|z)]; `kl_divergence`, KL(q(z|x) || p(z));
    `loss`, their sum with the second times `beta`.

    Args:
        encoder: `keras.Model` from images (N, H, W, C) to `[mean, log_variance]`, each (N, latent_dim).
        decoder: `keras.Model` from latents (N, latent_dim) to raw outputs (N, H, W, C): logits for the Bernoulli
            likelihood, means for the Gaussian one.
        beta: weight of the KL divergence (Higgins et al. 2017); 1 gives the bound.
        likelihood: `"bernoulli"` for images in [0, 1], grey pixels as probabilities; `"gaussian"` (squared error,
            unit variance) for data of any range.

    Raises:
        UsageError: unknown likelihood, negative `beta`, or networks that do not fit each other.
    """

    logged = ("loss", "reconstruction_error", "kl_divergence")

    def __init__(self, encoder, decoder, beta=1.0, likelihood="bernoulli", **kwargs):
        super().__init__(**kwargs)
        if likelihood not in LIKELIHOODS:
            raise unknown("likelihood", likelihood, LIKELIHOODS)
        if beta < 0:
            raise UsageError(f"beta is {beta}; it weighs a divergence and must be 0 or more")
        if encoder.input_shape != decoder.output_shape:
            raise UsageError(f"the encoder takes {encoder.input_shape}, the decoder makes {decoder.output_shape}")
        self.encoder, self.decoder = encoder, decoder
        self.beta, self.likelihood = beta, likelihood
        self.latent_dim = decoder.input_shape[-1]
        self.bounds = LIKELIHOODS[likelihood].bounds
        self.built = True

    @property
    def image_shape(self):
        """Return (H, W, C) of the images."""
        return tuple(self.decoder.output_shape[1:])

    def losses_of(self, images, noise, training):
        """Return `(loss, (reconstruction error, KL divergence))` of a batch with the given standard noise."""
        mean, log_variance = (ops.cast(x, "float32") for x in self.encoder(images, training=training))
        latents = mean + ops.exp(0.5 * log_variance) * noise  # z = mu + sigma * epsilon  (section 2.4)
        outputs = ops.cast(self.decoder(latents, training=training), "float32")
        error = ops.mean(LIKELIHOODS[self.likelihood].reconstruction_error(images, outputs))
        divergence = ops.mean(kl_divergence(mean, log_variance))
        return error + self.beta * divergence, (error, divergence)

    def _unpack_with_noise(self, data):
        images, _, noise = self.unpack(data)
        if noise is None:
            noise = keras.random.normal((ops.shape(images)[0], self.latent_dim), seed=self.seed_generator)
        return images, noise

    def train_step(self, data):
        """Take one step down the negative evidence lower bound."""
        images, noise = self._unpack_with_noise(data)
        loss, (error, divergence) = self.minimize("model", lambda: self.losses_of(images, noise, training=True))
        return self.track(images, loss=loss, reconstruction_error=error, kl_divergence=divergence)

    def test_step(self, data):
        """Log the same values as `train_step`, without a step."""
        images, noise = self._unpack_with_noise(data)
        loss, (error, divergence) = self.losses_of(images, noise, training=False)
        return self.track(images, loss=loss, reconstruction_error=error, kl_divergence=divergence)

    def call(self, images, training=False):
        """Return the reconstructions of images (N, H, W, C), through the mean latents."""
        mean, _ = self.encoder(images, training=training)
        return LIKELIHOODS[self.likelihood].mean(self.decoder(mean, training=training))

    def encode(self, images):
        """Return the mean latents (N, latent_dim) of images (N, H, W, C)."""
        return self.predict_in_batches(self.encoder, self.check_images(images))[0]

    def decode(self, latents):
        """Return the mean images (N, H, W, C) of latents (N, latent_dim)."""
        outputs = self.predict_in_batches(self.decoder, np.asarray(latents, "float32")).astype("float32")
        return ops.convert_to_numpy(LIKELIHOODS[self.likelihood].mean(ops.convert_to_tensor(outputs)))

    def reconstruct(self, images):
        """Return images (N, H, W, C) encoded and decoded again."""
        return self.decode(self.encode(images))

    def interpolate(self, start, end, steps=8):
        """Return images (N, steps, H, W, C) on the straight line between the latents of `start` and `end`.

        Args:
            start, end: images (N, H, W, C).
            steps: int, at least 2; the first and last are the reconstructions of `start` and `end`.

        Raises:
            UsageError: fewer than 2 steps.
        """
        if steps < 2:
            raise UsageError(f"steps is {steps}; a way from one image to another needs at least 2")
        share = np.linspace(0.0, 1.0, steps, dtype="float32")[None, :, None]
        latents = (1 - share) * self.encode(start)[:, None] + share * self.encode(end)[:, None]
        images = self.decode(latents.reshape(-1, self.latent_dim))
        return images.reshape(-1, steps, *self.image_shape)

    def generate(self, n, seed=None):
        """Return `n` images (n, H, W, C) decoded from latents of the prior, N(0, I)."""
        return self.decode(self.draw_latents(n, (self.latent_dim,), seed))
