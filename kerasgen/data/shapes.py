"""Kinds of samples, distinguished by the shape of one sample."""

from collections.abc import Iterable
from numbers import Integral

from kerasgen.errors import UsageError, shorten

MAXIMUM_SIDE = 2**13  # maximum length of one axis
MAXIMUM_SAMPLE = 2**24  # maximum number of values in one sample
KINDS = {1: "points", 2: "codes", 3: "images"}  # number of axes -> kind


def sample_kind(sample_shape: tuple[int, ...]) -> str:
    """Return the kind of samples of this shape: `points`, `codes` or `images`.

    Args:
        sample_shape: (D,) for points and vectors, (H, W) for integer codes, (H, W, C) for images.

    Example:
        >>> sample_kind((28, 28, 1)), sample_kind((2,))
        ('images', 'points')
    """
    return KINDS[len(sample_shape)]


def check_sample_shape(shape: Iterable[int]) -> tuple[int, ...]:
    """Return the shape of one sample as a tuple of ints.

    Raises:
        UsageError: it is not a possible shape, or too large.

    Example:
        >>> from kerasgen.data.shapes import check_sample_shape
        >>> check_sample_shape([28, 28, 1])
        (28, 28, 1)
    """
    try:
        sides = tuple(shape)
    except TypeError:
        sides = ()
    size = 1
    for side in sides:
        size *= int(side) if _is_side(side) else 0
    if not 1 <= len(sides) <= 3 or not 0 < size <= MAXIMUM_SAMPLE:
        raise UsageError(
            f"the shape of a sample is {shorten(shape)}; give (D,) for points, (H, W) for codes or (H, W, C) for "
            f"images, whole numbers of at most {MAXIMUM_SIDE:,} and {MAXIMUM_SAMPLE:,} in all"
        )
    return tuple(int(side) for side in sides)


def _is_side(value):
    return isinstance(value, Integral) and not isinstance(value, bool) and 1 <= value <= MAXIMUM_SIDE
