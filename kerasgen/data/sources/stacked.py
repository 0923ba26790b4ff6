"""Three digits in the three channels of one image: a set with 1,000 modes that a classifier of digits can count.

Source: Metz et al. 2017 (unrolled GANs), arXiv:1611.02163; Srivastava et al. 2017 (VEEGAN), arXiv:1705.07761; and Lin
et al. 2018 (PacGAN), arXiv:1712.04086, section 4.2, with the same number of images as here.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from kerasgen.data import sources
from kerasgen.data.dataset import Dataset, Images
from kerasgen.data.load_options import LoadOptions

CHANNELS = 3
# Name -> set of the digits, number of training images, number of test images
SETS = {"stacked-mnist": ("mnist", 128_000, 10_000), "stacked-digits": ("digits", 12_800, 1_800)}


@dataclass(frozen=True, repr=False)
class StackedDataset(Dataset):
    """A `Dataset` of stacked images.

    Attributes:
        digits: `Dataset` of the digits: grey images with labels.
    """

    digits: Dataset | None = None


def load(name: str, options: LoadOptions) -> StackedDataset:
    """Return the set of that name, always the same; its images are stacked when they are read.

    Each channel is a random digit of the same part of the digits. The label of the digits a, b, c is
    100a + 10b + c.
    """
    digits_name, *counts = SETS[name]
    digits = sources.load(
        digits_name,
        image_size=options.image_size,
        data_dir=options.data_dir,
        validation_split=options.validation_split,
    )
    parts = []
    for seed, (images, count) in enumerate(zip((digits.train, digits.test), counts)):
        rows = np.random.default_rng(seed).integers(len(images), size=(count, CHANNELS))
        labels = label([*images.labels[rows].T], digits.num_classes)
        parts.append(Images(StackedSource(images, rows), labels=labels))
    names = [f"{number:0{CHANNELS}}" for number in range(digits.num_classes**CHANNELS)]
    train, test = parts
    return StackedDataset(name, train, test, names, content=digits.fingerprint, digits=digits)


def label(channels: Sequence[np.ndarray], num_classes: int = 10) -> np.ndarray:
    """Return the labels (N,) of stacked images from the digits of their three channels, each int (N,).

    Example:
        >>> label([[1, 0], [2, 0], [3, 9]])
        array([123,   9])
    """
    return np.ravel_multi_index(tuple(channels), (num_classes,) * CHANNELS)


class StackedSource:
    """Images (N, H, W, 3) that are stacked from grey ones when they are read.

    Args:
        images: `Images` (M, H, W, 1).
        rows: int (N, 3), the images in the channels of each stacked image.
    """

    def __init__(self, images: Images, rows: np.ndarray):
        self._images, self._rows = images, rows
        self.shape = (len(rows), *images.sample_shape[:2], CHANNELS)

    def read(self, rows: np.ndarray, replacements: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
        """Return `(images, rows)`."""
        channels = [self._images[channel][..., 0] for channel in self._rows[rows].T]
        return np.stack(channels, axis=-1), rows
