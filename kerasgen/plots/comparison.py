"""Runs beside each other: the settings that differ, their figures, their samples and their curves. No backend."""

import csv
import itertools
import json
import os
from pathlib import Path

from kerasgen.errors import RunError
from kerasgen.io.archive import checksum_of
from kerasgen.io.files import atomic_write
from kerasgen.runs import Run

# What a run's record holds beside its settings; of `epochs` the results say how many there were.
_NOT_SETTINGS = {"epochs", "fingerprint", "versions", "started", "parameters"}


def read(directories):
    """Return the `Finished` run in each directory, named by as much of the end of its path as no other has.

    Raises:
        RunError: as `Finished`.
    """
    paths = [Path(os.path.abspath(directory)) for directory in directories]
    length = next(n for n in itertools.count(1) if len({path.parts[-n:] for path in paths}) == len(set(paths)))
    names = [str(Path(*path.parts[-length:])) for path in paths]
    return [Finished(directory, name) for directory, name in zip(directories, names)]


class Finished:
    """What a run has left behind, read from its files.

    Args:
        directory: of the run.
        name: what to call it.

    Attributes:
        figures: of `kerasgen evaluate`, a dict; none if they are of other weights, or of other data, than the run's.
        left_out: what they are of then, in words, or None.

    Raises:
        RunError: it is no run, or has not finished an epoch.
    """

    def __init__(self, directory, name):
        run = Run.open(directory)
        self.name = name
        self.record = run.read_recipe()
        self.history = _read_history(run.history_path)
        # By length first: epoch-10000 comes after epoch-9999
        self.picture = max(run.samples.glob("epoch-*.png"), key=lambda path: (len(path.name), path.name), default=None)
        measured, figures = _read_figures(run.directory / "metrics.json")
        self.left_out = _others(measured, self.record, run.model_path)
        self.figures = {} if self.left_out else figures

    @property
    def settings(self):
        """Return a flat dict of all settings, the recipe's options among them."""
        settings = {name: value for name, value in self.record.items() if name not in _NOT_SETTINGS}
        return settings | settings.pop("options", {})

    @property
    def results(self):
        """Return a dict of name -> text: epochs, seconds, parameters, the last logged values, the figures."""
        last = {name: values[-1] for name, values in self.history.items() if values[-1] is not None}
        results = {"epochs": f"{last.pop('epoch'):.0f}", "seconds": f"{last.pop('seconds', float('nan')):.0f}"}
        if "parameters" in self.record:
            results["parameters"] = f"{self.record['parameters']:,}"
        return results | {name: f"{value:.4g}" for name, value in (last | self.figures).items()}


def table(runs):
    """Return `(titles, rows)`: a row for each setting that differs and for each result, a column for each run."""
    settings = _rows([run.settings for run in runs])
    differing = [row for row in settings if len(set(row[1:])) > 1]
    return ("", *(run.name for run in runs)), [*differing, *_rows([run.results for run in runs])]


def save_picture(path, runs):
    """Write a picture: the last samples of each run above, below a panel for each logged value with all curves."""
    from matplotlib.figure import Figure
    from PIL import Image

    keys = [key for key in dict.fromkeys(key for run in runs for key in run.history) if key not in ("epoch", "seconds")]
    columns = max(len(runs), min(3, len(keys)))
    below = -(-len(keys) // columns)
    figure = Figure(figsize=(4.4 * columns, 4.4 + 3.0 * below), layout="constrained")
    cells = figure.subplots(1 + below, columns, squeeze=False, gridspec_kw={"height_ratios": [1.4] + [1] * below})
    for axes in cells.flat:
        axes.set_axis_off()
    for axes, run in zip(cells[0], runs):
        axes.set_title(run.name)
        if run.picture is not None:
            with Image.open(run.picture) as image:
                axes.imshow(image.convert("RGB"), interpolation="nearest")
    for axes, key in zip(cells[1:].flat, keys):
        axes.set_axis_on()
        axes.set_title(key.replace("_", " "))
        for run in runs:
            if key in run.history:
                values = [float("nan") if value is None else value for value in run.history[key]]
                axes.plot(run.history["epoch"], values, marker=".", label=run.name)
        axes.set_xlabel("epoch")
        axes.xaxis.get_major_locator().set_params(integer=True)
        axes.grid(alpha=0.3)
        axes.spines[["top", "right"]].set_visible(False)
        axes.legend(frameon=False)
    with atomic_write(path) as temporary:
        figure.savefig(temporary, format="png", dpi=100)


def _rows(columns):
    names = dict.fromkeys(name for column in columns for name in column)
    return [(name, *(str(column.get(name, "")) for column in columns)) for name in names]


def _read_history(path):
    try:
        with path.open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        history = {key: [float(row[key]) if row[key] else None for row in rows] for key in rows[0]}
    except FileNotFoundError:
        history = {}
    except (OSError, ValueError, TypeError, IndexError) as error:
        raise RunError(f"cannot read {path}: {error}") from error
    if "epoch" not in history:
        raise RunError(f"{path.parent} has no finished epoch to compare")
    return history


def _read_figures(path):
    """Return what was measured, and its figures: a dict of name -> float, without those that are no numbers."""
    if not path.exists():
        return {}, {}
    try:
        measured = json.loads(path.read_text())
        figures = {figure["name"]: figure["value"] for figure in measured["figures"]}
        return measured, {name: float(value) for name, value in figures.items() if value is not None}
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise RunError(f"cannot read {path}: {error}") from error


def _others(measured, record, model_path):
    """Return in words of what else than the run's weights and data the figures are, or None."""
    if _differ(measured.get("checksum"), checksum_of(model_path)):
        return f"of other weights than those in {model_path.name}"
    if _differ(measured.get("fingerprint"), record.get("fingerprint")):
        return f"on {measured.get('dataset')}, other data than those it was trained on"
    return None


def _differ(a, b):
    return None not in (a, b) and a != b
