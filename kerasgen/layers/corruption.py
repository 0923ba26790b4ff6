"""Corruptions of images, by name, which a denoising autoencoder learns to remove (Vincent et al. 2010)."""

from collections.abc import Callable
from statistics import NormalDist

from keras import ops


def _gaussian(images, noise, factor):
    return images + factor * noise


def _masking(images, noise, factor):
    return ops.where(noise < _normal_quantile(factor), 0.0, images)


def _salt_and_pepper(images, noise, factor):
    quantile = _normal_quantile(factor / 2)
    return ops.where(noise < quantile, 0.0, ops.where(noise > -quantile, 1.0, images))


def _normal_quantile(probability):
    """Return the quantile of the standard normal distribution; -inf for 0 and inf for 1."""
    return NormalDist().inv_cdf(probability) if 0 < probability < 1 else float("inf") * (probability - 0.5)


# Name -> function (images in [0, 1], standard normal noise of the same shape, factor) -> corrupted images of any range
CORRUPTIONS: dict[str, Callable] = {
    "gaussian": _gaussian,  # `factor` is the standard deviation
    "masking": _masking,  # a value is set to 0 with probability `factor`
    "salt_and_pepper": _salt_and_pepper,  # a value is set to 0 or to 1, each with probability `factor / 2`
}
