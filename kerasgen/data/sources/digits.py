"""Handwritten digits of scikit-learn: 1,797 images that need no download."""

import numpy as np

from kerasgen.data.array_source import ArraySource, digest
from kerasgen.data.classes import default_names
from kerasgen.data.dataset import Dataset, split_array
from kerasgen.data.load_options import LoadOptions
from kerasgen.data.pixels import make_square
from kerasgen.errors import MissingPackageError

SIZE = 28


def load(name: str, options: LoadOptions) -> Dataset:
    """Return the digits, 8x8 grey images enlarged to the image size (28 if None), with the classes 0 to 9.

    Source:
        Alpaydin and Kaynak, Optical Recognition of Handwritten Digits, UCI 1998 (its test set).
    """
    images, labels = enlarged(options.side(None) or SIZE)
    source, content = ArraySource(images), digest(images, labels)
    return split_array(name, source, labels, default_names(10), options.validation_split, content)


def enlarged(size: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the enlarged digits, uint8 (N, size, size, 1), and their labels, int64 (N,).

    Raises:
        MissingPackageError: scikit-learn is not installed.
    """
    try:
        from sklearn.datasets import load_digits
    except ImportError:
        raise MissingPackageError("the digits come with scikit-learn: pip install scikit-learn") from None
    digits = load_digits()
    images = make_square(digits.images[..., None] / 16.0, size)
    return (images * 255).round().astype(np.uint8), digits.target
