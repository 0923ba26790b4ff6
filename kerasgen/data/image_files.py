"""Decoding of one image file to 8-bit pixels: upright, without transparency, grey or RGB."""

import contextlib
import functools
import os
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from kerasgen.data.eight_bits import OpenedImage, as_mode
from kerasgen.data.levels import BYTES, Levels
from kerasgen.data.pixel_budget import BUDGET, MAX_PIXELS
from kerasgen.errors import DataError

ImageFile = str | os.PathLike | BinaryIO

# Pillow reads more formats. These are common, and their readers are the best tested.
FORMATS = ("JPEG", "PNG", "BMP", "GIF", "WEBP", "TIFF")
THREADS = min(8, os.cpu_count() or 1)  # number of threads that decode images

_SUFFIX = re.compile(r"(?<=.)\.(jpe?g|png|bmp|gif|webp|tiff?)$", re.IGNORECASE)


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
        if source.depth == BYTES:
            image = source.flat()
            return ImageFacts(size, image.mode == "L", BYTES, int(np.max(image.getextrema())))
        return ImageFacts(size, source.is_grey, source.depth, source.extremes()[1])


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

    The EXIF orientation is applied, transparent pixels are composited on white, and deep grey values are scaled to 8
    bits. The first frame of an animation is taken. Grey modes are 1, L, LA, I;16, I and F, and palettes of greys.
    Inside the context, the pixels count towards the limit that all decoding threads share.

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
    image = as_mode(image, "L" if channels == 1 else "RGB")
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


@contextlib.contextmanager
def _opened(file: ImageFile, size: int | None) -> Iterator[OpenedImage]:
    with open_image(file, max_pixels=MAX_PIXELS) as image:
        if size is not None:
            image.draft(None, (2 * size, 2 * size))
        stored_as = str([tile[3] for tile in getattr(image, "tile", [])[:1]])
        with BUDGET.reserve(image.width * image.height):
            image.load()
            _turn_upright(image)
            yield OpenedImage(image, stored_as, functools.partial(_read_lower_bytes, file))


def _read_lower_bytes(file: ImageFile) -> Image.Image:
    """Return an image of 16 bits with the lower 8 bits of each value, which Pillow reads in the other byte order."""
    with open_image(file, max_pixels=MAX_PIXELS) as image:
        image.tile = [tile._replace(args=_in_other_byte_order(tile.args)) for tile in image.tile]  # type: ignore
        image.load()
        _turn_upright(image)
        return image


def _in_other_byte_order(arguments: Any) -> Any:
    """Return the arguments of a decoder, such as `RGB;16B`, for the other byte order."""
    if isinstance(arguments, str):
        name, _, order = arguments.partition(";16")
        native = "L" if sys.byteorder == "little" else "B"
        other = {"L": "B", "B": "L"}.get(native if order == "N" else order)
        return "RGBA" if name == "LA" else f"{name};16{other}" if other else arguments
    return tuple(map(_in_other_byte_order, arguments)) if isinstance(arguments, tuple) else arguments


def _turn_upright(image: Image.Image) -> None:
    # A broken EXIF block does not affect the pixels, and Pillow raises many types of errors for it.
    with contextlib.suppress(Exception):
        ImageOps.exif_transpose(image, in_place=True)
