"""Options that every source of data takes, and the choice of the size of its images."""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from numbers import Integral, Real
from typing import TYPE_CHECKING

from kerasgen.errors import UsageError, shorten

if TYPE_CHECKING:
    from kerasgen.data.dataset import Dataset

Size = tuple[int, int]  # (height, width) in pixels
SizeRule = Callable[[Size | None], int | None]


@dataclass(frozen=True)
class LoadOptions:
    """Options of `kerasgen.data.load`; see there.

    Attributes:
        image_size: side in pixels of the square images to return; None keeps the size of the images; a function of
            their size returns a side or None, see `keep_native_size`.
        data_dir: folder of TensorFlow Datasets; None means its default.
        validation_split: fraction of the samples that form the test part if the source has none.

    Raises:
        UsageError: an option has an impossible value.
    """

    image_size: int | SizeRule | None = None
    data_dir: str | os.PathLike | None = None
    validation_split: float = 0.1

    def __post_init__(self):
        if not (self.image_size is None or callable(self.image_size)):
            check_side(self.image_size, 1)
        if not isinstance(self.validation_split, Real) or not 0 < self.validation_split < 1:
            raise UsageError(
                f"validation split {shorten(self.validation_split)}: give a number above 0 and below 1, such as 0.1"
            )

    def side(self, native: Size | None) -> int | None:
        """Return the side of the square images to make, or None to keep their size.

        Args:
            native: (height, width) that all images have; None if they differ, or if they are generated in any size.

        Raises:
            UsageError: the side is less than 2 pixels.
        """
        side = self.image_size(native) if callable(self.image_size) else self.image_size
        return None if side is None else check_side(side, 2)


def check_side(side: int, minimum: int) -> int:
    """Return `side`; raise `UsageError` if it is not a whole number of at least `minimum`."""
    if not isinstance(side, Integral) or isinstance(side, bool) or side < 1:
        raise UsageError(f"image size {shorten(side)}: give a whole number of pixels, 1 or more")
    if side < minimum:
        raise UsageError(f"image size {side}: too small for a picture; give {minimum} or more, such as 28")
    return int(side)


def keep_native_size(default: int, accepts: Callable[[Size], bool]) -> SizeRule:
    """Return a rule for `image_size` that keeps the size of the images if the model accepts it.

    Args:
        default: side of the square images to make otherwise.
        accepts: function of (height, width) that returns whether the model can be made for this size.

    Example:
        >>> rule = keep_native_size(28, lambda size: size[0] == size[1] <= 64)
        >>> rule((32, 32)), rule((640, 480)), rule(None)
        (None, 28, 28)
    """
    return lambda native: None if native == (default, default) or (native and accepts(native)) else default


def resize_lines(dataset: "Dataset", option: str = "--image-size") -> list[str]:
    """Return a line with the old and the new size of the images; none if they have kept their size.

    Args:
        dataset: data set of images.
        option: name of the option that sets the size.
    """
    from kerasgen.data import sources

    made_in_any_size = not dataset.from_path and sources.is_bundled(dataset.name)
    if len(dataset.sample_shape) != 3 or made_in_any_size or dataset.native_size == dataset.sample_shape[:2]:
        return []
    old = "different sizes" if dataset.native_size is None else _text(dataset.native_size)
    new = _text(dataset.sample_shape[:2])
    return [f"{dataset.name}: the images are resized from {old} to {new}; set another size by {option}"]


def _text(size: Sequence[int]) -> str:
    height, width = size
    return f"{width}x{height}"
