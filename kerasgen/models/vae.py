"""The variational autoencoder (Kingma and Welling 2014, arXiv:1312.6114)."""

import math
from typing import Any, ClassVar

import keras
import numpy as np
from keras import ops

from kerasgen import backend
from kerasgen.errors import UsageError, unknown
from kerasgen.losses import LIKELIHOODS, kl_divergence, systematic_resample
from kerasgen.models.base.encoder_decoder import EncoderDecoder
from kerasgen.models.base.noise import Batch, Noise, Normal, Uniform


@keras.saving.register_keras_serializable("kerasgen")
class VAE(EncoderDecoder):
    """Variational autoencoder that maximizes the evidence lower bound (ELBO); equation 7 and appendix B of the paper.

    With several samples it is the IWAE of Burda et al. (2015, arXiv:1509.00519, eq. 8), which maximizes the tighter,
    importance-weighted bound.

    Logs, in nats per image: `reconstruction_error`, -E[log p(x|z)]; `kl_divergence`, KL(q(z|x) || p(z)); and `loss`.
    With one sample, the loss is the first plus `beta` times the second. With several samples, it is the negative
    importance-weighted bound. The Gaussian likelihood is logged without its constant, log(2 pi) / 2 per value;
    `kerasgen.metrics.log_likelihood` includes it.

    Args:
        encoder: `keras.Model` from images (N, H, W, C), and labels (N,) if there are classes, to
            `[mean, log_variance]`, each (N, latent_dim).
        decoder: `keras.Model` from latents (N, latent_dim), and labels (N,) if there are classes, to raw outputs
            (N, H, W, C): logits for the Bernoulli likelihood, means for the Gaussian one.
        beta: weight of the KL divergence (Higgins et al. 2017); 1 gives the ELBO.
        likelihood: `"bernoulli"` for images in [0, 1], with grey values as probabilities; `"gaussian"` (squared error,
            unit variance), also for points of any range.
        samples: k, number of latents drawn for each image.
        num_classes: number of classes; above 0 this is the conditional model of Kingma et al. 2014 (arXiv:1406.5298,
            M2 with the label given).
        binarize: whether each step draws binary pixels, with the grey value as the probability of 1 (Salakhutdinov
            and Murray 2008; Burda et al., section 5). Only for the Bernoulli likelihood.
        warm_up: number of updates in which the weight of the KL divergence grows linearly from 0 to `beta`, so that
            latents do not become inactive early (Sonderby et al. 2016, arXiv:1602.02282, section 2.3).
        gradient_samples: number of samples used for the gradient; 0 for all. In each step they are resampled with their
            importance weights as probabilities, so the expected gradient is the same. Burda et al. (end of section 3)
            resample one. With a few of many samples, a step takes a third of the time. Only for decoders that process
            each latent vector independently, without batch normalization or dropout.
        **kwargs: arguments of `EncoderDecoder`.

    Raises:
        UsageError: an unknown likelihood, a number out of range, options that exclude each other, or networks that do
            not fit each other.

    Example:
        ```python
        model = kerasgen.create("vae", latent_dim=16)
        model.fit(images, batch_size=100, epochs=30)
        samples = model.generate(16, seed=0)
        ```
    """

    traceable = True
    heads: ClassVar[tuple[str, ...]] = ("mean", "log_variance")

    def __init__(
        self,
        encoder: keras.Model,
        decoder: keras.Model,
        beta: float = 1.0,
        likelihood: str = "bernoulli",
        samples: int = 1,
        num_classes: int = 0,
        binarize: bool = False,
        warm_up: int = 0,
        gradient_samples: int = 0,
        **kwargs: Any,
    ):
        super().__init__(encoder, decoder, **kwargs)
        _check_options(beta, likelihood, samples, binarize, warm_up, gradient_samples)
        self.beta, self.likelihood, self.samples, self.num_classes = beta, likelihood, samples, num_classes
        self.binarize, self.warm_up, self.gradient_samples = binarize, warm_up, gradient_samples
        self.bounds = self.valid_bounds(LIKELIHOODS[likelihood].bounds)

    @property
    def noise(self) -> dict[str, Noise]:
        """Noise of the latents, and of binary pixels and resampling if they are used."""
        noise: dict[str, Noise] = {"latents": Normal(self.samples, self.latent_dim)}
        if self.binarize:
            noise["pixels"] = Uniform(*self.sample_shape)
        if self.gradient_samples:
            noise["resample"] = Uniform(1)
        return noise

    def outputs_to_images(self, outputs: Any) -> Any:
        """Return the mean images of the decoder's raw outputs."""
        return LIKELIHOODS[self.likelihood].mean(outputs)

    def compute_losses(
        self, batch: Batch, noise: dict[str, Any], training: bool = False, kl_weight: Any = 1.0
    ) -> tuple[Any, dict[str, Any]]:
        """Return `(loss, metrics)` of a batch.

        Args:
            batch: images (N, H, W, C), and labels (N,) if there are classes.
            noise: name -> values, see `noise`.
            training: whether the networks run in training mode.
            kl_weight: weight of the KL divergence as a fraction of `beta`.
        """
        images, labels, epsilon = batch.images, batch.labels, noise["latents"]
        if self.binarize:
            images = ops.cast(noise["pixels"] < images, "float32")
        moments = backend.run(self.encoder, self.classes.inputs(images, labels), training)
        moments = [ops.cast(x, "float32") for x in moments]
        divergence = ops.mean(kl_divergence(*moments))
        errors, latents = self._reconstruction_errors(images, epsilon, moments, labels, training)
        error = ops.mean(errors)
        metrics = {"reconstruction_error": error, "kl_divergence": divergence}
        if self.samples == 1:
            return error + self.beta * kl_weight * divergence, metrics
        log_weights = _log_weights(errors, latents, epsilon, moments)
        bound = ops.mean(ops.logsumexp(log_weights, axis=1)) - math.log(self.samples)
        if training and self.gradient_samples:
            weights = ops.stop_gradient(log_weights)
            chosen = systematic_resample(weights, noise["resample"], self.gradient_samples)
            epsilon = ops.take_along_axis(epsilon, ops.expand_dims(chosen, 2), axis=1)
            errors, latents = self._reconstruction_errors(images, epsilon, moments, labels, training)
            surrogate = ops.mean(_log_weights(errors, latents, epsilon, moments))
            bound = ops.stop_gradient(bound) + surrogate - ops.stop_gradient(surrogate)
        return -bound, metrics

    def _reconstruction_errors(self, images, epsilon, moments, labels, training):
        """Return -log p(x | z), (N, samples), and the latents z (N, samples, latent_dim) of the noise `epsilon`."""
        samples = epsilon.shape[1]
        mean, log_variance = (ops.expand_dims(x, 1) for x in moments)
        latents = mean + ops.exp(0.5 * log_variance) * epsilon  # z = mu + sigma * epsilon  (section 2.4)
        rows = backend.reshape(latents, (-1, self.latent_dim))
        inputs = self.classes.inputs(rows, _repeat(labels, samples))
        outputs = ops.cast(backend.run(self.decoder, inputs, training), "float32")
        errors = LIKELIHOODS[self.likelihood].reconstruction_error(_repeat(images, samples), outputs)
        return backend.reshape(errors, (-1, samples)), latents

    def train_step(self, data: Any) -> dict[str, Any]:
        """Take one step that increases the evidence lower bound."""
        batch = self.unpack(data)
        noise, weight = self.draw(batch), self.kl_weight("model")
        loss, metrics = self.minimize("model", lambda: self.compute_losses(batch, noise, True, weight))
        return self.track(batch, loss=loss, **metrics)

    def kl_weight(self, player: str) -> Any:
        """Return the KL weight of a player's next step as a fraction of `beta`; it is 1 after `warm_up`."""
        # To be called before `minimize`: in its loss function, the variables of the optimizer are constants on JAX.
        if not self.warm_up:
            return 1.0
        return ops.minimum(1.0, ops.cast(self.optimizer_of(player).iterations, "float32") / self.warm_up)

    def posterior(self, images: np.ndarray, labels: Any = None) -> tuple[np.ndarray, np.ndarray]:
        """Return mean and log-variance of q(z | x), each float32 (N, latent_dim).

        Args:
            images: (N, H, W, C).
            labels: (N,), for a conditional model.
        """
        mean, log_variance = self.encoder_outputs(images, labels)
        return mean, log_variance

    def conditional_log_likelihood(self, images: np.ndarray, latents: np.ndarray, labels: Any = None) -> np.ndarray:
        """Return log p(x | z) in nats, constants included, float64 (N, K).

        Args:
            images: float (N, H, W, C).
            latents: (N, K, latent_dim).
            labels: (N,), for a conditional model.
        """
        count, latent_dim = latents.shape[1:]
        rows = np.reshape(latents, (-1, latent_dim)).astype("float32")
        inputs = self.classes.inputs(rows, None if labels is None else np.repeat(labels, count))
        outputs = ops.cast(self.decoder(inputs, training=False), "float32")
        repeated = ops.convert_to_tensor(np.repeat(images, count, axis=0))
        errors = LIKELIHOODS[self.likelihood].reconstruction_error(repeated, outputs)
        # The loss leaves out the constant of a normal density of unit variance.
        constant = 0.5 * np.log(2 * np.pi) * math.prod(self.sample_shape) if self.likelihood == "gaussian" else 0.0
        return -ops.convert_to_numpy(errors).reshape(-1, count).astype("float64") - constant

    def generate(self, n: int, seed: int | None = None, labels: Any = None) -> np.ndarray:
        """Return `n` images (n, H, W, C) in [0, 1] decoded from latents of the prior, N(0, I).

        Args:
            n: number of images.
            seed: seed of the latents; sample i of a seed does not depend on `n`.
            labels: for a conditional model, one class or classes (n,); each class in turn by default.

        Raises:
            UsageError, DataError: see `Classes.check`.
        """
        labels = self.classes.check(labels, n)
        return self.decode(self.draw_latents(n, (self.latent_dim,), seed), labels)


def _check_options(beta, likelihood, samples, binarize, warm_up, gradient_samples):
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
            f"{what} and samples {samples}; the importance-weighted bound needs beta=1 without warm-up: take samples=1"
        )
    if gradient_samples and not 0 < gradient_samples < samples:
        raise UsageError(
            f"gradient_samples is {gradient_samples} and samples {samples}; give fewer than samples, or 0 for all"
        )
    if binarize and likelihood != "bernoulli":
        raise UsageError(f"binarize draws pixels of 0 or 1; with the likelihood {likelihood} take binarize=False")


def _log_weights(errors, latents, epsilon, moments):
    """Return log p(x, z) - log q(z | x), (N, samples); the constants of the two normal densities cancel."""
    log_variance = ops.expand_dims(moments[1], 1)
    return 0.5 * ops.sum(ops.square(epsilon) - ops.square(latents) + log_variance, axis=2) - errors


def _repeat(values, times):
    return values if values is None or times == 1 else ops.repeat(values, times, axis=0)
