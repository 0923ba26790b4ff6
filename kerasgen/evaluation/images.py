"""The images that scores are computed from: as saved to a file, chosen at random, and compared with a reference."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from kerasgen.data import Dataset, Images
from kerasgen.data.pixels import as_bytes, as_floats
from kerasgen.errors import UsageError

_MINIMUM = 6  # images; each then has the five neighbours of `metrics.overlap`
_LUMINANCE = np.array([[0.299], [0.587], [0.114]], "float32")  # of red, green and blue (ITU-R 601), as in Pillow


def as_saved(images: np.ndarray) -> np.ndarray:
    """Return images as a file would store them: clipped to [0, 1] and rounded to 8 bits, uint8 (N, H, W, C).

    Args:
        images: uint8, or float in [0, 1].

    Raises:
        UsageError: images that are not finite.

    Example:
        >>> as_saved(np.array([-0.5, 0.5, 1.7])).tolist()
        [0, 128, 255]
    """
    if images.dtype == np.uint8:
        return images
    if not np.isfinite(images).all():
        raise UsageError("images contain NaN or infinity; check the model that generated them")
    return as_bytes(images)


def choose_rows(count: int, n: int, seed: int) -> np.ndarray:
    """Return n of the numbers below `count` in ascending order, or all of them if there are fewer.

    The choice is random because folders are sorted by class: the first n images would be of a few classes.

    Example:
        >>> choose_rows(3, 10, seed=0)
        array([0, 1, 2])
    """
    return np.sort(np.random.default_rng(seed).permutation(count)[:n])


def draw_images(parts: Sequence[Images], n: int, seed: int) -> np.ndarray:
    """Return n images of several `Images`, chosen at random, or all if there are fewer.

    Returns:
        float32 (n, *sample_shape).

    Example:
        >>> from kerasgen import data
        >>> digits = data.load("digits", image_size=8)
        >>> draw_images([digits.train, digits.test], 5, seed=0).shape
        (5, 8, 8, 1)
    """
    rows, images, first = choose_rows(sum(map(len, parts)), n, seed), [], 0
    for part in parts:
        part_rows = rows[(rows >= first) & (rows < first + len(part))] - first
        if len(part_rows):
            images.append(as_floats(part[part_rows]))
        first += len(part)
    return np.concatenate(images)


def reference_images(dataset: Dataset, count: int) -> Images:
    """Return the reference images: the test set, or the training set if the test set is too small.

    Distances depend on the number of images, and the few test images of a small set would give poor estimates. A
    model that copies its training images has the best distances to them; `metrics.closeness` detects copies.

    Args:
        dataset: the set.
        count: number of generated images.

    Example:
        >>> from kerasgen import data
        >>> digits = data.load("digits", image_size=8)
        >>> reference_images(digits, 10_000) is digits.train
        True
    """
    return dataset.test if len(dataset.test) >= min(count, len(dataset.train)) else dataset.train


def check_counts(generated: int, real: int) -> None:
    """Raise an error if there are fewer than six generated or real images.

    Raises:
        UsageError: too few images.

    Example:
        >>> check_counts(6, 6)
    """
    if min(generated, real) < _MINIMUM:
        raise UsageError(f"{generated} images compared with {real} real ones: give {_MINIMUM} or more of each")


def with_channels(images: np.ndarray, channels: int) -> np.ndarray:
    """Return images (N, H, W, C) as greyscale or colour images with `channels` channels.

    Colour becomes luminance as in `kerasgen.data.image_files.pixels`; grey is repeated.

    Args:
        images: float (N, H, W, 1) or (N, H, W, 3).
        channels: 1 or 3.

    Example:
        >>> with_channels(np.zeros((2, 4, 4, 1), "float32"), 3).shape
        (2, 4, 4, 3)
    """
    if images.shape[3] == channels:
        return images
    return images.repeat(3, axis=3) if channels == 3 else images @ _LUMINANCE


def generated_shape(model: Any) -> tuple[int, ...]:
    """Return the shape of the samples that a model generates; a prior of codes may decode them to images.

    Example:
        >>> import kerasgen
        >>> generated_shape(kerasgen.create("gan", image_size=8))
        (8, 8, 1)
    """
    codec = getattr(model, "codec", None)
    return tuple((model if codec is None else codec).sample_shape)


def describe_shape(sample_shape: Sequence[int]) -> str:
    """Return a sample shape in words, such as "28x28 greyscale images".

    Example:
        >>> describe_shape((28, 28, 1))
        '28x28 greyscale images'
    """
    if len(sample_shape) != 3:
        return f"samples of shape {tuple(sample_shape)}"
    height, width, channels = sample_shape
    return f"{width}x{height} {describe_channels(channels)} images"


def describe_channels(channels: int) -> str:
    """Return a number of channels in words.

    Example:
        >>> describe_channels(3)
        'colour'
    """
    return {1: "greyscale", 3: "colour"}.get(channels, f"{channels}-channel")
