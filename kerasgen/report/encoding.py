"""Arrays and pictures as base64 text, and JSON that cannot end the script element that holds it."""

from __future__ import annotations

import base64
import io
import json
import math
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from PIL.Image import Image

_GREYS = 16  # grey values of a picture of samples
_COLOURS = 64  # colours of a plot


def encode_array(array: np.ndarray, dtype: str = "<f4") -> str:
    """Return the values of an array as base64 text, little-endian.

    Args:
        array: numbers.
        dtype: type of the encoded values.

    Example:
        >>> encode_array(np.zeros(2), "<u1")
        'AAA='
    """
    return base64.b64encode(np.ascontiguousarray(array, dtype).tobytes()).decode("ascii")


def pack_bits(values: np.ndarray, bits: int) -> str:
    """Return whole numbers of `bits` bits each as base64 text, the most significant bit first.

    Args:
        values: int array, each in [0, 2 ** bits).
        bits: 1 to 16.

    Example:
        >>> pack_bits(np.array([1, 2, 3, 0]), 2)
        'bA=='
    """
    flat = values.reshape(-1).astype(np.uint16)
    if bits == 16:
        return encode_array(flat, ">u2")
    shifts = np.arange(bits - 1, -1, -1, dtype=np.uint16)
    digits = ((flat[:, None] >> shifts) & 1).astype(np.uint8)
    return encode_array(np.packbits(digits), "<u1")


def quantize(kernel: np.ndarray, axis: int, bits: int) -> tuple[np.ndarray, np.ndarray]:
    """Return whole numbers in [0, 2 ** bits) and a float32 scale for each channel.

    A weight is `(number - half) * scale` with `half = 2 ** (bits - 1) - 1`.

    Args:
        kernel: weights.
        axis: axis of the channels.
        bits: number of bits of a weight.

    Example:
        >>> numbers, scales = quantize(np.array([[0.5], [-1.0]]), axis=1, bits=8)
        >>> numbers.tolist(), scales.shape
        ([[191], [0]], (1,))
    """
    half = 2 ** (bits - 1) - 1
    others = tuple(i for i in range(kernel.ndim) if i != axis)
    scales = np.maximum(np.abs(kernel).max(axis=others), 1e-30).astype(np.float32) / np.float32(half)
    shape = [-1 if i == axis else 1 for i in range(kernel.ndim)]
    return np.rint(kernel / scales.reshape(shape)).astype(np.int64).clip(-half, half) + half, scales


def encode_picture(picture: Image) -> str:
    """Return a picture as a `data:` URI that is small: 16 greys, few colours, or WebP for photographs.

    Args:
        picture: Pillow image of mode L or RGB.

    Example:
        >>> from PIL import Image
        >>> encode_picture(Image.new("L", (2, 2)))[:22]
        'data:image/png;base64,'
    """
    from PIL import Image, features

    buffer = io.BytesIO()
    if picture.mode == "L":
        levels = np.rint(np.asarray(picture) * ((_GREYS - 1) / 255)).astype(np.uint8)
        _paletted(levels).save(buffer, "PNG", bits=4, compress_level=6)
        kind = "png"
    elif _is_flat(picture):
        picture.quantize(_COLOURS, dither=Image.Dither.NONE).save(buffer, "PNG", compress_level=6)
        kind = "png"
    elif features.check("webp"):
        picture.save(buffer, "WEBP", quality=80, method=4)
        kind = "webp"
    else:
        picture.save(buffer, "JPEG", quality=85)
        kind = "jpeg"
    return f"data:image/{kind};base64,{base64.b64encode(buffer.getvalue()).decode('ascii')}"


def _paletted(levels):
    from PIL import Image

    image = Image.frombytes("P", levels.shape[::-1], levels.tobytes())
    image.putpalette(np.repeat(np.rint(np.arange(_GREYS) * (255 / (_GREYS - 1))).astype(np.uint8), 3).tobytes())
    return image


def _is_flat(picture):
    """Return whether a picture has few colours, as a plot."""
    return picture.reduce(4).getcolors(1024) is not None


def to_json(value: Any) -> str:
    """Return a value as JSON for an HTML script element; NaN and infinity become null.

    The characters `<`, `>` and `&` are escaped, so that no text can end the element or begin a comment.

    Args:
        value: dicts, lists, numbers, texts, booleans and None.

    Example:
        >>> to_json({"name": "</script>", "loss": float("nan")})
        '{"name":"\\\\u003c/script\\\\u003e","loss":null}'
    """
    text = json.dumps(_finite(value), allow_nan=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _finite(value):
    if isinstance(value, dict):
        return {str(key): _finite(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(each) for each in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value
