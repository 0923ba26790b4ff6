"""Ways to corrupt images, by name: what a denoising autoencoder learns to undo (Vincent et al. 2010)."""

from statistics import NormalDist

from keras import ops


def _gaussian(images, noise, factor):
    return images + factor * noise


def _masking(images, noise, factor):
    return ops.where(noise < _quantile(factor), 0.0, images)


def _salt_and_pepper(images, noise, factor):
    least = _quantile(factor / 2)
    return ops.where(noise < least, 0.0, ops.where(noise > -least, 1.0, images))


def _quantile(share):
    """Return the value below which that share of standard normal noise lies."""
    return NormalDist().inv_cdf(share) if 0 < share < 1 else float("inf") * (share - 0.5)


# name -> (images in [0, 1], standard normal noise of the same shape, factor) -> corrupted images, any range
CORRUPTIONS = {
    "gaussian": _gaussian,  # `factor` is the standard deviation
    "masking": _masking,  # a share of `factor` of the values is 0
    "salt_and_pepper": _salt_and_pepper,  # a share of `factor` of the values is 0 or 1, half of it each
}
