"""One image file to 8-bit pixels: upright, without transparency, grey or RGB."""

import contextlib
import re

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from kerasgen.errors import DataError

# Pillow knows more formats; these are what people keep images in, and their readers are the best tested.
FORMATS = ("JPEG", "PNG", "BMP", "GIF", "WEBP", "TIFF")
_SUFFIX = re.compile(r"(?<=.)\.(jpe?g|png|bmp|gif|webp|tiff?)$", re.IGNORECASE)


def decode(file, size=None):
    """Return the image in `file` as a fully decoded Pillow image, mode L if it is grey and RGB otherwise.

    It is turned as its EXIF orientation says, transparency is laid on white, 16 bits are scaled to 8, and of an
    animation the first frame is taken. Grey are the modes 1, L, LA, I;16, I and F, and a palette of greys.

    Args:
        file: path or binary file.
        size: None for all pixels; the side that the image will be resized to lets a JPEG be decoded at a lower
            resolution, never below twice that side.

    Raises:
        Exception: of whatever type Pillow raises for this damage; `reason` says it in a few words.
    """
    with Image.open(file, formats=FORMATS) as image:
        if Image.MAX_IMAGE_PIXELS and image.width * image.height > Image.MAX_IMAGE_PIXELS:
            raise DataError(f"{image.width}x{image.height} is more than {Image.MAX_IMAGE_PIXELS:,} pixels")
        if size is not None:
            image.draft(None, (2 * size, 2 * size))
        image.load()
        _turn_upright(image)
        return _flat(_eight_bits(image))


def pixels(image, channels, size=None):
    """Return a decoded image as uint8 (H, W, C); with a size, its central square resized to (size, size, C)."""
    image = _as_mode(image, "L" if channels == 1 else "RGB")
    if size is not None and image.size != (size, size):
        image = ImageOps.fit(image, (size, size), Image.Resampling.BICUBIC)
    return np.asarray(image).reshape(image.height, image.width, channels)


def without_suffix(name):
    """Return the name of an image file without the suffix of its format, if it has one."""
    return _SUFFIX.sub("", name)


def reason(error):
    """Return in a few words, without the file's name, why `decode` failed."""
    if isinstance(error, UnidentifiedImageError):
        return "cannot identify image file"
    if isinstance(error, Image.DecompressionBombError):
        return "too many pixels: it may be a decompression bomb"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return " ".join(str(error).split()) or type(error).__name__


def _turn_upright(image):
    # A broken EXIF block says nothing about the pixels, and Pillow's errors are many.
    with contextlib.suppress(Exception):
        ImageOps.exif_transpose(image, in_place=True)


def _eight_bits(image):
    """Scale deep grey modes to 8 bits: Pillow itself would clip them."""
    if image.mode.startswith("I"):
        values, top = np.asarray(image), 65535
    elif image.mode == "F":
        values, top = np.asarray(image), 1
    else:
        return image
    low, high = values.min(), values.max()
    if not 0 <= low <= high <= top:  # also false for NaN
        raise DataError(f"pixels from {low} to {high}; expected 0 to {top}")
    return Image.fromarray((values * (255.0 / top)).round().astype(np.uint8))


def _flat(image):
    grey = image.mode in ("1", "L", "LA", "La") or (image.mode == "P" and _grey_palette(image))
    if image.has_transparency_data:
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    return _as_mode(image, "L" if grey else "RGB")


def _as_mode(image, mode):
    return image if image.mode == mode else image.convert(mode)  # Pillow would copy


def _grey_palette(image):
    colours = np.reshape(image.getpalette("RGB"), (-1, 3))
    return bool((colours == colours[:, :1]).all())
