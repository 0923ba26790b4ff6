"""Grids of images as PNG files, with names of rows and columns. NumPy and Pillow are imported at the first use."""

from __future__ import annotations

import math
import os
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from kerasgen.errors import UsageError
from kerasgen.io.files import atomic_write
from kerasgen.plots.figures import drawable

if TYPE_CHECKING:
    import numpy as np
    from PIL.Image import Image

_GAP = 2  # pixels between the images of a grid
_WIDE_GAP = 12  # pixels between groups of rows
_BACKGROUND = 255
_LEGIBLE = 56  # images with a smaller side are enlarged to about this number of pixels
_FONT_SIZE = 13
_LONGEST_NAME = 200  # pixels


def square(images: np.ndarray, columns: int | None = None) -> np.ndarray:
    """Return images (N, H, W, C) in rows and columns, (rows, columns, H, W, C). Empty places are white.

    Args:
        images: float in [0, 1] or uint8.
        columns: number of columns; by default the square root of N, rounded up.

    Raises:
        UsageError: no images, or another shape.

    Example:
        >>> import numpy as np
        >>> square(np.zeros((5, 8, 8, 1))).shape
        (2, 3, 8, 8, 1)
    """
    import numpy as np

    images = np.asarray(images)
    if images.ndim != 4 or not len(images):
        raise UsageError(f"images have shape {images.shape}; a picture needs (N, H, W, C) with N of 1 or more")
    columns = columns or math.ceil(len(images) ** 0.5)
    rows = math.ceil(len(images) / columns)
    white = np.iinfo(np.uint8).max if images.dtype == np.uint8 else 1.0
    filled = np.full((rows * columns, *images.shape[1:]), white, images.dtype)
    filled[: len(images)] = images
    return filled.reshape(rows, columns, *images.shape[1:])


def grid(
    rows: np.ndarray,
    row_names: Sequence[str] | None = None,
    column_names: Sequence[str] | None = None,
    separators: Collection[int] = (),
) -> np.ndarray:
    """Return one image, uint8 (H', W', C), of images in rows and columns.

    Small images are enlarged by an integer factor to make their pixels visible. Values outside [0, 1] are clipped.

    Args:
        rows: (rows, columns, H, W, C), float in [0, 1] or uint8.
        row_names: a name for each row, written to its left, or None.
        column_names: a name for each column, written above it, or None.
        separators: rows that start a group; a wide gap is left above each.

    Example:
        >>> import numpy as np
        >>> grid(np.zeros((2, 3, 64, 64, 1))).shape
        (134, 200, 1)
    """
    import numpy as np

    from kerasgen.data.pixels import as_bytes

    rows = np.asarray(rows)
    rows = rows if rows.dtype == np.uint8 else as_bytes(rows)
    zoom = max(1, round(_LEGIBLE / rows.shape[2]))
    rows = rows.repeat(zoom, axis=2).repeat(zoom, axis=3)
    count, columns, height, width, channels = rows.shape
    wide = [_WIDE_GAP if row in separators else _GAP for row in range(count)]
    tops = [sum(wide[: row + 1]) + row * height for row in range(count)]
    lefts = [column * (width + _GAP) + _GAP for column in range(columns)]
    canvas = np.full((tops[-1] + height + _GAP, columns * (width + _GAP) + _GAP, channels), _BACKGROUND, np.uint8)
    for row, top in enumerate(tops):
        for column, left in enumerate(lefts):
            canvas[top : top + height, left : left + width] = rows[row, column]
    if row_names is None and column_names is None:
        return canvas
    row_places = [(top + height // 2, name) for top, name in zip(tops, row_names or ())]
    column_places = [(left + width // 2, name) for left, name in zip(lefts, column_names or ())]
    return _with_names(canvas, row_places, column_places, width)


def _with_names(canvas, row_places, column_places, width):
    """Return the canvas with margins in which names are written.

    Args:
        canvas: uint8 (H', W', C).
        row_places: pairs of the vertical centre of a row and its name.
        column_places: pairs of the horizontal centre of a column and its name.
        width: pixels of a column.
    """
    import numpy as np
    from PIL import Image, ImageDraw, ImageFont

    font = ImageFont.load_default(_FONT_SIZE)
    row_places = [(place, _fitting(name, font, _LONGEST_NAME)) for place, name in row_places]
    column_places = [(place, _fitting(name, font, width)) for place, name in column_places]
    left = max((math.ceil(font.getlength(name)) + 3 * _GAP for _, name in row_places), default=0)
    top = _FONT_SIZE + 3 * _GAP if column_places else 0
    height, columns_width, channels = canvas.shape
    picture = np.full((top + height, left + columns_width, channels), _BACKGROUND, np.uint8)
    picture[top:, left:] = canvas
    image = Image.fromarray(picture[..., 0] if channels == 1 else picture)
    draw = ImageDraw.Draw(image)
    black = 0 if channels == 1 else (0, 0, 0)
    for place, name in row_places:
        draw.text((left - 2 * _GAP, top + place), name, fill=black, font=font, anchor="rm")
    for place, name in column_places:
        draw.text((left + place, top - _GAP), name, fill=black, font=font, anchor="md")
    return np.asarray(image).reshape(picture.shape)


def _fitting(name, font, width):
    """Return a name, shortened to `width` pixels."""
    name = drawable(name)
    if font.getlength(name) <= width:
        return name
    while name and font.getlength(f"{name}…") > width:
        name = name[:-1]
    return f"{name}…"


def picture_of(images: np.ndarray) -> Image:
    """Return images as one Pillow image, which a notebook shows.

    Args:
        images: (N, H, W, C), or (rows, columns, H, W, C) as from `preview`; float in [0, 1] or uint8.

    Raises:
        UsageError: no images, another shape or another type.

    Example:
        >>> import numpy as np
        >>> picture_of(np.zeros((4, 28, 28, 1))).size
        (118, 118)
    """
    import numpy as np

    try:
        images = np.asarray(images)
    except (TypeError, ValueError, RuntimeError) as error:  # a ragged list, a tensor that NumPy cannot read
        raise UsageError(f"images cannot be an array: {error}") from None
    if images.ndim not in (4, 5) or 0 in images.shape or images.shape[-1] not in (1, 3):
        raise UsageError(f"images have shape {images.shape}; a picture needs (N, H, W, C), with C of 1 or 3")
    if images.dtype not in (bool, np.uint8) and not np.issubdtype(images.dtype, np.floating):
        raise UsageError(f"images are {images.dtype}; a picture needs floats in [0, 1] or uint8 of 0 to 255")
    return _to_pillow(grid(images if images.ndim == 5 else square(images)))


def save_png(path: str | os.PathLike, array: np.ndarray) -> None:
    """Write a uint8 image (H, W, 1 or 3) as a PNG file; a reader never gets an incomplete file.

    Example:
        >>> import numpy as np
        >>> save_png("/tmp/black.png", np.zeros((8, 8, 1), np.uint8))  # doctest: +SKIP
    """
    with atomic_write(path) as temporary:
        _to_pillow(array).save(temporary, format="PNG")


def save_rows(
    path: str | os.PathLike,
    rows: np.ndarray,
    row_names: Sequence[str] | None = None,
    column_names: Sequence[str] | None = None,
    separators: Collection[int] = (),
) -> None:
    """Write images in rows and columns as a PNG file; the arguments are those of `grid`.

    Args:
        path: path of the file.
        rows: (rows, columns, H, W, C).
        row_names: a name for each row, or None.
        column_names: a name for each column, or None.
        separators: rows that start a group.

    Example:
        >>> import numpy as np
        >>> rows = np.zeros((2, 5, 28, 28, 1))
        >>> save_rows("/tmp/rows.png", rows, ["original", "reconstructed"])  # doctest: +SKIP
    """
    save_png(path, grid(rows, row_names, column_names, separators))


def _to_pillow(array):
    from PIL import Image

    return Image.fromarray(array[..., 0] if array.shape[-1] == 1 else array)
