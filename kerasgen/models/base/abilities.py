"""Abilities of models as protocols: a model has an ability if it has the method, whatever its base class.

Commands, evaluators and plotters check `isinstance(model, Generates)`. A model of another package works with all of
them if it defines the method. Images are float32 (N, H, W, C) in [0, 1]; points are float32 (N, D).
"""

from collections.abc import Callable
from typing import Any, Protocol, runtime_checkable

import numpy as np


@runtime_checkable
class Generates(Protocol):
    """Model that draws new samples."""

    def generate(self, n: int, seed: int | None = None, **options: Any) -> np.ndarray:
        """Return `n` samples; sample i of a seed depends neither on `n` nor on the batch size."""


@runtime_checkable
class Encodes(Protocol):
    """Model that maps samples to latent vectors."""

    def encode(self, images: np.ndarray, labels: np.ndarray | None = None) -> np.ndarray:
        """Return the latent vectors (N, latent_dim)."""


@runtime_checkable
class HasTrajectory(Protocol):
    """Model that turns noise into samples in small steps."""

    def trajectory(
        self, n: int, seed: int | None = None, labels: np.ndarray | None = None, frames: int = 11
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return times (frames,) and the samples (frames, n, *sample_shape), from noise to data."""


@runtime_checkable
class Decodes(Protocol):
    """Model that maps latent vectors to samples."""

    def decode(self, latents: np.ndarray, labels: np.ndarray | None = None) -> np.ndarray:
        """Return the samples of latent vectors (N, latent_dim)."""


@runtime_checkable
class HasDecoder(Protocol):
    """Model that maps latent vectors, and labels if there are classes, to samples with one network."""

    latent_dim: int
    sample_shape: tuple[int, ...]

    def decoder_parts(self) -> tuple[Any, list[np.ndarray], Callable[[Any], Any]]:
        """Return the network, the values of its weights, and a function of tensors from its outputs to images."""


@runtime_checkable
class Reconstructs(Protocol):
    """Model that encodes and decodes samples."""

    def reconstruct(self, images: np.ndarray, labels: np.ndarray | None = None) -> np.ndarray:
        """Return the reconstructions, with the shape of `images`."""


@runtime_checkable
class Interpolates(Protocol):
    """Model that interpolates between pairs of samples."""

    def interpolate(self, start: np.ndarray, end: np.ndarray, steps: int = 8) -> np.ndarray:
        """Return samples (N, steps, *sample_shape)."""


@runtime_checkable
class Completes(Protocol):
    """Model that draws the rest of an image given its first rows."""

    def complete(
        self, images: np.ndarray, rows: int | None = None, seed: int | None = None, labels: np.ndarray | None = None
    ) -> np.ndarray:
        """Return the images with all but the first `rows` rows drawn from the model."""


@runtime_checkable
class Denoises(Protocol):
    """Model that removes noise from images."""

    def corrupt(self, images: np.ndarray, seed: int | None = None) -> np.ndarray:
        """Return the images with noise added as in training."""

    def denoise(self, images: np.ndarray) -> np.ndarray:
        """Return the denoised images."""


@runtime_checkable
class Translates(Protocol):
    """Model that translates images of one domain into another."""

    directions: tuple[str, ...]

    def translate(self, images: np.ndarray, direction: str | None = None, seed: int | None = None) -> np.ndarray:
        """Return the translated images."""


@runtime_checkable
class Discriminates(Protocol):
    """Model with a discriminator of single samples."""

    def discriminate(self, images: np.ndarray) -> np.ndarray:
        """Return the logits (N,)."""


@runtime_checkable
class DrawsLatents(Protocol):
    """Model that generates sample i of a seed from latent i of the same seed."""

    latent_dim: int

    def draw_latents(self, n: int, shape: tuple[int, ...], seed: int | None = None) -> np.ndarray:
        """Return the latents (n, *shape)."""


@runtime_checkable
class HasLikelihoodBound(Protocol):
    """Model with a lower bound on log p(x).

    The bound has a Gaussian posterior q(z | x), a standard normal prior p(z) and a likelihood p(x | z). `likelihood` is
    the name of p(x | z); for `"bernoulli"` the values of x are 0 or 1.
    """

    likelihood: str

    def posterior(self, images: np.ndarray, labels: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
        """Return the means and log-variances of q(z | x), each (N, latent_dim)."""

    def conditional_log_likelihood(
        self, images: np.ndarray, latents: np.ndarray, labels: np.ndarray | None = None
    ) -> np.ndarray:
        """Return log p(x | z) in nats, constants included, (N, K), for latents (N, K, latent_dim)."""


@runtime_checkable
class HasLogLikelihood(Protocol):
    """Model with an exact probability p(x) of samples of discrete values, such as binary pixels or codes.

    `draws_pixels` is whether the values are binary pixels that are drawn from grey values.
    """

    draws_pixels: bool
    sample_shape: tuple[int, ...]

    def log_likelihood(self, images: np.ndarray, labels: np.ndarray | None = None) -> np.ndarray:
        """Return log p(x) in nats, (N,); for a conditional model log p(x | label)."""


@runtime_checkable
class HasDensity(Protocol):
    """Model with a density p(x) that one pass through its networks computes.

    `dequantization` is `"none"` for points. For images it is `"uniform"` or `"variational"`: then the density is that
    of the pixels in [0, 1) after noise is added to their 256 levels.
    """

    dequantization: str
    sample_shape: tuple[int, ...]

    def log_likelihood(self, images: np.ndarray, labels: None = None) -> np.ndarray:
        """Return log p(x) in nats, (N,)."""


ABILITIES = {
    "generate": Generates,
    "reconstruct": Reconstructs,
    "complete": Completes,
    "interpolate": Interpolates,
    "encode": Encodes,
    "decode": Decodes,
    "denoise": Denoises,
    "translate": Translates,
    "discriminate": Discriminates,
}


def abilities_of(model: object) -> list[str]:
    """Return the names of a model's abilities, in the order of `ABILITIES`."""
    return [name for name, protocol in ABILITIES.items() if isinstance(model, protocol)]
