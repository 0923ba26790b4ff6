"""The table of measured results, `zoo/results.csv`: the one place that reads and writes it."""

from __future__ import annotations

import contextlib
import csv
import datetime
import math
import os
import platform
import re
import shlex
import statistics
import sys
from collections.abc import Sequence
from pathlib import Path

from kerasgen import zoo
from kerasgen.io.files import atomic_write

PATH = Path(zoo.__file__).resolve().parent / "results.csv"

KEY = ("figure", "recipe", "dataset", "backend", "metric")
COLUMNS = (
    "date",
    *KEY,
    "value",
    "spread",
    "seeds",
    "reference",  # the published or otherwise measured value
    "reference_source",
    "epochs",
    "setup",  # settings that matter for a comparison, and differences from the source
    "hardware",
    "command",
)
Row = dict[str, str]

_PATH_OPTIONS = {
    "--data-dir": "DIR",
    "--out": "DIR",
    "-o": "DIR",
    "--results": "FILE",
    "--keep": "FILE",
    "--pythae": "FILE",
    "--ddpm": "FILE",
}


def read(path: Path = PATH) -> list[Row]:
    """Return the rows as dicts of column -> text; none if there is no table.

    Example:
        >>> from kerasgen.experiments import results
        >>> {row["backend"] for row in results.read()} >= {"jax", "tensorflow", "torch"}
        True
    """
    if not Path(path).exists():
        return []
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def write(path: Path = PATH, **row: object) -> Row:
    """Put a row into the table, replacing the row with the same `KEY`, and return it.

    Args:
        path: The table.
        row: Column -> value. Date, hardware and command are filled in if they are missing.

    Raises:
        ValueError: A name is not a column, or a part of the key is missing.
    """
    if unknown := set(row) - set(COLUMNS):
        raise ValueError(f"no columns called {', '.join(sorted(unknown))}; there are {', '.join(COLUMNS)}")
    if missing := [name for name in KEY if not row.get(name)]:
        raise ValueError(f"the row lacks {', '.join(missing)}")
    filled = {"date": datetime.date.today().isoformat(), "hardware": hardware()} | row
    filled.setdefault("command", command())
    new = {name: str(filled.get(name, "")) for name in COLUMNS}
    others = [old for old in read(path) if key_of(old) != key_of(new)]
    with atomic_write(path) as temporary, open(temporary, "w", newline="", encoding="utf-8") as file:
        table = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        table.writeheader()
        rows: list[Row] = sorted([*others, new], key=_order)
        table.writerows(rows)
    return new


def key_of(row: Row) -> tuple[str, ...]:
    """Return the values of `KEY` of a row."""
    return tuple(row[name] for name in KEY)


def _order(row: Row) -> list[list[str]]:
    """Return the sort key of a row: its `KEY`, with numbers in numeric order."""
    return [[part.zfill(9) if part.isdecimal() else part for part in re.split(r"(\d+)", row[name])] for name in KEY]


def standard_error(values: Sequence[float], digits: int) -> str:
    """Return the standard error of the mean as text; empty for fewer than two values or an infinite one.

    Example:
        >>> from kerasgen.experiments import results
        >>> results.standard_error([7.0, 8.0, 8.0, 7.0], 2)
        '0.29'
    """
    if len(values) < 2 or not all(map(math.isfinite, values)):
        return ""
    return f"{statistics.stdev(values) / len(values) ** 0.5:.{digits}f}"


def mean_and_spread(values: Sequence[float], digits: int, error_digits: int | None = None) -> tuple[str, str]:
    """Return the mean of the seeds' values and their standard error, both as text.

    Example:
        >>> from kerasgen.experiments import results
        >>> results.mean_and_spread([1.0, 2.0, 3.0], 1)
        ('2.0', '± 0.6 standard error')
    """
    error = standard_error(values, digits if error_digits is None else error_digits)
    return f"{statistics.mean(values):.{digits}f}", error and f"± {error} standard error"


def hardware() -> str:
    """Return the processor and its number of cores, such as `AMD EPYC 7B13, 2 cores`."""
    name = platform.processor() or platform.machine()
    with contextlib.suppress(OSError):
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        name = next((line.split(":")[1].strip() for line in lines if line.startswith("model name")), name)
    return f"{name}, {os.cpu_count()} cores"


def command(arguments: Sequence[str] | None = None) -> str:
    """Return the command of this process, as it can be repeated at the top of the repository.

    Paths differ between machines: `DIR` or `FILE` is written for them.

    Args:
        arguments: Path of a module of `checks` or `benchmarks`, and its arguments; by default `sys.argv`.
    """
    script, *words = sys.argv if arguments is None else arguments
    options = [_without_path(word, words[index - 1] if index else "") for index, word in enumerate(words)]
    folder, stem = Path(script).resolve().parent.name, Path(script).stem
    return shlex.join(["python", "-m", f"{folder}.{stem}", *options])


def _without_path(word: str, before: str) -> str:
    name = word.partition("=")[0]
    if name in _PATH_OPTIONS and "=" in word:
        return f"{name}={_PATH_OPTIONS[name]}"
    return _PATH_OPTIONS.get(before, word)
