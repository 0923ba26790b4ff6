"""Value of white in a data set whose pixels may use only part of the range of their type."""

from collections.abc import Iterable
from dataclasses import dataclass

from kerasgen.errors import DataError

BYTES, INTEGERS, FLOATS = "bytes", "integers", "floats"
DEPTHS = (BYTES, INTEGERS, FLOATS)  # values of 8 bits; of 16 or 32 bits; floats from 0 to 1

_WHITES = (1, 255, 1023, 4095, 16383, 65535)  # masks, and 8, 10, 12, 14 and 16 bits
_DARK = 0.25  # fraction of white that the brightest pixel of an ordinary set exceeds


@dataclass(frozen=True, slots=True)
class Levels:
    """Values that represent white, for each type of values in a set.

    Attributes:
        bytes: white of 8-bit values: 255, or 1 for masks of 0 and 1.
        integers: white of 16- and 32-bit values: the maximum of the smallest range of 1, 8, 10, 12, 14 or 16 bits that
            contains all values.
        floats: white of floats: 1.
    """

    bytes: float = 255
    integers: float = 65535
    floats: float = 1.0

    def white(self, depth: str) -> float:
        """Return the value that represents white for one of `DEPTHS`."""
        return getattr(self, depth)


def natural_white(brightest: float, depth: str) -> float:
    """Return the value that represents white in a set whose largest value is `brightest`.

    Args:
        brightest: largest value of the set.
        depth: one of `DEPTHS`.

    Example:
        >>> natural_white(4000, "integers"), natural_white(1, "bytes"), natural_white(16, "bytes")
        (4095, 1, 255)
    """
    if depth == FLOATS:
        return 1.0
    if depth == BYTES:
        return 1 if brightest == 1 else 255
    white = next((white for white in _WHITES if 0 < brightest <= white), 65535)
    if brightest > white:
        raise DataError(f"pixels up to {brightest}; expected 0 to {white}")
    return white


def find_levels(values: Iterable[tuple[str, float]], where: str) -> tuple[Levels, list[str]]:
    """Return the `Levels` of a set, and messages for the user if pixels use only part of their range.

    Args:
        values: `(depth, largest value)` of each image, or of the whole set.
        where: name of the set in the lines.

    Example:
        >>> find_levels([("bytes", 0), ("bytes", 1)], "masks")
        (Levels(bytes=1, integers=65535, floats=1.0), ['masks: the pixels are 0 and 1; 1 is read as white'])
    """
    brightest: dict[str, float] = {}
    for depth, value in values:
        brightest[depth] = max(value, brightest.get(depth, 0))
    whites = {depth: natural_white(value, depth) for depth, value in brightest.items()}
    notes = [_note(where, depth, brightest[depth], whites[depth]) for depth in whites]
    return Levels(**whites), [note for note in notes if note]


def _note(where: str, depth: str, brightest: float, white: float) -> str | None:
    if white == 1 and depth != FLOATS:
        return f"{where}: the pixels are 0 and 1; 1 is read as white"
    if brightest < _DARK * white:
        return (
            f"{where}: the brightest pixel is {brightest:.4g} and white is {white:g}, so that all images are nearly "
            f"black; scale the pixels to 0..{white:g} if they should be brighter"
        )
    if depth == INTEGERS and white < 65535:
        return f"{where}: the 16- or 32-bit pixels are at most {brightest:g}; {white} is read as white"
    return None
