"""Text in pictures, saved figures and read pictures. No text is parsed as markup, and any file name can be drawn."""

from __future__ import annotations

import os
import stat
import unicodedata
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kerasgen.errors import DataError
from kerasgen.io.files import atomic_write

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.legend import Legend
    from PIL.Image import Image

_PIXELS = 2**25  # of a picture that is read
_LONGEST = 100  # characters of a text in a picture
_LONGEST_IN_LEGEND = 40


def drawable(text: str | os.PathLike, longest: int = _LONGEST) -> str:
    """Return a text that can be drawn: without undecodable bytes and control characters, and not too long.

    Args:
        text: any text, such as a file name with undecodable bytes as surrogates.
        longest: number of characters.

    Example:
        >>> drawable("b" + chr(0xDCFF) + chr(27) + "[31md")
        'b�?[31md'
    """
    characters = map(_drawable_character, os.fspath(text) if isinstance(text, os.PathLike) else str(text))
    drawn = "".join(characters)
    return drawn if len(drawn) <= longest else f"{drawn[: longest - 1]}…"


def _drawable_character(character):
    return {"Cc": "?", "Cs": "\N{REPLACEMENT CHARACTER}"}.get(unicodedata.category(character), character)


def add_legend(owner: Axes | Figure, handles: Sequence[Artist], names: Sequence[str], **options: Any) -> Legend:
    """Return a new legend of axes or a figure. Unlike with matplotlib, a name can begin with an underscore.

    Args:
        owner: axes or figure.
        handles: lines or other artists.
        names: a name for each.
        **options: arguments of `legend`.

    Example:
        >>> from matplotlib.figure import Figure
        >>> axes = Figure().subplots()
        >>> legend = add_legend(axes, axes.plot([1, 2]), ["_a"])
    """
    legend = owner.legend(handles=handles, labels=[str(number) for number in range(len(names))], **options)
    for text, name in zip(legend.get_texts(), names):
        text.set_text(drawable(name, _LONGEST_IN_LEGEND))
    return legend


def save_figure(path: str | os.PathLike, figure: Figure, dpi: int = 100) -> None:
    """Write a figure as a PNG file. Its texts are drawn as they are: `$` and `\\` have no meaning.

    Args:
        path: path of the file; a reader never gets an incomplete file.
        figure: matplotlib figure.
        dpi: pixels per inch.

    Raises:
        OSError: the file cannot be written.

    Example:
        >>> from matplotlib.figure import Figure
        >>> figure = Figure()
        >>> title = figure.suptitle("costs $^{$1")
        >>> save_figure("/tmp/figure.png", figure)  # doctest: +SKIP
    """
    from matplotlib.text import Text

    for text in figure.findobj(Text):
        text.set_parse_math(False)
        text.set_usetex(False)
        text.set_text("\n".join(map(drawable, text.get_text().split("\n"))))
    with atomic_write(Path(path)) as temporary, warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=r"Glyph \d+ .* missing from")  # drawn as boxes
        warnings.filterwarnings("ignore", message="constrained_layout not applied")  # for many long names
        figure.savefig(temporary, format="png", dpi=dpi)


def open_picture(path: Path) -> Image:
    """Return the picture in a PNG file, mode L if it is grey and RGB otherwise.

    Links and special files are not opened, no other format is decoded, and the number of pixels is bounded.

    Raises:
        DataError: the file is missing, damaged, or anything else than a PNG file of moderate size.

    Example:
        >>> open_picture(Path("runs/vae-1/samples/epoch-0001.png"))  # doctest: +SKIP
    """
    from kerasgen.data.image_files import open_image, reason

    try:
        if not stat.S_ISREG(os.lstat(path).st_mode):
            raise DataError("it is a link or not a regular file; expected a PNG file")
        with warnings.catch_warnings(action="ignore"), open_image(path, ("PNG",), _PIXELS) as image:
            return image.convert("L" if image.mode in ("1", "L") else "RGB")
    except Exception as error:  # Pillow raises many types for damaged files
        raise DataError(f"cannot read {path}: {reason(error)}") from error
