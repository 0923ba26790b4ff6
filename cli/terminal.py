"""Text output of the commands: printable characters only, headings, tables that fit the terminal.

File names, model files and `recipe.json` may come from anyone. `printable_streams` is the one place that keeps their
escape sequences from the terminal: all text that the process writes goes through it.
"""

import contextlib
import errno
import os
import re
import shutil
import sys
import textwrap
import traceback
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import TracebackType
from typing import Any, TextIO

import click

GAP = "  "  # between two columns
MIN_COLUMN = 12  # characters; narrower columns are not readable
MIN_TEXT = 24  # characters of a wrapped column of a table

# Written unchanged: line breaks, the styles of this module, and carriage returns around a progress bar.
_TOKENS = re.compile(r"(\A\r+|\r+\Z|[\n\t]|\x1b\[(?:0|1|31)m)|([^ -~])")
_CURSOR_MOVES = re.compile(r"[\r\n]*(?:\x1b\[A)*")  # of several progress bars, in a write of their own
_READER_IS_GONE = (errno.EPIPE, errno.EIO)


def printable(text: object) -> str:
    r"""Return `str(text)` with characters that are not printable written as escapes, such as `\x1b`.

    Example:
        >>> printable("a\x1b[2Jb")
        'a\\x1b[2Jb'
    """
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in str(text))


class PrintableStream:
    """Text stream that escapes control characters and discards output after its reader has closed.

    Args:
        stream: the stream to write to; other attributes than the methods below are those of this stream.
    """

    def __init__(self, stream: TextIO):
        self._stream = stream

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        """Write `text` with its control characters as escapes, and return its length."""
        if not _CURSOR_MOVES.fullmatch(text):
            text = _TOKENS.sub(lambda match: match[1] or printable(match[2]), text)
        with self._until_the_reader_is_gone():
            try:
                self._stream.write(text)
            except UnicodeEncodeError:
                encoding = self._stream.encoding
                self._stream.write(text.encode(encoding, "backslashreplace").decode(encoding))
        return len(text)

    def writelines(self, lines: Iterable[str]) -> None:
        """Write each of the lines."""
        for line in lines:
            self.write(line)

    def flush(self) -> None:
        """Flush the stream."""
        with self._until_the_reader_is_gone():
            self._stream.flush()

    @contextlib.contextmanager
    def _until_the_reader_is_gone(self):
        """Context manager that discards all later output if the pipe or terminal was closed."""
        try:
            yield
        except OSError as error:
            if error.errno not in _READER_IS_GONE:
                raise
            nothing = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nothing, self._stream.fileno())  # later writes, of libraries in C too, succeed
            os.close(nothing)


@contextlib.contextmanager
def printable_streams() -> Iterator[None]:
    """Context manager in which `sys.stdout` and `sys.stderr` are a `PrintableStream`.

    A stream that was closed before the process started is replaced by the null device. Otherwise the next file that
    is opened would take its descriptor and receive the output.
    """
    for descriptor in (0, 1, 2):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # the lowest free descriptor: this one
    before = sys.stdout, sys.stderr
    with open(os.devnull, "w") as nothing:
        sys.stdout, sys.stderr = (PrintableStream(stream or nothing) for stream in before)
        if before[0] is None:
            echo("stdout is closed, so the output is lost", err=True)
        try:
            yield
        finally:
            for stream in (sys.stdout, sys.stderr):
                stream.flush()
            sys.stdout, sys.stderr = before


def print_warning(
    message: Warning | str, category: type[Warning], filename: str, lineno: int, file: Any = None, line: Any = None
) -> None:
    """Print a warning about the user's data as one line, and any other warning as Python does.

    The arguments are those of `warnings.showwarning`.
    """
    if category.__name__ == "DataWarning":  # the class is not imported, because commands start without the data layer
        echo(f"{style('Note:', bold=True)} {message}", err=True)
    else:
        sys.stderr.write(warnings.formatwarning(message, category, filename, lineno, line))


def print_traceback(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """Print the traceback of an error that is a bug; a value for `sys.excepthook`."""
    with printable_streams():
        traceback.print_exception(kind, error, trace)


def echo(message: object = "", err: bool = False) -> None:
    """Print a line to stdout, or to stderr if `err`."""
    click.echo(message, file=sys.stderr if err else sys.stdout)


def print_left_out(*registries: Any) -> None:
    """Print a line about each entry of another package that cannot be used; see `kerasgen.io.entry_points`."""
    for sentence in [sentence for registry in registries for sentence in registry.left_out()]:
        echo(f"left out: {' '.join(sentence.split())}", err=True)


def style(text: str, **styles: Any) -> str:
    """Return `text` with the styles of `click.style`, or as it is if the environment variable NO_COLOR is set."""
    return text if os.environ.get("NO_COLOR") else click.style(text, **styles)


def heading(text: str) -> str:
    """Return `text` in bold, if stdout is a terminal."""
    return text if columns() is None else style(text, bold=True)


def columns() -> int | None:
    """Return the width of the terminal in characters, or None if stdout is not a terminal.

    A terminal that reports 0 columns counts as one of 80.
    """
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else None


def wrapped(text: str, indent: int = 0) -> str:
    """Return `text` in lines that fit the terminal; all but the first are indented. Long words stay whole."""
    width = columns()
    if width is None:
        return text
    width = max(width, indent + MIN_COLUMN)
    return textwrap.fill(text, width, subsequent_indent=" " * indent, break_long_words=False, break_on_hyphens=False)


def pairs(items: Mapping[str, object], indent: int = 2) -> str:
    """Return lines `name  value` with aligned values.

    Example:
        >>> print(pairs({"recipe": "vae", "epochs": 3}, indent=0))
        recipe  vae
        epochs  3
    """
    width = max(map(len, items), default=0)
    return "\n".join(f"{' ' * indent}{name:<{width}}{GAP}{value}".rstrip() for name, value in items.items())


def table(titles: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Return a table with aligned columns; whole numbers are aligned to the right.

    In a terminal that is too narrow, all columns but the first are wrapped. If they would become too narrow to read,
    each row is a list of its values. In a pipe or file each row is one line.

    Args:
        titles: one for each column.
        rows: values, one for each column; they are printed with `str`.

    Example:
        >>> print(table(("NAME", "N"), [("vae", 3), ("gan", 12)]))
        NAME   N
        vae    3
        gan   12
    """
    cells = [[str(value) for value in row] for row in rows]
    widths = [max(1, *(len(row[i]) for row in [titles, *cells])) for i in range(len(titles))]
    limit = columns()
    if limit is not None and sum(widths) + len(GAP) * (len(widths) - 1) > limit:
        widths = _shrunk(widths, limit)
        if widths is None:
            return "\n\n".join(_stacked(titles, row) for row in cells)
    right = [bool(rows) and all(isinstance(row[i], int) for row in rows) for i in range(len(titles))]
    lines = [heading(_line(titles, widths, right))]
    for row in cells:
        pieces = [textwrap.wrap(cell, width) or [""] for cell, width in zip(row, widths)]
        for k in range(max(map(len, pieces))):
            lines.append(_line([piece[k] if k < len(piece) else "" for piece in pieces], widths, right))
    return "\n".join(lines)


def _shrunk(widths, limit):
    """Return widths that fit into `limit` characters, the widest columns made smaller, or None if they cannot."""
    first, *others = widths
    space = limit - first - len(GAP) * len(others)
    for widest in range(max(others, default=0), MIN_TEXT - 1, -1):
        if sum(min(width, widest) for width in others) <= space:
            return [first, *(min(width, widest) for width in others)]
    return None


def _stacked(titles, cells):
    """Return a row of a table as one line for each value."""
    width = max(map(len, titles))
    lines = pairs(dict(zip(titles, cells)), indent=0).splitlines()
    return "\n".join(wrapped(line, width + len(GAP)) for line in lines)


def _line(cells, widths, right):
    aligned = (
        f"{cell:>{width}}" if to_right else f"{cell:<{width}}" for cell, width, to_right in zip(cells, widths, right)
    )
    return GAP.join(aligned).rstrip()
