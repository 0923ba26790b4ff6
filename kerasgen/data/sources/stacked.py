"""Three digits in the three channels of one image: a set whose 1,000 modes a classifier of digits can count.

Source: Metz et al. 2017 (unrolled GANs), arXiv:1611.02163; Srivastava et al. 2017 (VEEGAN),
arXiv:1705.07761, and Lin et al. 2018 (PacGAN), arXiv:1712.04086, section 4.2, with as many images as here.
"""

from dataclasses import dataclass

import numpy as np

from kerasgen.data import sources
from kerasgen.data.dataset import Dataset, Images

CHANNELS = 3
# What is stacked, and how many images are drawn to train and to test with
SETS = {"stacked-mnist": ("mnist", 128_000, 10_000), "stacked-digits": ("digits", 12_800, 1_800)}


@dataclass(frozen=True)
class StackedDataset(Dataset):
    """A `Dataset` of stacked images.

    Attributes:
        digits: `Dataset` of what they are stacked from: grey images with labels.
    """

    digits: Dataset | None = None


def load(name, image_size, data_dir, validation_split):
    """Return the set of that name, always the same; its images are put together when they are read.

    Each channel is a digit drawn at random, to train with from the digits to train with, and to test with from
    those to test with. The label of the digits a, b, c is 100a + 10b + c.
    """
    stacked, *counts = SETS[name]
    digits = sources.load(stacked, image_size=image_size, data_dir=data_dir, validation_split=validation_split)
    parts = []
    for seed, (images, count) in enumerate(zip((digits.train, digits.test), counts)):
        rows = np.random.default_rng(seed).integers(len(images), size=(count, CHANNELS))
        labels = label(images.labels[rows].T, digits.num_classes)
        parts.append(Images(StackedSource(images, rows), labels=labels))
    names = [f"{number:0{CHANNELS}}" for number in range(digits.num_classes**CHANNELS)]
    return StackedDataset(name, *parts, names, content=digits.fingerprint, digits=digits)


def label(channels, num_classes=10):
    """Return the labels (N,) of stacked images from the digits of their channels, three times int (N,)."""
    return np.ravel_multi_index(tuple(channels), (num_classes,) * CHANNELS)


class StackedSource:
    """Images (N, H, W, 3) that are put together from grey ones when they are read.

    Args:
        images: `Images` (M, H, W, 1).
        rows: int (N, 3), which of them are the channels of each image.
    """

    def __init__(self, images, rows):
        self._images, self._rows = images, rows
        self.shape = (len(rows), *images.sample_shape[:2], CHANNELS)

    def read(self, rows, instead=None):
        """Return `(images, rows)`."""
        channels = [self._images[channel][..., 0] for channel in self._rows[rows].T]
        return np.stack(channels, axis=-1), rows
