"""The directory of a run and the files in it."""

import json
from dataclasses import fields
from pathlib import Path
from typing import get_type_hints

from kerasgen.errors import RunError, UsageError
from kerasgen.io.files import atomic_write
from kerasgen.runs.settings import Settings

RUNS = Path("runs")  # where runs lie, unless told otherwise

# What is read from recipe.json, and what its values are called.
_TYPES = get_type_hints(Settings) | {"backend": str, "parameters": int}
_KINDS = {
    int: "a whole number",
    bool: "true or false",
    str: "a text",
    str | None: "a text or null",
    dict: "an object {...}",
}


class Run:
    """A run's directory and the places in it.

    Args:
        directory: path of a directory that `Run.create` made.
    """

    def __init__(self, directory):
        self.directory = Path(directory)
        self.recipe_path = self.directory / "recipe.json"
        self.model_path = self.directory / "model.keras"
        self.checkpoints = self.directory / "checkpoints"
        self.samples = self.directory / "samples"
        self.history_path = self.directory / "history.csv"
        self.curves_path = self.directory / "curves.png"
        self.logs = self.directory / "logs"

    @classmethod
    def create(cls, recipe, out=None, root=RUNS):
        """Make the directory `out`, or the next free `root/<recipe>-<n>`, with an empty `recipe.json` that claims it.

        Raises:
            RunError: `out` exists and is not an empty directory, or nothing can be written there.
            UsageError: `out` is empty.
        """
        if out is not None:
            check_out(out)
            if not _claimed(Path(out)):
                raise _not_free(out)
            return cls(out)
        n = 1
        while (directory := Path(root) / f"{recipe}-{n}").exists() or not _claimed(directory):
            n += 1
        return cls(directory)

    @classmethod
    def open(cls, directory):
        """Return the run in an existing directory.

        Raises:
            RunError: there is no run.
        """
        run = cls(directory)
        if not run.recipe_path.is_file():
            raise RunError(f"{directory} is not a run: it has no recipe.json")
        return run

    def write_recipe(self, record):
        """Write `recipe.json`."""
        with atomic_write(self.recipe_path) as temporary:
            temporary.write_text(json.dumps(record, indent=2) + "\n")

    def read_recipe(self):
        """Return `recipe.json` as a dict.

        Raises:
            RunError: the file is damaged, or a value in it is of a wrong type.
        """
        try:
            record = dict(json.loads(self.recipe_path.read_text()))
        except (OSError, ValueError, TypeError) as error:
            raise RunError(f"cannot read {self.recipe_path}: {error}") from error
        for name, kind in _TYPES.items():
            if name in record and not _is(record[name], kind):
                value = json.dumps(record[name])
                raise RunError(f"{self.recipe_path}: {name} is {value}, and must be {_KINDS[kind]}; put it right")
        return record

    def read_settings(self):
        """Return the `Settings` in `recipe.json`.

        Raises:
            RunError: the file is damaged, or of a version that knew other settings.
        """
        record = self.read_recipe()
        try:
            return Settings(**{field.name: record[field.name] for field in fields(Settings) if field.name in record})
        except TypeError as error:
            raise RunError(f"{self.recipe_path} lacks settings: {error}") from error


def check_out(out):
    """Raise `RunError` or `UsageError` if `out` could not become a run's directory, before long work starts."""
    if out is None:
        return
    if not str(out):
        raise UsageError("--out is empty; give the run's directory, or leave it out")
    if Path(out).exists() and not (Path(out).is_dir() and not any(Path(out).iterdir())):
        raise _not_free(out)


def _not_free(out):
    return RunError(f"{out} exists already and is not empty; give another --out, or remove it first")


def _claimed(directory):
    """Make the directory and `recipe.json`; return False if that was there, made by another run a moment ago."""
    try:
        directory.mkdir(parents=True, exist_ok=True)
        (directory / "recipe.json").touch(exist_ok=False)  # of several processes one succeeds
    except FileExistsError:
        return False
    except OSError as error:
        raise RunError(f"cannot make a run in {directory}: {error.strerror}") from error
    return True


def _is(value, kind):
    return isinstance(value, kind) and (kind is bool or not isinstance(value, bool))  # True is an int in Python
