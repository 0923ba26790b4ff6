"""Saving of matplotlib figures, and text in pictures. No text is parsed as markup, and any file name can be drawn."""

from __future__ import annotations

import os
import unicodedata
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

from kerasgen.io.files import atomic_write

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_LONGEST = 100  # characters of a text in a picture


def drawable(text: str | os.PathLike) -> str:
    """Return a text that can be drawn: without undecodable bytes and control characters, and not too long.

    Args:
        text: any text, such as a file name with undecodable bytes as surrogates.

    Example:
        >>> drawable("b" + chr(0xDCFF) + chr(27) + "[31md")
        'b�?[31md'
    """
    characters = map(_drawable_character, os.fspath(text) if isinstance(text, os.PathLike) else str(text))
    drawn = "".join(characters)
    return drawn if len(drawn) <= _LONGEST else f"{drawn[: _LONGEST - 1]}…"


def _drawable_character(character):
    return {"Cc": "?", "Cs": "\N{REPLACEMENT CHARACTER}"}.get(unicodedata.category(character), character)


def save_figure(path: str | os.PathLike, figure: Figure, dpi: int = 100) -> None:
    """Write a figure as a PNG file. Its texts are drawn as they are: `$` and `\\` have no meaning.

    Args:
        path: path of the file; a reader never sees half of it.
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
        figure.savefig(temporary, format="png", dpi=dpi)
