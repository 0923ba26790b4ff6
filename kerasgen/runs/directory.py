"""The directory of a run and the files in it."""

import contextlib
import errno
import json
import os
from collections.abc import Iterator
from dataclasses import MISSING, fields
from pathlib import Path
from typing import Any, Self, get_type_hints

from kerasgen.errors import KerasgenError, RunError, UsageError
from kerasgen.io.checkpoints import Checkpoints
from kerasgen.io.files import atomic_write, remove_leftovers
from kerasgen.io.json_file import read_json
from kerasgen.io.regular_files import is_real_directory, is_regular, kind_of, open_regular
from kerasgen.runs.settings import Settings

RUNS = Path("runs")  # parent of run directories by default
# Types of the values in recipe.json
_TYPES = get_type_hints(Settings) | {
    "dataset": str,
    "data_dir": str | None,
    "backend": str,
    "class_names": list | None,
    "fingerprint": str,
    "keep": int,
    "keep_best": str | None,
    "parameters": int,
    "started": str | None,
    "versions": dict,
}
_KINDS = {
    int: "a whole number",
    int | None: "a whole number or null",
    bool: "true or false",
    str: "text",
    str | None: "text or null",
    dict: "an object {...}",
    list | None: "a list or null",
    dict[str, Any]: "an object {...}",
}


class Run:
    """The directory of a run, and the paths in it.

    Args:
        directory: path of the directory.

    Example:
        >>> Run("runs/vae-1").model_path.name
        'model.keras'
    """

    def __init__(self, directory: str | os.PathLike) -> None:
        self.directory = Path(directory)
        self.recipe_path = self.directory / "recipe.json"
        self.model_path = self.directory / "model.keras"
        self.best_path = self.directory / "best.keras"
        self.checkpoints = self.directory / "checkpoints"
        self.samples = self.directory / "samples"
        self.history_path = self.directory / "history.csv"
        self.curves_path = self.directory / "curves.png"
        self.report_path = self.directory / "report.html"
        self.logs = self.directory / "logs"

    @classmethod
    @contextlib.contextmanager
    def claim(
        cls, recipe: str, out: str | os.PathLike | None = None, root: str | os.PathLike = RUNS, keep: int = 3
    ) -> Iterator[tuple[Self, Checkpoints]]:
        """Context manager that yields a run to train, and its locked `Checkpoints`.

        The run is in the directory `out`, which may hold an earlier training, or in the next free `root/<recipe>-<n>`.
        An empty `recipe.json` marks it.

        Args:
            recipe: name of the recipe, for the name of the directory.
            out: directory of the run, or None.
            root: parent of the directory if `out` is None.
            keep: number of checkpoints to keep.

        Raises:
            RunError: `out` exists and is neither a run nor empty, its `recipe.json` is not valid, another process
                trains in it, or nothing can be written there.
            UsageError: `out` is empty text.

        Example:
            >>> import tempfile
            >>> with Run.claim("vae", root=tempfile.mkdtemp()) as (run, checkpoints):
            ...     run.directory.name
            'vae-1'
        """
        run = cls(_make_numbered(Path(root), recipe) if out is None else _make(out))
        run.check_entries()
        try:
            os.close(open_regular(run.recipe_path, os.O_WRONLY | os.O_CREAT))
        except OSError as error:
            raise RunError(f"cannot make a run in {run.directory}: {error.strerror}") from error
        if not run.is_empty():
            run.read_settings()  # refuses a recipe.json that is not of kerasgen before anything is written
        with run.locked(keep) as checkpoints:
            yield run, checkpoints

    @classmethod
    def open(cls, directory: str | os.PathLike) -> Self:
        """Return the run in an existing directory.

        Args:
            directory: path of the directory.

        Raises:
            RunError: there is no run, or a part of it is a link or a special file.
        """
        run = cls(directory)
        run.check_entries()
        if not run.recipe_path.exists():
            raise RunError(f"{directory} is not a run: it has no recipe.json")
        return run

    def check_entries(self) -> None:
        """Refuse links and special files in the place of the files and directories of a run.

        Raises:
            RunError: there is one.
        """
        folders = {self.checkpoints, self.samples, self.logs}
        for path in (*folders, *self._files()):
            expected = is_real_directory if path in folders else is_regular
            if os.path.lexists(path) and not expected(path):
                wanted = "directory" if path in folders else "regular file"
                raise RunError(f"{path} is {kind_of(path)}; a run has a {wanted} of that name: remove it")

    @contextlib.contextmanager
    def locked(self, keep: int = 3) -> Iterator[Checkpoints]:
        """Context manager that keeps other processes from training in the run, and yields its `Checkpoints`.

        Temporary files of a killed process are removed.

        Args:
            keep: number of checkpoints to keep.

        Raises:
            RunError: another process trains in it.
        """
        checkpoints = Checkpoints(self.checkpoints, keep)
        with checkpoints.locked():
            self.check_entries()
            for path in self._files():
                remove_leftovers(path)
            with contextlib.suppress(OSError):
                for left in [*self.samples.glob(".epoch-*-????????.*")]:
                    left.unlink(missing_ok=True)
            yield checkpoints

    def has_started(self) -> bool:
        """Return whether a checkpoint was ever written."""
        written = (self.model_path, self.best_path, self.history_path)
        return bool(Checkpoints(self.checkpoints).paths()) or any(map(os.path.lexists, written))

    def is_empty(self) -> bool:
        """Return whether `recipe.json` is empty, as after a kill at the very beginning."""
        return self.recipe_path.stat().st_size == 0

    def remove(self) -> None:
        """Remove the files of the run, and its directory unless it holds other files. Call it in `locked`."""
        folders = [path for path in (self.samples, self.logs) if is_real_directory(path)]
        for path in [*self._files(), *(file for folder in folders for file in folder.iterdir())]:
            path.unlink(missing_ok=True)
        for path in Checkpoints(self.checkpoints).paths():
            for file in path.iterdir():
                file.unlink()
            path.rmdir()
        (self.checkpoints / "lock").unlink(missing_ok=True)  # last, because another process may wait for it
        for path in (*folders, self.checkpoints, self.directory):
            path.rmdir()

    def write_recipe(self, record: dict[str, Any]) -> None:
        """Write `recipe.json`.

        Args:
            record: its contents.
        """
        with atomic_write(self.recipe_path) as temporary:
            temporary.write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")

    def read_recipe(self) -> dict[str, Any]:
        """Return the contents of `recipe.json`.

        Raises:
            RunError: the file is damaged, or a value in it has a wrong type.
        """
        if is_regular(self.recipe_path) and self.is_empty():
            raise RunError(f"{self.recipe_path} is empty: its training was killed at the start; train again")
        record = read_json(self.recipe_path)
        for name, kind in _TYPES.items():
            if name in record and not _has_type(record[name], kind):
                value = json.dumps(record[name])
                shown = value if len(value) < 60 else f"{value[:57]}..."
                raise RunError(f"{self.recipe_path}: {name} is {shown}, and must be {_KINDS[kind]}; correct it")
        return record

    def read_settings(self) -> Settings:
        """Return the `Settings` in `recipe.json`.

        Raises:
            RunError: the file is damaged, a setting is missing, or a value is not valid.
        """
        record = self.read_recipe()
        missing = [field.name for field in fields(Settings) if field.default is MISSING and field.name not in record]
        if missing:
            raise RunError(f"{self.recipe_path} lacks settings: {', '.join(missing)}; train in another directory")
        try:
            return Settings(**{field.name: record[field.name] for field in fields(Settings) if field.name in record})
        except KerasgenError as error:
            raise RunError(f"{self.recipe_path}: {error}") from error

    def _files(self) -> tuple[Path, ...]:
        """Return the paths of the files that a training writes; `recipe.json`, which marks the run, is the last."""
        return (
            *(self.history_path, self.curves_path, self.report_path),
            *(self.best_path, self.model_path, self.recipe_path),
        )


def check_out(out: str | os.PathLike | None) -> None:
    """Raise an error if `out` cannot become or be a run's directory, before long work starts.

    Args:
        out: path, or None.

    Raises:
        RunError: it exists and is neither empty nor a run.
        UsageError: it is empty text.

    Example:
        >>> check_out(None)
    """
    if out is None:
        return
    if not str(out):
        raise UsageError("--out is empty; give the run's directory, or leave it out")
    out = Path(out)
    if not os.path.lexists(out) or (out.is_dir() and not any(out.iterdir())):
        return
    if not is_regular(out / "recipe.json"):
        raise RunError(f"{out} exists already and is not empty; give another --out, or remove it first")


def _make(out: str | os.PathLike) -> Path:
    """Make the directory `out` unless it exists, and return its path."""
    check_out(out)
    try:
        Path(out).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise RunError(f"cannot make a run in {out}: {error.strerror}") from error
    return Path(out)


def _make_numbered(root: Path, recipe: str) -> Path:
    """Make the next free directory `root/<recipe>-<n>`; if several processes try, each makes another one."""
    n = 1
    while True:
        directory = root / f"{recipe}-{n}"
        try:
            directory.mkdir(parents=True)
            return directory
        except OSError as error:
            if error.errno != errno.EEXIST or not os.path.lexists(directory):
                raise RunError(f"cannot make a run in {directory}: {error.strerror}") from error
        n += 1


def _has_type(value: Any, kind: Any) -> bool:
    kind = dict if kind == dict[str, Any] else kind
    return isinstance(value, kind) and (kind is bool or not isinstance(value, bool))  # True is an int in Python
