"""Log-likelihoods of latent-variable models, by importance sampling."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from kerasgen.data.pixels import as_floats
from kerasgen.errors import check_whole
from kerasgen.io import progress

if TYPE_CHECKING:
    from kerasgen.models.base.abilities import HasLikelihoodBound

_DECODED = 10_000  # latents that are decoded together


def log_likelihood(
    model: HasLikelihoodBound,
    images: np.ndarray,
    samples: int = 5000,
    seed: int = 0,
    labels: np.ndarray | None = None,
    chunk: int = 50,
) -> np.ndarray:
    """Return lower bounds on log p(x) in nats, (N,): log (1/k) sum_i p(x, z_i) / q(z_i | x), z_i from q(z | x).

    With one sample the mean of the values is the evidence lower bound. The bound rises towards log p(x) with the
    number of samples. For a conditional model it bounds log p(x | y), where y is the label.

    Args:
        model: a model with a Gaussian posterior and a standard normal prior, such as `kerasgen.models.VAE`.
        images: (N, H, W, C) in the range that the model takes; of 0 and 1 for a Bernoulli likelihood.
        samples: k, number of latents for each image.
        seed: seed of the latents, which are the same on every backend.
        labels: int (N,), for a conditional model.
        chunk: number of latents of one image that are decoded together; it bounds the memory.

    Returns:
        float64 (N,).

    Raises:
        DataError: images or labels that the model cannot take.
        UsageError: missing labels.

    Source:
        Burda et al. 2015, arXiv:1509.00519, eq. 8; Rezende et al. 2014, arXiv:1401.4082, appendix E.

    Example:
        >>> import kerasgen
        >>> model = kerasgen.create("vae", image_size=8, hidden_dim=4, latent_dim=2)
        >>> kerasgen.metrics.log_likelihood(model, np.zeros((3, 8, 8, 1), "float32"), samples=2).shape
        (3,)
    """
    samples, chunk = check_whole("samples", samples, 1), check_whole("chunk", chunk, 1)
    mean, log_variance = model.posterior(images, labels)
    images = as_floats(images)
    generator = np.random.default_rng(check_whole("seed", seed))
    rows = max(1, _DECODED // min(samples, chunk))
    bounds = []
    starts, firsts = range(0, len(images), rows), range(0, samples, chunk)
    with progress.steps(len(starts) * len(firsts)) as step:
        for start in starts:
            part = slice(start, start + rows)
            part_labels = None if labels is None else np.asarray(labels)[part]
            total = np.full(len(images[part]), -np.inf)
            for first in firsts:
                shape = (len(total), min(chunk, samples - first), mean.shape[1])
                noise = generator.standard_normal(shape, dtype="float32")
                latents = mean[part, None] + np.exp(0.5 * log_variance[part])[:, None] * noise
                log_weights = log_prior_ratio(noise, latents, log_variance[part])
                log_weights += model.conditional_log_likelihood(images[part], latents, part_labels)
                total = np.logaddexp(total, np.logaddexp.reduce(log_weights, axis=1))
                step()
            bounds.append(total - np.log(samples))
    return np.concatenate(bounds)


def log_prior_ratio(noise: np.ndarray, latents: np.ndarray, log_variance: np.ndarray) -> np.ndarray:
    """Return log p(z) - log q(z | x), (N, K), for a standard normal prior; the constants of both densities cancel.

    Args:
        noise: standard normal noise (N, K, D) that made the latents.
        latents: (N, K, D), mean + exp(log_variance / 2) * noise.
        log_variance: of q(z | x), (N, D).

    Example:
        >>> log_prior_ratio(np.zeros((1, 1, 2)), np.ones((1, 1, 2)), np.zeros((1, 2)))
        array([[-1.]])
    """
    return 0.5 * np.sum(noise**2 - latents**2 + log_variance[:, None], axis=2, dtype="float64")


def kl_to_standard_normal(mean: np.ndarray, log_variance: np.ndarray) -> np.ndarray:
    """Return KL(N(mean, exp(log_variance)) || N(0, I)) in nats, (N,), of arrays (N, D).

    Source:
        Kingma and Welling 2014, arXiv:1312.6114, appendix B.

    Example:
        >>> kl_to_standard_normal(np.array([[1.0, 0.0]]), np.zeros((1, 2)))
        array([0.5])
    """
    return 0.5 * np.sum(mean**2 + np.exp(log_variance) - 1.0 - log_variance, axis=1)


def active_units(means: np.ndarray, threshold: float = 0.01) -> int:
    """Return the number of latents that carry information about the images.

    A latent is active if the variance of its mean over the images exceeds the threshold.

    Args:
        means: means of q(z | x), (N, latent_dim).
        threshold: smallest variance of an active latent.

    Source:
        Burda et al. 2015, arXiv:1509.00519, section 5.2.

    Example:
        >>> active_units(np.array([[0.0, 5.0], [1.0, 5.0]]))
        1
    """
    return int((np.var(means, axis=0) > threshold).sum())
