"""How near images are to what they should be."""

import numpy as np

from kerasgen.errors import MissingPackageError

_WINDOW = 7  # pixels, of scikit-image's SSIM


def similarity(expected, images):
    """Return a dict: MSE of a pixel; PSNR in dB and SSIM, means over the images (SSIM and its window: scikit-image).

    Images below 7 pixels, such as points, are smaller than the window of SSIM: it is left out.

    Args:
        expected, images: (N, H, W, C) in [0, 1].

    Raises:
        MissingPackageError: scikit-image is not installed.
    """
    errors = np.square(expected.astype("float64") - images).mean(axis=(1, 2, 3))
    found = {"MSE": float(errors.mean()), "PSNR": float(np.mean(-10 * np.log10(errors.clip(1e-10))))}
    return found if min(expected.shape[1:3]) < _WINDOW else found | {"SSIM": _structural(expected, images)}


def _structural(expected, images):
    try:
        from skimage.metrics import structural_similarity
    except ImportError:
        raise MissingPackageError("SSIM needs scikit-image: pip install scikit-image") from None
    pairs = zip(expected, images)
    return float(np.mean([structural_similarity(a, b, data_range=1.0, channel_axis=2) for a, b in pairs]))
