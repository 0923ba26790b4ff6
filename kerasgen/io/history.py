"""The table `history.csv` of a run: one row for each epoch, one column for each logged value."""

import csv
import io
import os
from collections.abc import Sequence

from kerasgen.errors import RunError
from kerasgen.io.files import atomic_write
from kerasgen.io.regular_files import read_regular

MAX_BYTES = 2**25
MAX_COLUMNS = 1000
MAX_NAME = 100  # characters of a column's name


def read_history(path: str | os.PathLike) -> list[dict[str, float]]:
    r"""Return the rows of a `history.csv`; each is a dict of column -> value without empty cells.

    Every row has the key `epoch`, a whole number that increases from row to row.

    Args:
        path: file to read; it is not followed if it is a link.

    Raises:
        RunError: the file exists and is not such a table. A missing file has no rows.

    Example:
        >>> import pathlib, tempfile
        >>> path = pathlib.Path(tempfile.mkdtemp()) / "history.csv"
        >>> _ = path.write_text("epoch,seconds,loss\n1,0.5,2.5\n")
        >>> read_history(path)
        [{'epoch': 1, 'seconds': 0.5, 'loss': 2.5}]
    """
    try:
        text = read_regular(path, MAX_BYTES).decode("utf-8")
        return _parse(text)
    except FileNotFoundError:
        return []
    except OSError as error:
        raise RunError(f"cannot read {path}: {error.strerror or error}") from error
    except UnicodeError as error:
        raise RunError(f"cannot read {path}: it is not UTF-8 text") from error
    except (ValueError, csv.Error) as error:
        raise RunError(f"cannot read {path}: {error}") from error


def write_history(path: str | os.PathLike, rows: Sequence[dict[str, float]]) -> None:
    """Write the rows as a table with the columns of all of them; cells without a value are empty.

    Args:
        path: file to write; replaced as a whole, because a later epoch may log more than the first.
        rows: dicts of column -> value.

    Raises:
        OSError: the file cannot be written.

    Example:
        >>> import pathlib, tempfile
        >>> path = pathlib.Path(tempfile.mkdtemp()) / "history.csv"
        >>> write_history(path, [{"epoch": 1, "loss": 2.5}])
        >>> path.read_text().splitlines()
        ['epoch,loss', '1,2.5']
    """
    with atomic_write(path) as temporary, temporary.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, fieldnames=columns_of(rows))
        writer.writeheader()
        writer.writerows(rows)


def columns_of(rows: Sequence[dict[str, float]]) -> list[str]:
    """Return the names of all columns of the rows, in the order of their first appearance.

    Args:
        rows: dicts of column -> value.

    Example:
        >>> columns_of([{"epoch": 1}, {"epoch": 2, "val_loss": 0.5}])
        ['epoch', 'val_loss']
    """
    return list(dict.fromkeys(key for row in rows for key in row))


def check_rows(rows: object) -> list[dict[str, float]]:
    """Return `rows` if they are rows of such a table.

    Args:
        rows: value from a file.

    Raises:
        ValueError: they are not.

    Example:
        >>> check_rows([{"epoch": 1, "loss": 2.5}])
        [{'epoch': 1, 'loss': 2.5}]
    """
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise ValueError("its rows are not a list of tables")
    last = 0
    for row in rows:
        epoch = row.get("epoch")
        if not isinstance(epoch, int) or isinstance(epoch, bool) or epoch <= last:
            raise ValueError(f"epoch {epoch!r} follows epoch {last}"[:100])
        if not all(isinstance(value, int | float) and not isinstance(value, bool) for value in row.values()):
            raise ValueError(f"a value of epoch {epoch} is not a number")
        last = epoch
    names = columns_of(rows)
    if len(names) > MAX_COLUMNS or any(not 0 < len(name) <= MAX_NAME for name in names):
        raise ValueError(f"it has more than {MAX_COLUMNS} columns, or a name of more than {MAX_NAME} characters")
    return rows


def _parse(text: str) -> list[dict[str, float]]:
    lines = csv.reader(io.StringIO(text, newline=""), strict=True)
    names = next(lines, [])
    if names and len(set(names)) != len(names):
        raise ValueError("two columns have the same name")
    rows = []
    for cells in filter(None, lines):
        if len(cells) != len(names):
            raise ValueError(f"line {lines.line_num} has {len(cells)} cells and the first line {len(names)}")
        rows.append({name: _number(name, cell, lines.line_num) for name, cell in zip(names, cells) if cell})
    return check_rows(rows)


def _number(name: str, cell: str, line: int) -> float:
    try:
        value = float(cell)
        return int(value) if name == "epoch" and abs(value) < 2**53 and value == int(value) else value
    except ValueError:
        raise ValueError(f"{cell[:20]!r} in line {line} is not a number") from None
