"""Methods of a diffusion or flow model that denoise samples and fill in their missing parts.

The functions whose first argument is `self` are methods of `kerasgen.models.Diffusion`.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from keras import ops

from kerasgen import backend
from kerasgen.data.pixels import as_floats
from kerasgen.errors import DataError, UsageError
from kerasgen.models.base.adversary import from_discriminator_range, to_discriminator_range
from kerasgen.models.base.images import ANY_RANGE, check_array, check_not_empty, to_public_range
from kerasgen.models.base.sampling import IMAGE_BATCH, POINT_BATCH, labels_of, parse_options, run_in_batches, sample
from kerasgen.option import Option
from kerasgen.samplers import paths

DENOISE_OPTIONS: Mapping[str, Option] = {
    "strength": Option(0.3, "Standard deviation of the noise, for images in [0, 1].", maximum=100)
}


def corrupt(self: Any, images: np.ndarray, seed: int | None = None, strength: float | None = None) -> np.ndarray:
    """Return samples plus Gaussian noise, float32 (N, *sample_shape), not clipped.

    Args:
        self: the model.
        images: samples (N, *sample_shape).
        seed: seed of the noise.
        strength: standard deviation of the noise, for images in [0, 1]; 0.3 by default.
    """
    images = as_floats(self.check_images(images))
    noise = self.draw_latents(len(images), self.sample_shape, seed)
    return (images + _strength(strength) * noise).astype("float32")


def denoise(self: Any, images: np.ndarray, strength: float | None = None, labels: Any = None) -> np.ndarray:
    """Return the estimated mean of the clean samples, (N, *sample_shape), with one evaluation of the network.

    Args:
        self: the model.
        images: samples plus Gaussian noise, of any range.
        strength: standard deviation of the noise, as in `corrupt`.
        labels: classes (N,), for a conditional model; without labels, the model is unconditional.

    Raises:
        DataError, UsageError: samples, labels or a strength that the model cannot take.
    """
    strength = _strength(strength)
    images = as_floats(check_array(images, self.sample_shape, ANY_RANGE)).astype("float32")
    check_not_empty(images)
    noisy = to_discriminator_range(images)
    time = _time_of_ratio(self, strength * (1 if self.is_of_points else 2))
    alpha, _ = (float(each) for each in paths.PATHS[self.schedule].coefficients(ops.convert_to_tensor(time, "float32")))
    times, program = np.full(len(images), time, "float32"), backend.compiled(self.predict_clean)
    arrays = [alpha * noisy, times, labels_of(self, labels, len(images))]
    with self.averaged():
        clean, _ = run_in_batches(program, arrays, POINT_BATCH if self.is_of_points else IMAGE_BATCH)
    return to_public_range(from_discriminator_range(clean))


def _strength(value):
    option = DENOISE_OPTIONS["strength"]
    return option.default if value is None else option.parse(value, "strength", "denoise")


def _time_of_ratio(self, ratio):
    """Return the time at which sigma / alpha is closest to `ratio`, by bisection."""
    low, high = self.time_range
    for _ in range(40):
        middle = 0.5 * (low + high)
        alpha, sigma = paths.PATHS[self.schedule].coefficients(ops.convert_to_tensor(middle, "float32"))
        low, high = (middle, high) if float(sigma) < ratio * float(alpha) else (low, middle)
    return 0.5 * (low + high)


def inpaint(
    self: Any, images: np.ndarray, mask: np.ndarray, seed: int | None = None, labels: Any = None, steps: int = 50
) -> np.ndarray:
    """Return samples whose unknown part is drawn by DDPM; each step resets the known part to its noisy version.

    Args:
        self: the model.
        images: samples (N, *sample_shape); the values of the unknown part do not matter.
        mask: bool (N, *sample_shape), or an array that broadcasts to it: true where the sample is known.
        seed: seed of the noise.
        labels: classes (N,), for a conditional model; without labels, the model is unconditional.
        steps: number of steps.

    Raises:
        DataError: samples or a mask that do not fit.

    Source:
        Song et al. 2021, arXiv:2011.13456, appendix I.2; without the resampling of Lugmayr et al. 2022.
    """
    images = as_floats(self.check_images(images)).astype("float32")
    check_not_empty(images)
    try:
        known = np.broadcast_to(np.asarray(mask, bool), images.shape)
    except ValueError:
        raise DataError(
            f"the mask has shape {np.shape(mask)}; these images need {images.shape}, or a shape that broadcasts to it"
        ) from None
    values = parse_options(self, {"sampler": "ddpm", "steps": steps})
    noise = self.draw_latents(len(images), self.sample_shape, seed)
    pairs = np.stack([to_discriminator_range(images), noise], axis=1).astype("float32")
    labels = labels_of(self, labels, len(images))
    samples = sample(self, noise, labels, values, seed=seed, known=pairs, mask=known.astype("float32"))
    return np.where(known, images, to_public_range(from_discriminator_range(samples)))


def complete(
    self: Any, images: np.ndarray, rows: int | None = None, seed: int | None = None, labels: Any = None
) -> np.ndarray:
    """Return images (N, H, W, C) with all but the first rows filled in; see `inpaint`.

    Args:
        self: the model.
        images: (N, H, W, C).
        rows: number of rows to keep; the upper half by default.
        seed: seed of the noise.
        labels: classes (N,), for a conditional model.

    Raises:
        DataError, UsageError: images or a number of rows that the model cannot take.
    """
    if self.is_of_points:
        raise UsageError("this is a model of points, which have no rows; inpaint takes a mask of known coordinates")
    height = self.sample_shape[0]
    rows = height // 2 if rows is None else rows
    if not 0 <= rows <= height:
        raise UsageError(f"rows is {rows}; it is the number of rows to keep, from 0 to {height}")
    mask = np.arange(height)[:, None, None] < rows
    return self.inpaint(images, mask, seed, labels)
