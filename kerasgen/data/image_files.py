"""Decoding of one image file to 8-bit pixels: upright, without transparency, grey or RGB."""

import contextlib
import os
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from kerasgen.data.levels import BYTES, FLOATS, INTEGERS, Levels, natural_white
from kerasgen.data.pixel_budget import BUDGET, MAX_PIXELS
from kerasgen.errors import DataError

ImageFile = str | os.PathLike | BinaryIO

# Pillow knows more formats. These are common, and their readers are the best tested.
FORMATS = ("JPEG", "PNG", "BMP", "GIF", "WEBP", "TIFF")
THREADS = min(8, os.cpu_count() or 1)  # number of threads that decode images

_SUFFIX = re.compile(r"(?<=.)\.(jpe?g|png|bmp|gif|webp|tiff?)$", re.IGNORECASE)
_STRIP = 2**20  # number of pixels that are converted at a time
_WHITE_IS_ZERO = 0  # value of the TIFF tag PhotometricInterpretation


@dataclass(frozen=True, slots=True)
class ImageFacts:
    """Facts about an image file that its data set needs.

    Attributes:
        size: `(height, width)` in pixels.
        grey: whether the image is grey.
        depth: type of its values, one of `kerasgen.data.levels.DEPTHS`.
        brightest: largest value in the file.
    """

    size: tuple[int, int]
    grey: bool
    depth: str
    brightest: float


def examine(file: ImageFile) -> ImageFacts:
    """Decode the image in `file` completely and return its `ImageFacts`.

    Args:
        file: path or binary file.

    Raises:
        Exception: the file is damaged. Pillow raises many types; `reason` describes each in a few words.

    Example:
        >>> import io
        >>> from PIL import Image
        >>> file = io.BytesIO()
        >>> Image.new("L", (4, 3), 200).save(file, "PNG")
        >>> examine(file)
        ImageFacts(size=(3, 4), grey=True, depth='bytes', brightest=200)
    """
    with _opened(file, None) as source:
        size = source.image.height, source.image.width
        if source.depth != BYTES:
            return ImageFacts(size, True, source.depth, source.extremes()[1])
        image = source.flat()
        brightest = int(np.max(image.getextrema()))
        return ImageFacts(size, image.mode == "L", BYTES, brightest)


@contextlib.contextmanager
def open_image(
    file: ImageFile, formats: Sequence[str] = FORMATS, max_pixels: int = MAX_PIXELS
) -> Iterator[Image.Image]:
    """Context manager that yields the Pillow image in `file`, not yet decoded.

    Args:
        file: path or binary file.
        formats: Pillow's names of the accepted formats; the format is detected from the content of the file.
        max_pixels: largest number of pixels.

    Raises:
        DataError: the image has more pixels.
        Exception: the file is damaged or has another format; `reason` describes the error in a few words.
    """
    try:
        image = Image.open(file, formats=[*formats])
    except Image.DecompressionBombError as error:
        raise DataError(reason(error)) from None
    with image:
        if image.width * image.height > max_pixels:
            raise DataError(f"{image.width}x{image.height} is more than {max_pixels:,} pixels")
        yield image


@contextlib.contextmanager
def decoded(file: ImageFile, size: int | None = None, levels: Levels | None = None) -> Iterator[Image.Image]:
    """Context manager that yields the decoded Pillow image, mode L if it is grey and RGB otherwise.

    The EXIF orientation is applied, transparent pixels are composited on white, deep grey values are scaled to 8 bits,
    and the first frame of an animation is taken. Grey modes are 1, L, LA, I;16, I and F, and palettes of greys. Inside
    the context, the pixels count towards the limit that all decoding threads share.

    Args:
        file: path or binary file.
        size: side that the image will be resized to, or None for all pixels. With a side, a JPEG may be decoded at a
            lower resolution, at least twice that side.
        levels: values that represent white in the data set of this file; None derives them from this file alone.

    Raises:
        Exception: the file is damaged. Pillow raises many types; `reason` describes each in a few words.
    """
    with _opened(file, size) as source:
        yield source.eight_bits(levels)


def decode(file: ImageFile, size: int | None = None, levels: Levels | None = None) -> Image.Image:
    """Return the image in `file` as a fully decoded Pillow image; see `decoded`."""
    with decoded(file, size, levels) as image:
        return image


def read_pixels(file: ImageFile, channels: int, size: int | None = None, levels: Levels | None = None) -> np.ndarray:
    """Return the image in `file` as uint8 (H, W, C), or (size, size, C) if a size is given; see `decoded`, `pixels`.

    Example:
        >>> import io
        >>> from PIL import Image
        >>> file = io.BytesIO()
        >>> Image.new("L", (4, 3), 200).save(file, "PNG")
        >>> read_pixels(file, channels=3, size=2).shape
        (2, 2, 3)
    """
    with decoded(file, size, levels) as image:
        return pixels(image, channels, size)


def pixels(image: Image.Image, channels: int, size: int | None = None) -> np.ndarray:
    """Return a decoded image as uint8 (H, W, C); with a size, its central square is resized to (size, size, C)."""
    image = _as_mode(image, "L" if channels == 1 else "RGB")
    if size is not None and image.size != (size, size):
        image = ImageOps.fit(image, (size, size), Image.Resampling.BICUBIC)
    return np.asarray(image).reshape(image.height, image.width, channels)


def without_suffix(name: str) -> str:
    """Return the name of an image file without the suffix of its format.

    Example:
        >>> without_suffix("cat.jpeg"), without_suffix("v1.2")
        ('cat', 'v1.2')
    """
    return _SUFFIX.sub("", name)


def reason(error: BaseException) -> str:
    """Return in a few words, without the file's name, why decoding failed."""
    if isinstance(error, UnidentifiedImageError):
        return "cannot identify image file"
    if isinstance(error, Image.DecompressionBombError):
        return "too many pixels: it may be a decompression bomb"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return " ".join(str(error).split()) or type(error).__name__


class _Opened:
    """Loaded and upright image, with facts that Pillow provides only before loading."""

    def __init__(self, image: Image.Image, stored_as: str):
        self.image = image
        self._grey_with_alpha = "LA;16" in stored_as  # Pillow reads it as RGBA
        if ";16" in stored_as and isinstance(image.info.get("transparency"), tuple):
            # Pillow keeps the upper 8 bits of 16-bit colours, but not of the transparent colour
            image.info["transparency"] = tuple(value >> 8 for value in image.info["transparency"])
        tags = getattr(image, "tag_v2", {})
        # Pillow inverts such files of 8 bits or fewer, but no deeper ones
        self._inverted = tags.get(262) == _WHITE_IS_ZERO
        self.depth = INTEGERS if image.mode.startswith("I") else FLOATS if image.mode == "F" else BYTES

    def extremes(self) -> tuple[float, float]:
        """Return the smallest and the largest value of a deep image."""
        strips = [*self._strips()]
        low, high = (f([f(values) for _, values in strips]) for f in (np.min, np.max))
        top = 1 if self.depth == FLOATS else 65535
        if not 0 <= low <= high <= top:  # also false for NaN
            raise DataError(f"pixels from {low} to {high}; expected 0 to {top}")
        return low.item(), high.item()

    def eight_bits(self, levels: Levels | None) -> Image.Image:
        """Return the image in mode L or RGB."""
        if self.depth == BYTES:
            return _brightened(self.flat(), levels.bytes if levels else 255)
        high = self.extremes()[1]
        white = natural_white(high, self.depth) if levels is None else levels.white(self.depth)
        if high > white:
            raise DataError(f"pixels up to {high}; expected 0 to {white}, as in the other files of the set")
        return self._scaled(white)

    def _scaled(self, white: float) -> Image.Image:
        transparent = self.image.info.get("transparency")
        result = np.empty((self.image.height, self.image.width), np.uint8)
        for top, values in self._strips():
            strip = (values * (255.0 / white)).round()
            strip = 255 - strip if self._inverted else strip
            if isinstance(transparent, int):
                strip[values == transparent] = 255
            result[top : top + len(strip)] = strip
        return Image.fromarray(result)

    def _strips(self) -> Iterator[tuple[int, np.ndarray]]:
        for box in _boxes(self.image):
            yield box[1], np.asarray(self.image.crop(box))

    def flat(self) -> Image.Image:
        """Return an image of 8 bits in mode L or RGB, with transparent pixels composited on white."""
        image = self.image
        grey = image.mode in ("1", "L", "LA", "La") or self._grey_with_alpha or _has_grey_palette(image)
        mode = "L" if grey else "RGB"
        return _by_strips(image, mode, _on_white) if image.has_transparency_data else _as_mode(image, mode)


@contextlib.contextmanager
def _opened(file: ImageFile, size: int | None) -> Iterator[_Opened]:
    with open_image(file, max_pixels=MAX_PIXELS) as image:
        if size is not None:
            image.draft(None, (2 * size, 2 * size))
        stored_as = str([tile[3] for tile in getattr(image, "tile", [])[:1]])
        with BUDGET.reserve(image.width * image.height):
            image.load()
            _turn_upright(image)
            yield _Opened(image, stored_as)


def _turn_upright(image: Image.Image) -> None:
    # A broken EXIF block does not affect the pixels, and Pillow raises many types of errors for it.
    with contextlib.suppress(Exception):
        ImageOps.exif_transpose(image, in_place=True)


def _boxes(image: Image.Image) -> Iterator[tuple[int, int, int, int]]:
    """Yield the boxes of the strips of an image, `(left, upper, right, lower)`."""
    rows = max(1, _STRIP // image.width)
    for top in range(0, image.height, rows):
        yield 0, top, image.width, min(top + rows, image.height)


def _by_strips(image: Image.Image, mode: str, convert: Callable[[Image.Image], Image.Image]) -> Image.Image:
    """Return the image converted strip by strip, so that intermediate results take little memory."""
    result = Image.new(mode, image.size)
    for box in _boxes(image):
        result.paste(_as_mode(convert(image.crop(box)), mode), box)
    return result


def _on_white(image: Image.Image) -> Image.Image:
    image = image.convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)


def _brightened(image: Image.Image, white: float) -> Image.Image:
    if white == 255:
        return image
    return image.point([min(int(value * 255 // white), 255) for value in range(256)] * len(image.getbands()))


def _as_mode(image: Image.Image, mode: str) -> Image.Image:
    return image if image.mode == mode else image.convert(mode)  # Pillow would copy


def _has_grey_palette(image: Image.Image) -> bool:
    if image.mode != "P":
        return False
    colours = np.array(image.getpalette("RGB")).reshape(-1, 3)
    return bool((colours == colours[:, :1]).all())
