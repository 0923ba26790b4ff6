"""Arrays of images: conversion between bytes and floats, resizing, and compositing of transparent pixels on white."""

import numpy as np

from kerasgen.errors import UsageError


def as_floats(images: np.ndarray) -> np.ndarray:
    """Convert images to float32; uint8 values are divided by 255.

    Example:
        >>> as_floats(np.array([0, 255], "uint8"))
        array([0., 1.], dtype=float32)
    """
    floats = images.astype(np.float32, copy=False)
    return floats / np.float32(255) if images.dtype == np.uint8 else floats


def as_bytes(images: np.ndarray) -> np.ndarray:
    """Convert images in [0, 1] to uint8; values outside are clipped, NaN becomes black.

    Example:
        >>> as_bytes(np.array([-1.0, 0.5, 2.0]))
        array([  0, 128, 255], dtype=uint8)
    """
    return (np.nan_to_num(images).clip(0.0, 1.0) * 255).round().astype(np.uint8)


def scaling_advice(low: float, high: float) -> str:
    """Return how to scale values from `low` to `high` to [0, 1].

    Example:
        >>> scaling_advice(-1, 1)
        'give (x + 1) / 2 if they go from -1 to 1'
        >>> scaling_advice(0, 255.0)
        'divide by 255 if they are 8-bit pixels'
    """
    if -1 <= low < 0 and high <= 1:
        return "give (x + 1) / 2 if they go from -1 to 1"
    if low >= 0 and high <= 255:
        return "divide by 255 if they are 8-bit pixels"
    if low >= 0 and high <= 65535:
        return "divide by 65535 if they are 16-bit pixels"
    return "scale them to 0..1"


def make_square(images: np.ndarray, size: int | None) -> np.ndarray:
    """Return images (N, size, size, C): the central square of each, resized; unchanged if they fit or size is None.

    Args:
        images: (N, H, W, C), uint8, or float in [0, 1]. The type is kept, except that floats become float32.
        size: side in pixels, or None.

    Raises:
        UsageError: the size is 1.

    Example:
        >>> make_square(np.zeros((5, 8, 12, 3), "uint8"), 16).shape
        (5, 16, 16, 3)
    """
    if size is None or images.shape[1:3] == (size, size):
        return images
    if size == 1:
        raise UsageError("image size 1: too small for a picture; give 2 or more, such as 28")
    dtype = np.uint8 if images.dtype == np.uint8 else np.float32
    result = np.empty((len(images), size, size, images.shape[3]), dtype)
    for image, out in zip(images, result, strict=True):
        for channel in range(images.shape[3]):
            out[..., channel] = _resize_plane(image[..., channel], dtype, size)
    return result


def _resize_plane(plane: np.ndarray, dtype: type, size: int) -> np.ndarray:
    from PIL import Image, ImageOps

    image = Image.fromarray(np.ascontiguousarray(plane, dtype))  # mode L or F
    resized = np.asarray(ImageOps.fit(image, (size, size), Image.Resampling.BICUBIC))
    return resized if dtype == np.uint8 else resized.clip(0, 1)  # bicubic overshoots at edges


def on_white(images: np.ndarray) -> np.ndarray:
    """Return (N, H, W, 3) from (N, H, W, 4), colour and alpha, composited on white; uint8, or float in [0, 1].

    Example:
        >>> on_white(np.array([[[[9, 9, 9, 0]]]], "uint8"))[0, 0, 0]
        array([255, 255, 255], dtype=uint8)
    """
    white = 255 if images.dtype == np.uint8 else 1.0
    result = np.empty((*images.shape[:3], 3), images.dtype)
    for image, out in zip(images, result, strict=True):
        alpha = image[..., 3:].astype(np.float32) / white
        flat = image[..., :3] * alpha + white * (1 - alpha)
        out[...] = flat.round() if images.dtype == np.uint8 else flat
    return result
