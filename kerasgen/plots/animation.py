"""Pictures as an animation in a small GIF file."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from kerasgen.errors import DataError, UsageError, counted
from kerasgen.io.files import atomic_write
from kerasgen.plots.figures import open_picture

if TYPE_CHECKING:
    import numpy as np
    from PIL.Image import Image

_BUDGET = 800_000  # bytes of a file; fewer colours are tried until it is not larger
# Number of colours, and largest change of a value (of 255) that is left out: a pixel then keeps its colour, which GIF
# stores in almost no space
_QUALITIES = ((256, 0), (64, 4), (32, 9), (16, 13))
_SAMPLED = 8  # pictures that the colours are chosen from


def save_gif(path: str | os.PathLike, pictures: Sequence[Path], fps: float = 5.0, hold: float = 2.0) -> None:
    """Write pictures to a GIF file that repeats for ever.

    The number of colours is reduced, and small changes from picture to picture are left out, until the file is small.

    Args:
        path: path of the file; a reader never gets an incomplete file.
        pictures: paths of at least two PNG files of one size.
        fps: pictures per second.
        hold: seconds that the last picture is shown, if that is longer than the others.

    Raises:
        UsageError: fewer than two pictures.
        DataError: a picture cannot be read, or has another size than the first.

    Example:
        >>> save_gif("/tmp/a.gif", epochs(Path("runs/vae-1/samples")))  # doctest: +SKIP
    """
    if len(pictures) < 2:
        raise UsageError(f"{counted(len(pictures), 'picture')}; an animation needs at least 2")
    each = round(1000 / fps)  # milliseconds, which GIF rounds to tens
    durations = [each] * (len(pictures) - 1) + [max(each, round(1000 * hold))]
    is_grey = all(picture.mode == "L" for picture in _read(pictures))
    options = {"save_all": True, "duration": durations, "loop": 0, "optimize": True}
    with atomic_write(path) as temporary:
        for colours, tolerance in _QUALITIES:
            palette = _grey_palette(colours) if is_grey else _colour_palette(pictures, colours)
            frames = _frames(pictures, palette, tolerance)
            next(frames).save(temporary, format="GIF", append_images=frames, **options)
            if temporary.stat().st_size <= _BUDGET:
                break


def epochs(directory: Path) -> list[Path]:
    """Return the paths `epoch-*.png` in a directory, in the order of the epochs.

    Example:
        >>> epochs(Path("/nowhere"))
        []
    """
    paths = [path for path in directory.glob("epoch-*.png") if path.stem.removeprefix("epoch-").isdecimal()]
    return sorted(paths, key=lambda path: int(path.stem.removeprefix("epoch-")))


def _read(paths) -> Iterator[Image]:
    """Yield the pictures, which must have one size."""
    size = None
    for path in paths:
        picture = open_picture(path)
        size = size or picture.size
        if picture.size != size:
            raise DataError("{} has {}x{} pixels, the first picture {}x{}".format(path, *picture.size, *size))
        yield picture


def _grey_palette(colours) -> np.ndarray:
    """Return evenly spaced greys, uint8 (colours, 3)."""
    import numpy as np

    return np.linspace(0, 255, colours).round().astype(np.uint8)[:, None].repeat(3, axis=1)


def _colour_palette(paths, colours) -> np.ndarray:
    """Return the most important colours of some of the pictures, uint8 (N, 3) with N of at most `colours`."""
    import numpy as np
    from PIL import Image

    some = [paths[i] for i in np.linspace(0, len(paths) - 1, min(_SAMPLED, len(paths))).round().astype(int)]
    together = np.concatenate([np.asarray(open_picture(path).convert("RGB")) for path in some])
    quantized = Image.fromarray(together).quantize(colours, dither=Image.Dither.NONE)
    return np.asarray(quantized.getpalette(), np.uint8).reshape(-1, 3)


def _frames(paths, palette, tolerance) -> Iterator[Image]:
    """Yield the pictures in the colours of a palette; a pixel that hardly changes keeps its colour."""
    import numpy as np
    from PIL import Image

    palette_image = Image.new("P", (1, 1))
    palette_image.putpalette(palette.tobytes())
    indices = None
    for picture in _read(paths):
        pixels = np.asarray(picture.convert("RGB"))
        nearest = _nearest_colours(picture, palette, palette_image)
        if indices is not None and tolerance:
            change = np.abs(pixels.astype(np.int16) - palette[indices]).max(axis=2)
            nearest = np.where(change <= tolerance, indices, nearest)
        indices = nearest
        frame = Image.frombytes("P", picture.size, indices.astype(np.uint8).tobytes())
        frame.putpalette(palette.tobytes())
        yield frame


def _nearest_colours(picture, palette, palette_image):
    """Return the index (H, W) of the palette's colour that is nearest to each pixel."""
    import numpy as np
    from PIL import Image

    if picture.mode == "L":  # the greys are evenly spaced
        return np.rint(np.asarray(picture, "float32") * (len(palette) - 1) / 255).astype(np.uint8)
    return np.asarray(picture.quantize(palette=palette_image, dither=Image.Dither.NONE))
