"""How near images are to what they should be."""

import numpy as np

from kerasgen.errors import MissingPackageError


def similarity(expected, images):
    """Return a dict: MSE of a pixel; PSNR in dB and SSIM, means over the images (SSIM and its window: scikit-image).

    Args:
        expected, images: (N, H, W, C) in [0, 1], at least 7 pixels high and wide.

    Raises:
        MissingPackageError: scikit-image is not installed.
    """
    try:
        from skimage.metrics import structural_similarity
    except ImportError:
        raise MissingPackageError("SSIM needs scikit-image: pip install scikit-image") from None
    errors = np.square(expected.astype("float64") - images).mean(axis=(1, 2, 3))
    structure = [structural_similarity(a, b, data_range=1.0, channel_axis=2) for a, b in zip(expected, images)]
    return {
        "MSE": float(errors.mean()),
        "PSNR": float(np.mean(-10 * np.log10(errors.clip(1e-10)))),
        "SSIM": float(np.mean(structure)),
    }
