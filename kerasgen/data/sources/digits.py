"""The set that needs no download: scikit-learn's 1,797 handwritten digits."""

import numpy as np

from kerasgen.data.dataset import digest, split_array
from kerasgen.data.pixels import make_square
from kerasgen.errors import MissingPackageError


def load(name, image_size, data_dir, validation_split):
    """Return the digits: 8x8 grey images, enlarged to `image_size` (28 if None), labels and class names 0 to 9.

    Source: Alpaydin and Kaynak, Optical Recognition of Handwritten Digits, UCI 1998 (its test set).
    """
    images, labels = enlarged(image_size or 28)
    names = [str(label) for label in range(10)]
    return split_array(name, images, labels, names, validation_split, digest(images, labels))


def enlarged(size):
    """Return the digits enlarged, uint8 (N, size, size, 1), and their labels, int64 (N,)."""
    try:
        from sklearn.datasets import load_digits
    except ImportError:
        raise MissingPackageError("the digits come with scikit-learn: pip install scikit-learn") from None
    digits = load_digits()
    images = make_square(digits.images[..., None] / 16.0, size)
    return (images * 255).round().astype(np.uint8), digits.target
