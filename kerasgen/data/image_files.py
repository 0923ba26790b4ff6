"""Decoding of one image file to 8-bit pixels: upright, without transparency, grey or RGB."""

import contextlib
import functools
import os
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from kerasgen.data.levels import BYTES, FLOATS, INTEGERS, Levels, natural_white
from kerasgen.data.pixel_budget import BUDGET, MAX_PIXELS
from kerasgen.errors import DataError

ImageFile = str | os.PathLike | BinaryIO

# Pillow reads more formats. These are common, and their readers are the best tested.
FORMATS = ("JPEG", "PNG", "BMP", "GIF", "WEBP", "TIFF")
THREADS = min(8, os.cpu_count() or 1)  # number of threads that decode images

_SUFFIX = re.compile(r"(?<=.)\.(jpe?g|png|bmp|gif|webp|tiff?)$", re.IGNORECASE)
_DEEP_COLOURS = ("RGB;16", "RGBA;16", "RGBX;16", "CMYK;16", "LA;16")  # how files store 16-bit colours
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
    """Loaded and upright image, with facts that Pillow provides only before loading.

    Of colours of 16 bits Pillow reads the upper 8 bits. The lower ones are read only if a set does not use the upper.
    """

    def __init__(self, image: Image.Image, stored_as: str, read_lower: Callable[[], Image.Image]):
        self.image = image
        self._read_lower = read_lower
        self._deep_colours = any(name in stored_as for name in _DEEP_COLOURS)
        self._grey_with_alpha = "LA;16" in stored_as  # Pillow reads it as RGBA
        tags = getattr(image, "tag_v2", {})
        # Pillow inverts such files of 8 bits or fewer, but no deeper ones
        self._inverted = tags.get(262) == _WHITE_IS_ZERO
        is_deep = image.mode.startswith("I") or self._deep_colours
        self.depth = INTEGERS if is_deep else FLOATS if image.mode == "F" else BYTES

    @property
    def is_grey(self) -> bool:
        """Return whether the image has no colours."""
        if self.depth != BYTES and not self._deep_colours:
            return True
        return self.image.mode in ("1", "L", "LA", "La") or self._grey_with_alpha or _has_grey_palette(self.image)

    def extremes(self) -> tuple[float, float]:
        """Return the smallest and the largest value of a deep image."""
        if self._deep_colours:
            return 0, self._brightest_colour()
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
        return self._scaled_colours(white) if self._deep_colours else self._scaled(white)

    def _brightest_colour(self) -> int:
        """Return the largest value of the colours, without alpha; at most 255 too large if it is above 16383."""
        bands = self.image.getextrema()[: _colour_bands(self.image)]
        upper = int(np.max(bands))
        return upper * 257 if upper > 63 else max(int(values.max()) for _, values in self._colour_strips())

    def _scaled_colours(self, white: float) -> Image.Image:
        """Return the image in mode L or RGB, after scaling its colours of 16 bits."""
        key = self.image.info.get("transparency")
        if isinstance(key, tuple):
            eight_bits = [value >> 8 if white == 65535 else round(value * (255.0 / white)) for value in key]
            self.image.info["transparency"] = tuple(min(255, value) for value in eight_bits)
        if white < 65535:
            for top, values in self._colour_strips():
                pixels = np.array(self.image.crop((0, top, self.image.width, top + len(values))))
                pixels[..., : values.shape[-1]] = (values * (255.0 / white)).round()
                self.image.paste(Image.fromarray(pixels, self.image.mode), (0, top))
        return self.flat()

    def _colour_strips(self) -> Iterator[tuple[int, np.ndarray]]:
        """Yield the top and the colours, uint16 (h, w, C), of each strip."""
        lower = self._read_lower()
        for box in _boxes(self.image):
            upper_bytes, lower_bytes = (np.asarray(each.crop(box)) for each in (self.image, lower))
            if self._grey_with_alpha:  # read as the four bytes of grey and alpha
                lower_bytes = lower_bytes[..., [1, 1, 1, 3]]
            values = upper_bytes.astype(np.uint16) * 256 + lower_bytes
            yield box[1], values[..., : _colour_bands(self.image)]

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
        image, mode = self.image, "L" if self.is_grey else "RGB"
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
            yield _Opened(image, stored_as, functools.partial(_read_lower_bytes, file))


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


def _colour_bands(image: Image.Image) -> int:
    """Return the number of bands without alpha."""
    return len(image.getbands()) - ("A" in image.getbands())


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
