"""The first 10,000 training and 2,000 test images of MNIST, which come with kerasgen.

The licence of the images is CC BY-SA 3.0; the file `mnist-10k.LICENSE.txt` has it, with the credit.
"""

import functools
from importlib import resources

import numpy as np

from kerasgen.data.array_source import ArraySource, digest
from kerasgen.data.classes import default_names
from kerasgen.data.dataset import Dataset, Images
from kerasgen.data.load_options import LoadOptions
from kerasgen.data.pixels import make_square

SIZE = 28
FILE = resources.files(__package__) / "mnist-10k.npz"


def load(name: str, options: LoadOptions) -> Dataset:
    """Return the excerpt of MNIST: grey images of the image size (28 if None), with the classes 0 to 9.

    Source:
        LeCun, Bottou, Bengio and Haffner 1998, Gradient-Based Learning Applied to Document Recognition.
    """
    size = options.side(None) or SIZE
    arrays = read()
    train, test = (
        Images(_source(arrays[f"x_{part}"], size), labels=arrays[f"y_{part}"].astype(np.int64))
        for part in ("train", "test")
    )
    return Dataset(name, train, test, default_names(10), digest(*arrays.values()))


def read() -> dict[str, np.ndarray]:
    """Return the arrays: `x_train` and `x_test`, uint8 (N, 28, 28, 1), and `y_train` and `y_test`, uint8 (N,).

    Example:
        >>> read()["x_test"].shape
        (2000, 28, 28, 1)
    """
    with FILE.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
        return {name: arrays[name] for name in sorted(arrays)}


def _source(images: np.ndarray, size: int) -> ArraySource:
    """Return the source of the images, which are resized when they are read."""
    if size == SIZE:
        return ArraySource(images)
    return ArraySource(images, functools.partial(make_square, size=size), (size, size, 1))
