"""Conversion of a loaded image to 8 bits: scaled from deeper values, without transparency, grey or RGB."""

from collections.abc import Callable, Iterator

import numpy as np
from PIL import Image

from kerasgen.data.levels import BYTES, FLOATS, INTEGERS, Levels, natural_white
from kerasgen.errors import DataError

_DEEP_COLOURS = ("RGB;16", "RGBA;16", "RGBX;16", "CMYK;16", "LA;16")  # how files store 16-bit colours
_STRIP = 2**20  # number of pixels that are converted at a time
_WHITE_IS_ZERO = 0  # value of the TIFF tag PhotometricInterpretation


class OpenedImage:
    """Loaded and upright image, with facts that Pillow provides only before loading.

    Pillow reads the upper 8 bits of 16-bit colours. The lower bits are read only if no image of the set uses the upper
    ones.
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
        return _by_strips(image, mode, _on_white) if image.has_transparency_data else as_mode(image, mode)


def _colour_bands(image: Image.Image) -> int:
    """Return the number of bands without alpha."""
    return len(image.getbands()) - ("A" in image.getbands())


def _boxes(image: Image.Image) -> Iterator[tuple[int, int, int, int]]:
    """Yield the boxes of the strips of an image, `(left, upper, right, lower)`."""
    rows = max(1, _STRIP // image.width)
    for top in range(0, image.height, rows):
        yield 0, top, image.width, min(top + rows, image.height)


def _by_strips(image: Image.Image, mode: str, convert: Callable[[Image.Image], Image.Image]) -> Image.Image:
    """Return the image converted strip by strip, so that intermediate results take little memory."""
    result = Image.new(mode, image.size)
    for box in _boxes(image):
        result.paste(as_mode(convert(image.crop(box)), mode), box)
    return result


def _on_white(image: Image.Image) -> Image.Image:
    image = image.convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)


def _brightened(image: Image.Image, white: float) -> Image.Image:
    if white == 255:
        return image
    return image.point([min(int(value * 255 // white), 255) for value in range(256)] * len(image.getbands()))


def as_mode(image: Image.Image, mode: str) -> Image.Image:
    """Return the image converted to a mode."""
    return image if image.mode == mode else image.convert(mode)  # Pillow would copy


def _has_grey_palette(image: Image.Image) -> bool:
    if image.mode != "P":
        return False
    colours = np.array(image.getpalette("RGB")).reshape(-1, 3)
    return bool((colours == colours[:, :1]).all())
