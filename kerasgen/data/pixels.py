"""Arrays of images: bytes and floats, made square, transparency laid on white."""

import numpy as np

from kerasgen.errors import UsageError


def as_floats(images):
    """Return images as float32, of uint8 the 255th parts."""
    floats = images.astype(np.float32, copy=False)
    return floats / np.float32(255) if images.dtype == np.uint8 else floats


def as_bytes(images):
    """Return images in [0, 1] as uint8; values outside are cut, NaN is black."""
    return (np.nan_to_num(images).clip(0.0, 1.0) * 255).round().astype(np.uint8)


def make_square(images, size):
    """Return images (N, size, size, C): the central square of each, resized; unchanged if they fit or size is None.

    Args:
        images: (N, H, W, C), uint8, or float in [0, 1]; the type is kept (floats become float32).
        size: side in pixels, or None; 1 for points alone, which are 1x1 as they are.

    Raises:
        UsageError: pictures would be made 1x1.
    """
    if size is None or images.shape[1:3] == (size, size):
        return images
    if size == 1:
        raise UsageError("image size 1: of a picture nothing would be left; give 2 or more, such as 28")
    dtype = np.uint8 if images.dtype == np.uint8 else np.float32
    result = np.empty((len(images), size, size, images.shape[3]), dtype)
    for image, out in zip(images, result, strict=True):
        for channel in range(images.shape[3]):
            out[..., channel] = _fit(image[..., channel], dtype, size)
    return result


def _fit(plane, dtype, size):
    from PIL import Image, ImageOps

    plane = Image.fromarray(np.ascontiguousarray(plane, dtype))  # mode L or F
    plane = np.asarray(ImageOps.fit(plane, (size, size), Image.Resampling.BICUBIC))
    return plane if dtype == np.uint8 else plane.clip(0, 1)  # bicubic overshoots at edges


def on_white(images):
    """Return (N, H, W, 3) from (N, H, W, 4): colour and alpha, laid on white; uint8, or float in [0, 1]."""
    white = 255 if images.dtype == np.uint8 else 1.0
    result = np.empty((*images.shape[:3], 3), images.dtype)
    for image, out in zip(images, result, strict=True):
        alpha = image[..., 3:].astype(np.float32) / white
        flat = image[..., :3] * alpha + white * (1 - alpha)
        out[...] = flat.round() if images.dtype == np.uint8 else flat
    return result
