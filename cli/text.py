"""Text for the terminal: names beside values, and tables."""

import shutil
import sys
import textwrap

import click

GAP = "  "


def pairs(items, indent=2):
    """Return lines `name  value` with the values aligned; `items` is a dict."""
    width = max(map(len, items), default=0)
    return "\n".join(f"{' ' * indent}{name:<{width}}{GAP}{value}" for name, value in items.items())


def heading(words):
    """Return the words in bold, where the terminal has it."""
    return click.style(words, bold=True)


def table(titles, rows, fold=()):
    """Return a table with the columns aligned, numbers to the right.

    On a terminal that is too narrow the columns named in `fold` share what is left of the width; elsewhere (a
    pipe, a file) each row stays one line.
    """
    widths = [max(1, *(len(str(row[i])) for row in [titles, *rows])) for i in range(len(titles))]
    for i in _to_fold(titles, widths, fold):
        widths[i] = max(12, _spare(titles, widths, fold) // len(fold))
    lines = [heading(_line(titles, rows[0], widths))]
    for row in rows:
        cells = [textwrap.wrap(str(cell), width) for cell, width in zip(row, widths)]
        for k in range(max(map(len, cells))):
            lines.append(_line([cell[k] if k < len(cell) else "" for cell in cells], row, widths))
    return "\n".join(lines)


def _to_fold(titles, widths, fold):
    if not sys.stdout.isatty() or sum(widths) + len(GAP) * (len(widths) - 1) <= shutil.get_terminal_size().columns:
        return []
    return [titles.index(title) for title in fold]


def _spare(titles, widths, fold):
    fixed = sum(width for title, width in zip(titles, widths) if title not in fold)
    return shutil.get_terminal_size().columns - fixed - len(GAP) * (len(widths) - 1)


def _line(cells, row, widths):
    aligned = (
        f"{cell:>{width}}" if isinstance(value, int) else f"{cell:<{width}}"
        for cell, value, width in zip(cells, row, widths)
    )
    return GAP.join(aligned).rstrip()
