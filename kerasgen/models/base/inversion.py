"""Methods of a diffusion or flow model that return the noise of a sample, and the sample of given noise.

The functions whose first argument is `self` are methods of `kerasgen.models.Diffusion`.
"""

from typing import Any

import numpy as np

from kerasgen.data.pixels import as_floats
from kerasgen.errors import UsageError
from kerasgen.models.base.adversary import from_discriminator_range, to_discriminator_range
from kerasgen.models.base.images import check_latents, check_not_empty, to_public_range
from kerasgen.models.base.sampling import labels_of, ode_sampler, parse_options, sample
from kerasgen.samplers import solvers

INVERSE_STEPS = 50  # of `encode` and `decode`


def encode(self: Any, images: np.ndarray, labels: Any = None, **options: Any) -> np.ndarray:
    """Return the noise (N, latent_dim) that generates samples, by following the path from time 0 to 1.

    Args:
        self: the model.
        images: samples (N, *sample_shape).
        labels: classes (N,), for a conditional model; without labels, the model is unconditional.
        options: values of `generate_options`; the sampler adds no noise, and takes 50 steps by default.

    Raises:
        DataError, UsageError: samples, labels or options that the model cannot take.
    """
    values = _inverse_options(self, options)
    images = as_floats(self.check_images(images))
    check_not_empty(images)
    labels = labels_of(self, labels, len(images), values["guidance"])
    noise = sample(self, to_discriminator_range(images).astype("float32"), labels, values, backwards=True)
    return noise.reshape(len(images), -1)


def decode(self: Any, latents: np.ndarray, labels: Any = None, **options: Any) -> np.ndarray:
    """Return the samples of noise (N, latent_dim); the inverse of `encode`, with the same arguments."""
    values = _inverse_options(self, options)
    latents = check_latents(latents, self.latent_dim)
    check_not_empty(latents)
    labels = labels_of(self, labels, len(latents), values["guidance"])
    samples = sample(self, latents.reshape(-1, *self.sample_shape), labels, values)
    return to_public_range(from_discriminator_range(samples))


def _inverse_options(self, options):
    values = parse_options(self, {"steps": INVERSE_STEPS, "sampler": ode_sampler(self)} | options)
    if values["sampler"] not in solvers.REVERSIBLE:
        raise UsageError(
            f"the sampler {values['sampler']} does not run backwards; give one of {', '.join(solvers.REVERSIBLE)}"
        )
    return values


def reconstruct(self: Any, images: np.ndarray, labels: Any = None, **options: Any) -> np.ndarray:
    """Return samples encoded and decoded again; the error is that of the sampler's steps."""
    return self.decode(self.encode(images, labels, **options), labels, **options)


def interpolate(
    self: Any, start: np.ndarray, end: np.ndarray, steps: int = 8, labels: Any = None, **options: Any
) -> np.ndarray:
    """Return samples (N, steps, *sample_shape) whose noise is on the arc between that of `start` and `end`.

    Args:
        self: the model.
        start: samples (N, *sample_shape).
        end: samples (N, *sample_shape).
        steps: number of samples of each row, at least 2.
        labels: classes (N,) of both, for a conditional model.
        options: values of `generate_options`, but for `steps`.

    Raises:
        UsageError: fewer than 2 steps, or different numbers of samples.
    """
    if len(start) != len(end):
        raise UsageError(f"start has {len(start)} images, end {len(end)}; give the same number of each")
    if steps < 2:
        raise UsageError(f"steps is {steps}; an interpolation needs at least 2")
    first, last = (self.encode(each, labels, **options) for each in (start, end))
    cosine = (first * last).sum(1) / (np.linalg.norm(first, axis=1) * np.linalg.norm(last, axis=1))
    angle = np.arccos(cosine.clip(-0.9999, 0.9999))[:, None, None]
    weight = np.linspace(0.0, 1.0, steps)[None, :, None]
    latents = np.sin((1 - weight) * angle) * first[:, None] + np.sin(weight * angle) * last[:, None]
    latents = (latents / np.sin(angle)).reshape(-1, self.latent_dim)
    samples = self.decode(latents, None if labels is None else np.repeat(labels, steps), **options)
    return samples.reshape(-1, steps, *self.sample_shape)
