"""Finished runs, read from the files that they have left. The content of the files is validated."""

from __future__ import annotations

import csv
import io
import itertools
import json
import math
import os
import stat
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from kerasgen.errors import RunError
from kerasgen.io.archive import checksum_of
from kerasgen.runs.directory import Run

_LARGEST_FILE = 2**25  # bytes of a table or JSON file
_MOST_COLUMNS = 200  # of a table
_LONGEST_NAME = 100  # characters of a logged value or a score
# Entries of a run's record that are no settings; the number of epochs is one of its results
_NOT_SETTINGS = {"epochs", "fingerprint", "versions", "started", "parameters"}


class FinishedRun:
    """The results of a run, read from its directory.

    Args:
        directory: directory of the run.
        name: name of the run in tables and pictures.

    Attributes:
        record: dict, the content of `recipe.json`.
        history: dict of key -> a value for each epoch, NaN where an epoch has none.
        picture: path of the last picture of samples, or None.
        scores: dict of name -> value from `kerasgen evaluate`; empty if they belong to other weights or other data.
        left_out: why scores were left out, in words, or None.

    Raises:
        RunError: the directory is no run, has no finished epoch, or one of its files is damaged.

    Example:
        >>> FinishedRun("runs/vae-1", "vae-1").history["loss"]  # doctest: +SKIP
        [164.0, 137.2]
    """

    def __init__(self, directory: str | os.PathLike, name: str):
        run = Run.open(directory)
        self.name = name
        self.record: dict[str, Any] = run.read_recipe()
        self.history = read_history(run.history_path)
        if not self.history:
            raise RunError(f"{directory} has no finished epoch to compare")
        # By length first, because epoch-10000 comes after epoch-9999
        self.picture = max(run.samples.glob("epoch-*.png"), key=lambda path: (len(path.name), path.name), default=None)
        measured, scores = read_scores(run.directory / "metrics.json")
        self.left_out = _mismatch(measured, self.record, run.model_path)
        self.scores = {} if self.left_out else scores

    @property
    def settings(self) -> dict[str, Any]:
        """Return a flat dict of all settings, including the options of the recipe."""
        settings = {name: value for name, value in self.record.items() if name not in _NOT_SETTINGS}
        return settings | settings.pop("options", {})

    @property
    def results(self) -> dict[str, str]:
        """Return a dict of name -> text: epochs, seconds, parameters, the last logged values, the scores."""
        last = {name: values[-1] for name, values in self.history.items() if not math.isnan(values[-1])}
        results = {"epochs": f"{last.pop('epoch'):.0f}", "seconds": f"{last.pop('seconds', math.nan):.0f}"}
        if "parameters" in self.record:
            results["parameters"] = f"{self.record['parameters']:,}"
        return results | {name: f"{value:.4g}" for name, value in (last | self.scores).items()}


def read_runs(directories: Sequence[str | os.PathLike]) -> list[FinishedRun]:
    """Return the finished run in each directory. Its name is the shortest end of its path that no other run has.

    Raises:
        RunError: as `FinishedRun`.

    Example:
        >>> [run.name for run in read_runs(["runs/vae-1", "runs/vae-2"])]  # doctest: +SKIP
        ['vae-1', 'vae-2']
    """
    paths = [Path(os.path.abspath(directory)) for directory in directories]
    length = next(n for n in itertools.count(1) if len({path.parts[-n:] for path in paths}) == len(set(paths)))
    names = [str(Path(*path.parts[-length:])) for path in paths]
    return [FinishedRun(directory, name) for directory, name in zip(directories, names)]


def table(runs: Sequence[FinishedRun]) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """Return the titles and rows of a table: a row for each differing setting and each result, a column for each run.

    Example:
        >>> table([])
        (('',), [])
    """
    settings = _rows([run.settings for run in runs])
    differing = [row for row in settings if len(set(row[1:])) > 1]
    return ("", *(run.name for run in runs)), [*differing, *_rows([run.results for run in runs])]


def read_history(path: Path) -> dict[str, list[float]]:
    """Return the table of a run's logged values: key -> a value for each epoch, NaN where an epoch has none.

    Args:
        path: path of `history.csv`; if there is no such file, the result is empty.

    Raises:
        RunError: the file is damaged, or no table of numbers with a column `epoch`.

    Example:
        >>> read_history(Path("/nowhere/history.csv"))
        {}
    """
    text = _read_text(path)
    if text is None:
        return {}
    try:
        header, *rows = [row for row in csv.reader(io.StringIO(text), strict=True) if row] or [[]]
    except csv.Error as error:
        raise RunError(f"cannot read {path}: {error}") from error
    _check_header(path, header)
    for number, row in enumerate(rows, start=2):
        if len(row) != len(header):
            raise RunError(f"cannot read {path}: row {number} has {len(row)} values, the header {len(header)}")
    history = {name: [_number(path, name, row[i]) for row in rows] for i, name in enumerate(header)}
    if not all(epoch >= 1 and epoch.is_integer() for epoch in history["epoch"]):
        raise RunError(f"cannot read {path}: an epoch is no whole number of 1 or more")
    return history if rows else {}


def read_scores(path: Path) -> tuple[dict[str, Any], dict[str, float]]:
    """Return the content of a file of `kerasgen evaluate`, and its scores: a dict of name -> value.

    Args:
        path: path of `metrics.json`; if there is no such file, both dicts are empty.

    Raises:
        RunError: the file is damaged.

    Example:
        >>> read_scores(Path("/nowhere/metrics.json"))
        ({}, {})
    """
    text = _read_text(path)
    if text is None:
        return {}, {}
    try:
        measured = json.loads(text)
        entries = measured["scores"] if "scores" in measured else measured["figures"]
        values = {entry["name"]: entry["value"] for entry in entries}
        if not all(isinstance(name, str) and len(name) <= _LONGEST_NAME for name in values):
            raise ValueError(f"a name is no text of at most {_LONGEST_NAME} characters")
        if any(isinstance(value, bool | str) for value in values.values()):
            raise ValueError("a value is no number")
        return measured, {name: float(value) for name, value in values.items() if value is not None}
    except (ValueError, TypeError, KeyError, OverflowError, RecursionError) as error:
        reason = "it holds no scores" if isinstance(error, KeyError) else error
        raise RunError(f"cannot read {path}: {reason}; run kerasgen evaluate again") from error


def _read_text(path):
    """Return the text of a regular file of bounded size, or None if there is no file. Links are not followed."""
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    try:
        with open(os.open(path, flags), "rb") as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise RunError(f"cannot read {path}: it is no regular file")
            content = file.read(_LARGEST_FILE + 1)
        if len(content) > _LARGEST_FILE:
            raise RunError(f"cannot read {path}: it has more than {_LARGEST_FILE:,} bytes")
        return content.decode("utf-8")
    except FileNotFoundError:
        return None
    except RunError:
        raise
    except (OSError, ValueError) as error:
        raise RunError(f"cannot read {path}: {getattr(error, 'strerror', None) or error}") from error


def _check_header(path, header):
    if "epoch" not in header:
        raise RunError(f"cannot read {path}: it has no column epoch")
    if len(set(header)) < len(header) or len(header) > _MOST_COLUMNS:
        raise RunError(f"cannot read {path}: {len(header)} columns; expected at most {_MOST_COLUMNS}, all different")
    if not all(name and len(name) <= _LONGEST_NAME for name in header):
        raise RunError(f"cannot read {path}: a column has no name, or one of more than {_LONGEST_NAME} characters")


def _number(path, name, text):
    """Return the number in a text, or NaN for an empty text."""
    try:
        return float(text) if text else math.nan
    except ValueError:
        raise RunError(f"cannot read {path}: {name} is {text[:40]!r}, which is no number") from None


def _rows(columns):
    names = dict.fromkeys(name for column in columns for name in column)
    return [(name, *(str(column.get(name, "")) for column in columns)) for name in names]


def _mismatch(measured, record, model_path):
    """Return in words why scores do not belong to the run's weights and data, or None if they do."""
    if _differ(measured.get("checksum"), checksum_of(model_path)):
        return f"of other weights than those in {model_path.name}"
    if _differ(measured.get("fingerprint"), record.get("fingerprint")):
        return f"on {measured.get('dataset')}, other data than it was trained on"
    return None


def _differ(a, b):
    return None not in (a, b) and a != b
