"""The directory of a run and the files in it."""

import json
from dataclasses import fields
from pathlib import Path

from kerasgen.errors import RunError
from kerasgen.files import atomic_write
from kerasgen.runs.settings import Settings


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
    def create(cls, recipe, out=None, root="runs"):
        """Make the directory `out`, or the next free `root/<recipe>-<n>`.

        Raises:
            RunError: `out` exists and is not an empty directory, or nothing can be written there.
        """
        if out is not None:
            return cls(_claim(Path(out)))
        n = 1
        while (directory := Path(root) / f"{recipe}-{n}").exists() or not _made(directory):
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
            RunError: the file is damaged.
        """
        try:
            return dict(json.loads(self.recipe_path.read_text()))
        except (OSError, ValueError, TypeError) as error:
            raise RunError(f"cannot read {self.recipe_path}: {error}") from error

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
    """Raise `RunError` if `out` could not become a run's directory; called before long work starts."""
    if out is not None and Path(out).exists() and not (Path(out).is_dir() and not any(Path(out).iterdir())):
        raise RunError(f"{out} exists already and is not empty; give another --out, or remove it first")


def _claim(directory):
    check_out(directory)
    if not _made(directory) and any(directory.iterdir()):
        check_out(directory)
    return directory


def _made(directory):
    """Make the directory; return False if it was there, for instance made by another run a moment ago."""
    try:
        directory.mkdir(parents=True)
    except FileExistsError:
        return False
    except OSError as error:
        raise RunError(f"cannot make the directory {directory}: {error.strerror}") from error
    return True
