"""The files of a run as plain values for its page. All files are read by bounded, validating readers."""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from kerasgen import zoo
from kerasgen.errors import DataError, KerasgenError
from kerasgen.plots.animation import epochs as picture_paths
from kerasgen.plots.curves import equilibrium_of, panel_keys
from kerasgen.plots.figures import drawable, open_picture
from kerasgen.report.encoding import encode_picture
from kerasgen.runs.directory import Run
from kerasgen.runs.finished import FinishedRun

MAX_EPOCHS = 60  # epochs whose samples are in the page
MAX_ROWS = 2000  # epochs whose logged values are in the page
_PICTURE_CHARACTERS = 480_000  # of all pictures of samples, if there is room in the page
_LARGEST_SIDE = 1400  # pixels of a picture in the page

Pictures = dict[Path, str]


def read_run(
    run: Run, name: str | None = None, pictures: Pictures | None = None, room: int = _PICTURE_CHARACTERS
) -> dict[str, Any]:
    """Return everything that the page shows of the files of a run.

    Args:
        run: the run, with at least one finished epoch.
        name: name of the run; by default that of its directory.
        pictures: pictures encoded before, to which new ones are added.
        room: number of characters that all pictures of samples may have.

    Raises:
        RunError: a file of the run is damaged, or no epoch is finished.

    Example:
        >>> read_run(Run("runs/vae-1"))["history"]["loss"]  # doctest: +SKIP
        [164.0, 137.2]
    """
    finished = FinishedRun(run.directory, name or _name_of(run))
    record, history = finished.record, _thinned(finished.history)
    recipe = _recipe_of(record)
    return {
        "name": finished.name,
        "directory": drawable(os.path.abspath(run.directory), 500),
        "recipe": str(record.get("recipe", "")),
        "summary": recipe.summary if recipe else "",
        "paper": recipe.paper if recipe else "",
        "dataset": _short_name(record.get("dataset")),
        "epochs": history["epoch"][-1],
        "planned": record.get("epochs"),
        "seconds": history.get("seconds", [None])[-1],
        "facts": _facts(record, finished.settings),
        "commands": _commands(run, record, recipe),
        "history": history,
        "charts": _charts(history),
        "samples": _read_samples(run, pictures, min(room, _PICTURE_CHARACTERS)),
        "scores": _scores(finished),
        "scores_note": finished.left_out,
        "neighbors": _read_optional(run.directory / "neighbors.png"),
    }


def select_epochs(numbers: list[int], most: int) -> list[int]:
    """Return at most `most` of the numbers, evenly spaced, with the first and the last.

    Example:
        >>> select_epochs([0, 1, 2, 3, 4], 3)
        [0, 2, 4]
    """
    if len(numbers) <= most:
        return numbers
    last = len(numbers) - 1
    return [numbers[round(i * last / (most - 1))] for i in range(most)] if most > 1 else numbers[-1:]


def _thinned(history):
    """Return the values of at most `MAX_ROWS` epochs, evenly spaced, with the first and the last."""
    rows = select_epochs([*range(len(history["epoch"]))], MAX_ROWS)
    return {name: [values[row] for row in rows] for name, values in history.items()}


def _name_of(run):
    return Path(os.path.abspath(run.directory)).name


def _short_name(dataset):
    """Return the name of a data set; of a path, its last part."""
    return "" if dataset is None else drawable(str(dataset).rstrip("/").rpartition("/")[2])


def _recipe_of(record):
    try:
        return zoo.get(record["recipe"])
    except (KerasgenError, KeyError, TypeError):
        return None


def _facts(record, settings):
    """Return groups of rows for the tables: title -> list of [name, text]."""
    data = {"dataset": record.get("dataset"), "fingerprint": record.get("fingerprint")}
    classes = record.get("class_names")
    if classes:
        data["classes"] = f"{len(classes)}: {', '.join(map(str, classes[:12]))}{', …' if len(classes) > 12 else ''}"
    about = {"backend": record.get("backend")} | dict(record.get("versions") or {}) | {"started": record.get("started")}
    if "parameters" in record:
        about["parameters"] = f"{record['parameters']:,}"
    used = {name: value for name, value in settings.items() if name not in {*data, "backend"} and value is not None}
    groups = {"Settings": {"epochs": record.get("epochs"), **used}, "Data": data, "Training": about}
    return {
        title: [[drawable(name), drawable(_as_text(value), 500)] for name, value in rows.items() if value is not None]
        for title, rows in groups.items()
    }


def _as_text(value):
    return {True: "true", False: "false"}.get(value, str(value)) if isinstance(value, bool) else str(value)


def _commands(run, record, recipe):
    """Return the commands to make, continue and use the run: list of [purpose, command]."""
    directory = shlex.quote(drawable(run.directory, 500))
    commands = [
        ["Continue the training", f"kerasgen resume {directory} --epochs {2 * int(record.get('epochs') or 1)}"],
        ["Generate samples", f"kerasgen generate {directory}"],
        ["Measure the model", f"kerasgen evaluate {directory}"],
    ]
    names = recipe.try_next if recipe else ("generate",)
    if "generate" not in names:
        commands[1] = [f"Use the model: {names[0]}", f"kerasgen {names[0]} {directory}"]
        if names[0] == "translate":
            commands[1][1] += " IMAGES -o translated"
    repeated = _train_command(run, recipe)
    return [["Train the same again", repeated], *commands] if repeated else commands


def _train_command(run, recipe):
    """Return the command that repeats the training, with the settings that differ from the defaults."""
    try:
        settings, record = asdict(run.read_settings()), run.read_recipe()
    except KerasgenError:
        return None
    words = ["kerasgen", "train", settings["recipe"]]
    for name in ("dataset", "image_size", "epochs", "batch_size"):
        if settings[name] != getattr(recipe, name):
            words += [f"--{name.replace('_', '-')}", str(settings[name])]
    for name, default in (("data_dir", None), ("seed", 0), ("precision", "float32"), ("devices", 1)):
        if settings[name] != default:
            words += [f"--{name.replace('_', '-')}", str(settings[name])]
    words += ["--deterministic"] if settings["deterministic"] else []
    for name, value in settings["options"].items():
        if value != recipe.options[name].default:
            words += ["--set", f"{name}={_as_text(value)}"]
    backend = record.get("backend")
    words += ["--backend", backend] if backend else []
    return shlex.join(drawable(word, 500) for word in words)


def _charts(history: Mapping[str, list[float]]) -> list[dict[str, Any]]:
    """Return the charts of the logged values, in the order of `curves.png`."""
    equilibrium = equilibrium_of(history)
    return [{"key": key, "equilibrium": equilibrium.get(key)} for key in panel_keys(history)]


def _scores(finished):
    names = finished.scores
    return [
        {
            "name": name,
            "value": value,
            "spread": _number(finished.measured.get(name, {}).get("spread")),
            "estimator": drawable(finished.measured.get(name, {}).get("estimator") or "", 300),
        }
        for name, value in names.items()
    ]


def _number(value):
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


# -- pictures


def _read_samples(run, pictures, room):
    """Return the numbers of the epochs and their pictures; damaged ones are left out."""
    pictures = {} if pictures is None else pictures
    paths = {int(path.stem.removeprefix("epoch-")): path for path in picture_paths(run.samples)}
    if not paths:
        return None
    last = _read_picture(paths[max(paths)], pictures)
    most = MAX_EPOCHS if last is None else min(MAX_EPOCHS, max(2, room // len(last)))
    encoded = {epoch: _read_picture(paths[epoch], pictures) for epoch in select_epochs(sorted(paths), most)}
    known = {epoch: picture for epoch, picture in encoded.items() if picture is not None}
    return {"epochs": [*known], "pictures": [*known.values()]} if known else None


def _read_picture(path, pictures):
    if path not in pictures:
        picture = _read_optional(path)
        if picture is None:
            return None
        pictures[path] = picture
    return pictures[path]


def _read_optional(path: Path) -> str | None:
    """Return a PNG file as a data URI, or None if there is none that can be read."""
    if not os.path.lexists(path):
        return None
    try:
        picture = open_picture(path)
    except DataError:
        return None
    if max(picture.size) > _LARGEST_SIDE:
        picture.thumbnail((_LARGEST_SIDE, _LARGEST_SIDE))
    return encode_picture(picture)
