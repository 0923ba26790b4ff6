"""Similarity of images to their targets."""

import numpy as np

from kerasgen.data.pixels import as_floats
from kerasgen.errors import MissingPackageError

_WINDOW = 7  # pixels, the default window of scikit-image's SSIM
_SMALLEST_ERROR = 1e-10  # mean squared error that limits the PSNR to 100 dB


def similarity(expected: np.ndarray, images: np.ndarray) -> dict[str, float]:
    """Return the mean squared error of a value, the PSNR in dB and the SSIM, each a mean over the samples.

    SSIM is left out for images smaller than its window of 7 pixels, and for points.

    Args:
        expected: targets, images (N, H, W, C), uint8 or float in [0, 1]; or points (N, D).
        images: outputs of a model, of the same shape.

    Returns:
        A dict with the keys `MSE`, `PSNR` and, for images of at least 7 pixels, `SSIM`.

    Raises:
        MissingPackageError: scikit-image is not installed.

    Source:
        SSIM: Wang et al. 2004, computed by scikit-image.

    Example:
        >>> similarity(np.zeros((1, 4, 4, 1)), np.full((1, 4, 4, 1), 0.5))["MSE"]
        0.25
    """
    expected, images = as_floats(expected), as_floats(images)
    errors = np.square(expected.astype("float64") - images).reshape(len(images), -1).mean(axis=1)
    values = {"MSE": float(errors.mean()), "PSNR": float(np.mean(-10 * np.log10(errors.clip(_SMALLEST_ERROR))))}
    if expected.ndim == 4 and min(expected.shape[1:3]) >= _WINDOW:
        values["SSIM"] = _structural_similarity(expected, images)
    return values


def _structural_similarity(expected, images):
    try:
        from skimage.metrics import structural_similarity
    except ImportError:
        raise MissingPackageError("SSIM needs scikit-image: pip install scikit-image") from None
    pairs = zip(expected, images)
    return float(np.mean([structural_similarity(a, b, data_range=1.0, channel_axis=2) for a, b in pairs]))
