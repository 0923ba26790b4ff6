"""Finished runs, read from their files. The content of the files is validated."""

from __future__ import annotations

import itertools
import math
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from kerasgen.errors import RunError
from kerasgen.io import history as io_history
from kerasgen.io.archive import checksum_of
from kerasgen.io.json_file import read_json
from kerasgen.runs.directory import Run

_LARGEST_FILE = 2**25  # bytes of a JSON file
_LONGEST_NAME = 100  # characters of a score
# Entries of a run's record that are not settings; the number of epochs is one of its results
_NOT_SETTINGS = {"class_names", "epochs", "fingerprint", "keep", "keep_best", "versions", "started", "parameters"}


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
        left_out: reason why scores were left out, in words, or None.
        measured: dict of name -> entry of `metrics.json`, with the estimator and the spread.

    Raises:
        RunError: the directory is not a run, has no finished epoch, or one of its files is damaged.

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
            raise RunError(f"{directory} has no finished epoch")
        # By length first, because epoch-10000 comes after epoch-9999
        self.picture = max(run.samples.glob("epoch-*.png"), key=lambda path: (len(path.name), path.name), default=None)
        measured, scores = read_scores(run.directory / "metrics.json")
        self.left_out = _mismatch(measured, self.record, run.model_path)
        self.scores = {} if self.left_out else scores
        entries = measured.get("scores", measured.get("figures", ()))
        self.measured = {entry["name"]: entry for entry in entries}

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
    return [FinishedRun(directory, name) for directory, name in zip(directories, names_of(directories))]


def names_of(directories: Sequence[str | os.PathLike]) -> list[str]:
    """Return a name for each directory: the shortest end of its path that no other directory has.

    Example:
        >>> names_of(["a/vae-1", "a/vae-2"]), names_of(["a/vae-1", "b/vae-1"])
        (['vae-1', 'vae-2'], ['a/vae-1', 'b/vae-1'])
    """
    paths = [Path(os.path.abspath(directory)) for directory in directories]
    length = next(n for n in itertools.count(1) if len({path.parts[-n:] for path in paths}) == len(set(paths)))
    return [str(Path(*path.parts[-length:])) for path in paths]


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
        RunError: the file is damaged, or is not a table of numbers with a column `epoch`.

    Example:
        >>> read_history(Path("/nowhere/history.csv"))
        {}
    """
    rows = io_history.read_history(path)
    names = io_history.columns_of(rows)
    return {name: [float(row.get(name, math.nan)) for row in rows] for name in names}


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
    if not os.path.lexists(path):
        return {}, {}
    measured = read_json(path, _LARGEST_FILE)
    try:
        entries = measured["scores"] if "scores" in measured else measured["figures"]  # the key of version 0.1.0
        values = {entry["name"]: entry["value"] for entry in entries}
        if not all(isinstance(name, str) and len(name) <= _LONGEST_NAME for name in values):
            raise ValueError(f"a name is not a text of at most {_LONGEST_NAME} characters")
        if any(isinstance(value, bool | str) for value in values.values()):
            raise ValueError("a value is not a number")
        return measured, {name: float(value) for name, value in values.items() if value is not None}
    except (ValueError, TypeError, KeyError, OverflowError, RecursionError) as error:
        reason = "it holds no scores" if isinstance(error, KeyError | TypeError) else error
        raise RunError(f"cannot read {path}: {reason}; run kerasgen evaluate again") from error


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
