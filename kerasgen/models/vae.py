"""The variational autoencoder (Kingma and Welling 2014, arXiv:1312.6114)."""

import math

import keras
import numpy as np
from keras import ops

from kerasgen import backend
from kerasgen.errors import UsageError, unknown
from kerasgen.losses import LIKELIHOODS, kl_divergence, systematic_resample
from kerasgen.models.base.encoder_decoder import EncoderDecoder


@keras.saving.register_keras_serializable("kerasgen")
class VAE(EncoderDecoder):
    """Maximises the evidence lower bound; see equation 7 and appendix B of the paper.

    With several samples it maximises the tighter, importance-weighted bound of Burda et al. (2015, arXiv:1509.00519,
    eq. 8): the IWAE.

    Logs, in nats for each image: `reconstruction_error`, -E[log p(x|z)]; `kl_divergence`, KL(q(z|x) || p(z));
    `loss`, their sum with the second times `beta`, or with several samples the negative bound. Of the Gaussian
    likelihood without its constant, log(2 pi) / 2 for each value, which `kerasgen.metrics.log_likelihood` has.

    Args:
        encoder: `keras.Model` from images (N, H, W, C) to `[mean, log_variance]`, each (N, latent_dim).
        decoder: `keras.Model` from latents (N, latent_dim) to raw outputs (N, H, W, C): logits for the Bernoulli
            likelihood, means for the Gaussian one.
        beta: weight of the KL divergence (Higgins et al. 2017); 1 gives the bound.
        likelihood: `"bernoulli"` for images in [0, 1], grey pixels as probabilities; `"gaussian"` (squared error,
            unit variance) for data of any range.
        samples: k, latents drawn for each image.
        num_classes: int; above 0 encoder and decoder have labels (N,) as a second input, and the model is the
            conditional one of Kingma et al. 2014 (arXiv:1406.5298, M2 with the label given).
        binarize: whether each step draws the pixels anew, 0 or 1 with their grey as the probability of 1 (Salakhutdinov
            and Murray 2008; Burda et al., section 5); for the Bernoulli likelihood.
        warm_up: int, updates in which the weight of the KL divergence grows evenly from 0 to `beta`: latents that carry
            nothing yet are not switched off for it (Sonderby et al. 2016, arXiv:1602.02282, section 2.3).
        gradient_samples: of several samples, how many the gradient goes through, drawn anew in each step with their
            importance weights as probabilities; 0: all. Its mean is the same, and of many samples a few take a third
            of the time (Burda et al., the end of section 3, where it is one). For decoders that treat each latent by
            itself, without batch normalisation or dropout, as those of the recipes.

    Raises:
        UsageError: unknown likelihood, negative `beta`, `warm_up` or `gradient_samples`, a beta that is not 1 or a
            warm-up with several samples, no samples, as many `gradient_samples` or more, pixels to be drawn for another
            likelihood, or networks that do not fit each other.
    """

    logged = ("loss", "reconstruction_error", "kl_divergence")
    heads = ("mean", "log_variance")

    def __init__(
        self,
        encoder,
        decoder,
        beta=1.0,
        likelihood="bernoulli",
        samples=1,
        num_classes=0,
        binarize=False,
        warm_up=0,
        gradient_samples=0,
        **kwargs,
    ):
        super().__init__(encoder, decoder, **kwargs)
        if likelihood not in LIKELIHOODS:
            raise unknown("likelihood", likelihood, LIKELIHOODS)
        if beta < 0:
            raise UsageError(f"beta is {beta}; it weighs a divergence and must be 0 or more")
        if samples < 1:
            raise UsageError(f"samples is {samples}; it must be 1 or more")
        if warm_up < 0:
            raise UsageError(f"warm_up is {warm_up}; it counts steps and must be 0 or more")
        if samples > 1 and (beta != 1 or warm_up):
            what = f"beta is {beta}" if beta != 1 else f"warm_up is {warm_up}"
            raise UsageError(
                f"{what} and samples {samples}; the importance-weighted bound has no beta but 1: take samples=1"
            )
        if gradient_samples and not 0 < gradient_samples < samples:
            raise UsageError(
                f"gradient_samples is {gradient_samples} and samples {samples}; give fewer than samples, or 0 for all"
            )
        if binarize and likelihood != "bernoulli":
            raise UsageError(f"binarize draws pixels of 0 or 1; with the likelihood {likelihood} take binarize=False")
        self.beta, self.likelihood, self.samples, self.num_classes = beta, likelihood, samples, num_classes
        self.binarize, self.warm_up, self.gradient_samples = binarize, warm_up, gradient_samples
        self.bounds = LIKELIHOODS[likelihood].bounds

    def outputs_to_images(self, outputs):
        """Return the mean images of the decoder's raw outputs."""
        return LIKELIHOODS[self.likelihood].mean(outputs)

    def compute_losses(self, images, noise, labels=None, training=False, weight=1.0, places=None):
        """Return `(loss, (reconstruction error, KL divergence))` of a batch with the given standard noise.

        Args:
            images: (N, H, W, C).
            noise: (N, samples, latent_dim).
            labels: int (N,), or None.
            training: whether the networks' statistics are those of the batch, and are updated.
            weight: of the KL divergence, in units of `beta`.
            places: (N, 1) in [0, 1), which choose the latents that the gradient goes through; all, if not given.
        """
        moments = backend.run(self.encoder, self.with_labels(images, labels), training)
        moments = [ops.cast(x, "float32") for x in moments]
        divergence = ops.mean(kl_divergence(*moments))
        errors, latents = self._errors(images, noise, moments, labels, training)
        error = ops.mean(errors)
        if self.samples == 1:
            return error + self.beta * weight * divergence, (error, divergence)
        log_weights = _log_weights(errors, latents, noise, moments)
        bound = ops.mean(ops.logsumexp(log_weights, axis=1)) - math.log(self.samples)
        if places is not None:
            log_weights = ops.stop_gradient(log_weights)
            chosen = systematic_resample(log_weights, places, self.gradient_samples)
            noise = ops.take_along_axis(noise, ops.expand_dims(chosen, 2), axis=1)
            chosen = self._errors(images, noise, moments, labels, training)
            through = ops.mean(_log_weights(*chosen, noise, moments))
            bound = ops.stop_gradient(bound) + through - ops.stop_gradient(through)
        return -bound, (error, divergence)

    def _errors(self, images, noise, moments, labels, training):
        """Return -log p(x | z) of the latents with the noise, (N, samples), and these (N, samples, latent_dim)."""
        samples = noise.shape[1]
        mean, log_variance = (ops.expand_dims(x, 1) for x in moments)
        latents = mean + ops.exp(0.5 * log_variance) * noise  # z = mu + sigma * epsilon  (section 2.4)
        inputs = self.with_labels(backend.reshape(latents, (-1, self.latent_dim)), _repeated(labels, samples))
        outputs = ops.cast(backend.run(self.decoder, inputs, training), "float32")
        errors = LIKELIHOODS[self.likelihood].reconstruction_error(_repeated(images, samples), outputs)
        return backend.reshape(errors, (-1, samples)), latents

    @property
    def draws(self):
        """Return how many latents a step draws for each image."""
        return self.samples

    def unpack_with_noise(self, data):
        """Return images (N, H, W, C), standard noise (N, draws, latent_dim), and labels (N,) or None, of a batch."""
        images, labels, noise = self.unpack(data)
        if self.binarize:
            drawn = backend.draw(keras.random.uniform, ops.shape(images), self.seed_generator)
            images = ops.cast(drawn < images, "float32")
        shape = (ops.shape(images)[0], self.draws, self.latent_dim)
        if noise is None:
            noise = backend.draw(keras.random.normal, shape, self.seed_generator)
        noise = backend.reshape(noise, shape)  # passed in as (N, draws latent_dim) it serves as well
        return images, noise, self.labels_of_batch(labels)

    def train_step(self, data):
        """Take one step down the negative evidence lower bound."""
        images, noise, labels = self.unpack_with_noise(data)
        drawn = self.draw_for_step(images)
        loss, (error, divergence) = self.minimize(
            "model", lambda: self.compute_losses(images, noise, labels, True, *drawn)
        )
        return self.track(images, loss=loss, reconstruction_error=error, kl_divergence=divergence)

    def draw_for_step(self, images, player="model"):
        """Return the last two arguments of `compute_losses` in a step with that batch, of that player."""
        weight, places = 1.0, None
        if self.warm_up:
            weight = ops.minimum(1.0, ops.cast(self.optimizer_of(player).iterations, "float32") / self.warm_up)
        if self.gradient_samples:
            places = backend.draw(keras.random.uniform, (ops.shape(images)[0], 1), self.seed_generator)
        return weight, places

    def test_step(self, data):
        """Log the same values as `train_step`, without a step."""
        images, noise, labels = self.unpack_with_noise(data)
        loss, (error, divergence) = self.compute_losses(images, noise, labels)
        return self.track(images, loss=loss, reconstruction_error=error, kl_divergence=divergence)

    def call(self, inputs, training=False):
        """Return the reconstructions of images (N, H, W, C), or of `[images, labels]`, through the mean latents."""
        images, labels = inputs if self.num_classes else (inputs, None)
        inputs = self.with_labels(self.images_of_batch(images), labels)
        mean, _ = self.encoder(inputs, training=training)
        return self.outputs_to_images(self.decoder(self.with_labels(mean, labels), training=training))

    def encode(self, images, labels=None):
        """Return the mean latents (N, latent_dim) of images (N, H, W, C), and of labels (N,) if it is conditional."""
        images = self.check_images(images)
        inputs = self.with_labels(images, self.given_labels(labels, len(images)))
        return self.predict_in_batches(self.encoder, inputs)[0].astype("float32")

    def posterior(self, images, labels=None):
        """Return the means and log-variances of q(z | x), each float32 (N, latent_dim), of images (N, H, W, C)."""
        images = self.check_images(images)
        inputs = self.with_labels(images, self.given_labels(labels, len(images)))
        mean, log_variance = self.predict_in_batches(self.encoder, inputs)
        return mean.astype("float32"), log_variance.astype("float32")

    def conditional_log_likelihood(self, images, latents, labels=None):
        """Return log p(x | z) in nats, constants included, float64 (N, K).

        Args:
            images: float (N, H, W, C).
            latents: (N, K, latent_dim).
            labels: int (N,), for a conditional model.
        """
        count, latent_dim = latents.shape[1:]
        inputs = self.with_labels(
            np.reshape(latents, (-1, latent_dim)), None if labels is None else np.repeat(labels, count)
        )
        outputs = ops.cast(self.decoder(inputs, training=False), "float32")
        repeated = ops.convert_to_tensor(np.repeat(images, count, axis=0))
        errors = LIKELIHOODS[self.likelihood].reconstruction_error(repeated, outputs)
        # The loss leaves out the constant of a normal density of unit variance
        constant = 0.5 * np.log(2 * np.pi) * math.prod(self.sample_shape) if self.likelihood == "gaussian" else 0.0
        return -ops.convert_to_numpy(errors).reshape(-1, count).astype("float64") - constant

    def generate(self, n, seed=None, labels=None):
        """Return `n` images (n, H, W, C) decoded from latents of the prior, N(0, I).

        Args:
            n: int.
            seed: int; the same seed gives the same images.
            labels: for a conditional model, one class or int (n,); each class in turn by default.

        Raises:
            UsageError, DataError: see `check_labels`.
        """
        labels = self.check_labels(labels, n)
        return self.decode(self.draw_latents(n, (self.latent_dim,), seed), labels)


def _log_weights(errors, latents, noise, moments):
    """Return log p(x, z) - log q(z | x), (N, samples); the constants of the two normal densities cancel."""
    log_variance = ops.expand_dims(moments[1], 1)
    return 0.5 * ops.sum(ops.square(noise) - ops.square(latents) + log_variance, axis=2) - errors


def _repeated(values, times):
    return values if values is None or times == 1 else ops.repeat(values, times, axis=0)
