"""Two tasks of image-to-image translation with known correct translations, drawn from digits of MNIST.

`outlines` has pairs: the outline of a digit, and the digit filled with one of four colours. All four colours are
correct, and in the set they are equally frequent. In every channel the four colours have two values, each twice, so
that the expected absolute error is the same for all values between them. L1 alone therefore prefers no colour. Only a
discriminator makes the generator choose one of the four.

`ink-chalk` has domains without pairs: digits in dark ink on paper, and other digits in pale chalk on a board. Each
digit has exactly one correct translation into the other domain.

`outlines-8x8` and `ink-chalk-8x8` are the same tasks drawn from scikit-learn's digits of 8x8 pixels; results were
recorded with them.
"""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from kerasgen.data.dataset import Dataset
from kerasgen.data.load_options import LoadOptions
from kerasgen.data.pixels import make_square
from kerasgen.data.sources import digits, domains, mnist_10k, pairs
from kerasgen.data.splits import split_rows
from kerasgen.errors import UsageError

SIZE = 64
OUTLINED = 400  # training digits, in four colours each
COARSE = "-8x8"  # end of the names of the sets that are drawn from scikit-learn's digits
HIGH, LOW = 230, 64
COLOURS = np.array([[HIGH, HIGH, HIGH], [HIGH, LOW, LOW], [LOW, HIGH, LOW], [LOW, LOW, HIGH]], "float32")
NIGHT, LINE, PAGE = (np.full(3, value, "float32") for value in (16, 32, 240))
INK, PAPER = np.array([25, 35, 115], "float32"), np.array([242, 234, 204], "float32")
CHALK, BOARD = np.array([250, 205, 110], "float32"), np.array([20, 80, 64], "float32")

DIRECTIONS = ("AtoB", "BtoA")


def load(name: str, options: LoadOptions) -> Dataset:
    """Return the set of that name in colour, its images as wide and high as the image size, 64 if None.

    The digits are the first 1,617 training and 180 test images of `mnist-10k`, or all of the set `digits`. Each digit
    of `ink-chalk` is in one domain only.
    """
    train, test = _shapes(name, options.side(None) or SIZE, options.validation_split)
    return _SETS[name.removesuffix(COARSE)](name, train, test)


def right_answers(
    name: str, image_size: int | None = None, direction: str = "AtoB", validation_split: float = 0.1
) -> np.ndarray:
    """Return every correct translation of each test image of the set: uint8 (N, K, H, W, C).

    K is 4 for `outlines` from A to B, and otherwise 1. The images are those of `load(...).test`: of domain A for
    the direction `AtoB`, of B for `BtoA`.

    Raises:
        UsageError: another set, or another direction.

    Example:
        >>> right_answers("outlines", 16).shape
        (180, 4, 16, 16, 3)
    """
    if direction not in DIRECTIONS:
        raise UsageError(f"direction {direction!r}; expected AtoB or BtoA")
    task = name.removesuffix(COARSE)
    if task not in _ANSWERS:
        raise UsageError(f"the correct translations of {name!r} are not known; expected outlines or ink-chalk")
    _, test = _shapes(name, image_size or SIZE, validation_split)
    return _ANSWERS[task][direction](test)


def nearest_errors(images: np.ndarray, answers: np.ndarray) -> np.ndarray:
    """Return the mean absolute error (N,) of images (N, H, W, C) to the nearest of their answers (N, K, H, W, C).

    Both are uint8 (0 to 255) or floats in [0, 1]. The error is in [0, 1].

    Example:
        >>> answers = right_answers("outlines", 16)
        >>> nearest_errors(answers[:, 2], answers).max()
        np.float32(0.0)
    """
    images, answers = (x / np.float32(255) if x.dtype == np.uint8 else x for x in map(np.asarray, (images, answers)))
    return np.abs(images[:, None] - answers).mean(axis=(2, 3, 4)).min(axis=1)


def _load_outlines(name: str, train: np.ndarray, test: np.ndarray) -> Dataset:
    train = train[:OUTLINED]
    parts = [
        (_outlined(train.repeat(len(COLOURS), axis=0)), np.concatenate([*_filled(train)])),
        (_outlined(test), _filled(test)[np.arange(len(test)), np.arange(len(test)) % len(COLOURS)]),
    ]
    return pairs.from_arrays(name, parts)


def _load_ink_chalk(name: str, train: np.ndarray, test: np.ndarray) -> Dataset:
    return domains.from_arrays(name, [(_in_ink(part[0::2]), _in_chalk(part[1::2])) for part in (train, test)])


def _shapes(name: str, size: int, validation_split: float) -> tuple[np.ndarray, np.ndarray]:
    """Return the digits to train and to test with as shapes, float32 (N, H, W) in [0, 1]; edges are a pixel wide."""
    if name.endswith(COARSE):
        return _coarse_shapes(size, validation_split)
    train, test = (mnist_10k.read()[f"x_{part}"][:count] for part, count in (("train", 1617), ("test", 180)))
    return _sharpened(train, size, mnist_10k.SIZE), _sharpened(test, size, mnist_10k.SIZE)


def _coarse_shapes(size: int, validation_split: float) -> tuple[np.ndarray, np.ndarray]:
    """Return the shapes of scikit-learn's digits, which fill the inner three quarters of an image."""
    inner = max(1, round(0.75 * size))
    start = (size - inner) // 2
    grey = digits.enlarged(inner)[0]
    shapes = np.zeros((len(grey), size, size), "float32")
    shapes[:, start : start + inner, start : start + inner] = _sharpened(grey, inner, 8)
    train, test = split_rows(len(shapes), validation_split)
    return shapes[train], shapes[test]


def _sharpened(grey: np.ndarray, size: int, original: int) -> np.ndarray:
    """Return grey images uint8 (N, H, W, 1) as shapes, float32 (N, size, size) in [0, 1].

    A stroke rises from 0 to 1 within one of the `original` pixels of a side, which are now size / original wide.
    """
    grey = make_square(grey, size)[..., 0].astype("float32") / 255
    return ((grey - 0.5) * max(1.0, size / original) + 0.5).clip(0, 1)


def _painted(shapes: np.ndarray, ink: np.ndarray, ground: np.ndarray) -> np.ndarray:
    """Return uint8 (N, H, W, 3): the ink where a shape is 1, the ground where it is 0."""
    return (ground + shapes[..., None] * (ink - ground)).round().astype(np.uint8)


def _in_ink(shapes: np.ndarray) -> np.ndarray:
    return _painted(shapes, INK, PAPER)


def _in_chalk(shapes: np.ndarray) -> np.ndarray:
    return _painted(shapes, CHALK, BOARD)


def _filled(shapes: np.ndarray) -> np.ndarray:
    """Return the shapes in each of the colours, uint8 (N, 4, H, W, 3)."""
    return np.stack([_painted(shapes, colour, NIGHT) for colour in COLOURS], axis=1)


def _outlined(shapes: np.ndarray) -> np.ndarray:
    return _painted(_outlines(shapes), LINE, PAGE)


def _outlines(shapes: np.ndarray) -> np.ndarray:
    """Return the difference of the brightest and the darkest pixel in the neighbourhood (3 x 3) of each, (N, H, W)."""
    neighbours = sliding_window_view(np.pad(shapes, ((0, 0), (1, 1), (1, 1))), (3, 3), axis=(1, 2))
    return neighbours.max(axis=(3, 4)) - neighbours.min(axis=(3, 4))


_SETS = {"outlines": _load_outlines, "ink-chalk": _load_ink_chalk}
# Name -> direction -> function of the test shapes that returns the answers
_ANSWERS = {
    "outlines": {"AtoB": _filled, "BtoA": lambda shapes: _outlined(shapes)[:, None]},
    "ink-chalk": {
        "AtoB": lambda shapes: _in_chalk(shapes[0::2])[:, None],
        "BtoA": lambda shapes: _in_ink(shapes[1::2])[:, None],
    },
}
