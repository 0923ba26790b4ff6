"""Two tasks of image-to-image translation whose right answers are known, drawn from scikit-learn's digits.

`outlines`, of pairs: the outline of a digit, and the digit filled with one of four colours. The outline does not say
which: all four are right, and in the set are as frequent as each other. In every channel the four make two values,
each twice, so that the expected absolute error is the same for all values between them: L1 alone leaves anything,
and only a discriminator asks for one of the colours.

`ink-chalk`, of domains without pairs: digits in dark ink on paper, and other digits in pale chalk on a board. What a
digit of one looks like in the other is one image.
"""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from kerasgen.data.dataset import split_rows
from kerasgen.data.sources import domains, pairs
from kerasgen.errors import UsageError

SIZE = 64
OUTLINED = 400  # digits to train with, in four colours each
HIGH, LOW = 230, 64
COLOURS = np.array([[HIGH, HIGH, HIGH], [HIGH, LOW, LOW], [LOW, HIGH, LOW], [LOW, LOW, HIGH]], "float32")
NIGHT, LINE, PAGE = (np.full(3, value, "float32") for value in (16, 32, 240))
INK, PAPER = np.array([25, 35, 115], "float32"), np.array([242, 234, 204], "float32")
CHALK, BOARD = np.array([250, 205, 110], "float32"), np.array([20, 80, 64], "float32")


def load(name, image_size, data_dir, validation_split):
    """Return the set of that name in colour, its images (image_size, image_size), 64 if None; always the same.

    Digits to test with are those of the set `digits`. Those of `ink-chalk` are in A or in B, and none in both.
    """
    train, test = _shapes(image_size, validation_split)
    if name == "ink-chalk":
        parts = [(_in_ink(part[0::2]), _in_chalk(part[1::2])) for part in (train, test)]
        return domains.of_arrays(name, parts)
    train = train[:OUTLINED]
    parts = [
        (_outlined(train.repeat(len(COLOURS), axis=0)), np.concatenate([*_filled(train)])),
        (_outlined(test), _filled(test)[np.arange(len(test)), np.arange(len(test)) % len(COLOURS)]),
    ]
    return pairs.of_arrays(name, parts)


def right_answers(name, image_size=None, direction="AtoB", validation_split=0.1):
    """Return every right translation of each test image of the set: uint8 (N, K, H, W, C).

    K is 4 for `outlines` from A to B, and otherwise 1. The images are those of `load(...).test`: of domain A for
    the direction `AtoB`, of B for `BtoA`.

    Raises:
        UsageError: a set that is none of these, or another direction.
    """
    if direction not in ("AtoB", "BtoA"):
        raise UsageError(f"direction {direction!r}; expected AtoB or BtoA")
    _, test = _shapes(image_size, validation_split)
    if name == "outlines":
        return _filled(test) if direction == "AtoB" else _outlined(test)[:, None]
    if name == "ink-chalk":
        answers = _in_chalk(test[0::2]) if direction == "AtoB" else _in_ink(test[1::2])
        return answers[:, None]
    raise UsageError(f"the right answers of {name!r} are not known; they are of outlines and of ink-chalk")


def nearest_errors(images, answers):
    """Return the mean absolute error (N,) of images (N, H, W, C) to the nearest of their answers (N, K, H, W, C).

    Both are uint8 (meaning /255) or floats in [0, 1], and so is the error, in [0, 1].
    """
    images, answers = (x / np.float32(255) if x.dtype == np.uint8 else x for x in map(np.asarray, (images, answers)))
    return np.abs(images[:, None] - answers).mean(axis=(2, 3, 4)).min(axis=1)


def _shapes(image_size, validation_split):
    """Return the digits to train and to test with as shapes, float32 (N, H, W) in [0, 1]; edges are a pixel wide."""
    from kerasgen.data.sources import digits

    size = image_size or SIZE
    inner = max(1, round(0.75 * size))
    grey = digits.enlarged(inner)[0][..., 0].astype("float32") / 255
    shapes = np.zeros((len(grey), size, size), "float32")
    start = (size - inner) // 2
    # A digit's strokes rise from 0 to 1 within one of its 8 pixels, which are now inner / 8 wide.
    shapes[:, start : start + inner, start : start + inner] = ((grey - 0.5) * max(1.0, inner / 8) + 0.5).clip(0, 1)
    train, test = split_rows(len(shapes), validation_split)
    return shapes[train], shapes[test]


def _painted(shapes, ink, ground):
    """Return uint8 (N, H, W, 3): the ink where a shape is 1, the ground where it is 0."""
    return (ground + shapes[..., None] * (ink - ground)).round().astype(np.uint8)


def _in_ink(shapes):
    return _painted(shapes, INK, PAPER)


def _in_chalk(shapes):
    return _painted(shapes, CHALK, BOARD)


def _filled(shapes):
    """Return the shapes in each of the colours, uint8 (N, 4, H, W, 3)."""
    return np.stack([_painted(shapes, colour, NIGHT) for colour in COLOURS], axis=1)


def _outlined(shapes):
    return _painted(_outlines(shapes), LINE, PAGE)


def _outlines(shapes):
    """Return how much brighter the brightest of a pixel's neighbours (3 x 3) is than the darkest of them, (N, H, W)."""
    neighbours = sliding_window_view(np.pad(shapes, ((0, 0), (1, 1), (1, 1))), (3, 3), axis=(1, 2))
    return neighbours.max(axis=(3, 4)) - neighbours.min(axis=(3, 4))
