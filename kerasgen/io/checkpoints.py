"""Checkpoints on the disk: complete or absent, with checksums, and only the newest few.

checkpoints/
    lock                     held by the process that trains
    epoch-0003/              after three epochs
        model.keras          the model with its optimizers and random states
        state.json           the rest of the state that the next step depends on
        arrays.npz           arrays of that state, if it has any
        SHA256SUMS           in the format of `sha256sum --check`
    epoch-0003-step-000250/  after 250 steps of the fourth epoch

A checkpoint is written under a temporary name, flushed to the disk and renamed. `kill -9` at any moment leaves the
complete ones intact.
"""

import contextlib
import errno
import hashlib
import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kerasgen.errors import RunError, UsageError, shorten
from kerasgen.io.checkpoint_state import ARRAYS_FILE, STATE_FILE, decode_state, encode_state
from kerasgen.io.files import atomic_directory, remove_directory, remove_leftovers
from kerasgen.io.regular_files import hash_regular, is_real_directory, kind_of, open_regular, read_regular

fcntl: Any
try:
    import fcntl
except ImportError:  # Windows: a second run in the same directory is not noticed there
    fcntl = None

# Some network file systems have no locks; a second run in the same directory is not noticed there either
_CANNOT_LOCK = {errno.EINVAL, errno.ENOLCK, errno.ENOSYS, errno.ENOTSUP}
MODEL_FILE = "model.keras"
_SUMS_FILE = "SHA256SUMS"
# Largest size of each file in bytes; the model's fits the weights of `kerasgen.io.archive`
_MAX_BYTES = {MODEL_FILE: 2**31 + 2**21, STATE_FILE: 2**25, ARRAYS_FILE: 2**31}
_NAME = re.compile(r"epoch-(\d{1,9})(?:-step-(\d{1,12}))?", re.ASCII)
_INTERVAL = re.compile(r"(\d{1,12}) ?(steps?|min|minutes?)", re.ASCII)


@dataclass(frozen=True)
class SavedCheckpoint:
    """A checkpoint that was read and verified.

    Attributes:
        path: its directory.
        state: nested dicts, lists, plain values and arrays, see `kerasgen.io.checkpoint_state`.
    """

    path: Path
    state: dict[str, Any]


class Checkpoints:
    """The checkpoints in a directory.

    Args:
        directory: path; made when it is first written to.
        keep: number of checkpoints to keep.

    Raises:
        UsageError: `keep` is not a whole number of 1 or more.

    Example:
        >>> Checkpoints("runs/vae-1/checkpoints").paths()
        []
    """

    def __init__(self, directory: str | os.PathLike, keep: int = 3) -> None:
        if not isinstance(keep, int) or isinstance(keep, bool) or keep < 1:
            raise UsageError(f"keep is {keep!r}; it is the number of checkpoints to keep, a whole number of 1 or more")
        self.directory, self.keep = Path(directory), keep
        self._is_locked = False

    def paths(self) -> list[Path]:
        """Return the paths of all checkpoints, the newest first."""
        found = self.directory.iterdir() if is_real_directory(self.directory) else ()
        return sorted((path for path in found if _NAME.fullmatch(path.name)), key=_position, reverse=True)

    def newest(self) -> tuple[SavedCheckpoint | None, list[str]]:
        """Return `(checkpoint, skipped)`: the newest valid checkpoint, and one line for each newer one.

        Without any checkpoint, the first is None.

        Raises:
            RunError: there are checkpoints, and all of them are damaged.
        """
        skipped = []
        for path in self.paths():
            try:
                return _read(path), skipped
            except OSError as error:
                name = "it" if str(error.filename) == str(path) else f"its {Path(str(error.filename)).name}"
                skipped.append(f"checkpoint {path} is damaged ({name}: {error.strerror})")
            except ValueError as error:
                skipped.append(f"checkpoint {path} is damaged ({error})")
        if skipped:
            raise RunError(f"{'; '.join(skipped)}; no checkpoint is left to resume from: train in another directory")
        return None, skipped

    def path(self, epoch: int, step: int) -> Path:
        """Return the path of the checkpoint after `epoch` epochs and `step` steps of the next one."""
        return self.directory / (f"epoch-{epoch:04d}" + (f"-step-{step:06d}" if step else ""))

    def write(self, state: dict[str, Any], save_model: Callable[[Path], None]) -> Path:
        """Write a checkpoint, remove the oldest ones beyond `keep`, and return its path.

        Args:
            state: nested dicts, lists, plain values and arrays with the keys `epoch` and `step`.
            save_model: function that writes the model to a given `.keras` file.

        Raises:
            OSError: it cannot be written.
            RunError: the state is too large.
        """
        path = self.path(state["epoch"], state["step"])
        _make_directory(self.directory)
        try:
            files = encode_state(state)
        except ValueError as error:
            raise RunError(f"cannot write {path}: {error}") from error
        with atomic_directory(path) as temporary:
            save_model(temporary / MODEL_FILE)
            for name, contents in files.items():
                (temporary / name).write_bytes(contents)
            sums = "".join(
                f"{hash_regular(file, file.stat().st_size)}  {file.name}\n" for file in sorted(temporary.iterdir())
            )
            (temporary / _SUMS_FILE).write_text(sums)
        for old in self.paths()[self.keep :]:
            if old != path:
                remove_directory(old)
        return path

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Context manager that keeps other processes from training in the directory.

        The operating system holds the lock as long as the process lives, so that a dead process holds none. Temporary
        files of a killed process are removed. The context can be entered again while it is held.

        Raises:
            RunError: another process trains, or the directory cannot be written.
        """
        if self._is_locked:
            yield
            return
        with self._open_lock() as file:
            self._is_locked = True
            try:
                self._remove_leftovers()
                with contextlib.suppress(OSError):  # on a full disk the lock holds all the same
                    file.truncate(0)
                    file.write(str(os.getpid()).encode())
                yield
            finally:
                self._is_locked = False

    def _open_lock(self) -> Any:
        """Return the open and locked file `lock`."""
        path = self.directory / "lock"
        while True:
            try:
                _make_directory(self.directory)
                file = os.fdopen(open_regular(path, os.O_RDWR | os.O_CREAT), "rb+", buffering=0)
            except OSError as error:
                raise RunError(f"cannot write to {error.filename}: {error.strerror}") from error
            try:
                self._lock(file)
                status = os.fstat(file.fileno())
                if status.st_nlink > 1:  # truncating it would destroy the file of the other name
                    raise RunError(f"cannot write to {path}: it is a hard link; remove it")
                with contextlib.suppress(OSError):
                    if os.path.samestat(status, os.lstat(path)):
                        return file
            except BaseException:
                file.close()
                raise
            file.close()  # the process that held it has removed it meanwhile

    def _lock(self, file: Any) -> None:
        if fcntl is None:
            return
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            if error.errno in _CANNOT_LOCK:
                return
            process = file.read(20).decode("ascii", "replace")
            raise RunError(
                f"{self.directory} is in use: process {process if process.isdigit() else '?'} trains there; "
                "wait for its end, or stop it"
            ) from None

    def _remove_leftovers(self) -> None:
        """Remove the temporary directories of checkpoints that a killed process was writing or removing."""
        with contextlib.suppress(OSError):
            for left in [*self.directory.iterdir()]:
                name = left.name.removeprefix(".").rpartition("-")[0]
                if left.name.startswith(".") and _NAME.fullmatch(name):
                    remove_leftovers(self.directory / name)


def parse_interval(text: str | None) -> tuple[int | None, int | None]:
    """Return `(steps, seconds)` for an interval such as `500steps` or `10min`; one of them is None, or both.

    Args:
        text: the interval, or None.

    Raises:
        UsageError: another text.

    Example:
        >>> parse_interval("10min")
        (None, 600)
    """
    if text is None:
        return None, None
    match = _INTERVAL.fullmatch(text.strip())
    if not match or not int(match[1]):
        raise UsageError(f"checkpoints every {shorten(text)}: give steps or minutes, such as 500steps or 10min")
    return (int(match[1]), None) if match[2].startswith("step") else (None, 60 * int(match[1]))


def _position(path: Path) -> tuple[int, int]:
    match = _NAME.fullmatch(path.name)
    assert match is not None
    return int(match[1]), int(match[2] or 0)


def _make_directory(path: Path) -> None:
    """Make a directory with its parents, unless it exists; refuse a link."""
    path.mkdir(parents=True, exist_ok=True)
    if not is_real_directory(path):
        raise NotADirectoryError(errno.ENOTDIR, f"it is {kind_of(path)}", str(path))


def _read(path: Path) -> SavedCheckpoint:
    """Return the checkpoint; raise `OSError` or `ValueError` unless its files match their checksums and are valid."""
    if not is_real_directory(path):
        raise ValueError(f"it is {kind_of(path)}")
    sums = _read_sums(path / _SUMS_FILE)
    files = {}
    for name, expected in sums.items():
        try:
            if name == MODEL_FILE:  # checked again, and its contents too, by `kerasgen.models.load.restore`
                digest = hash_regular(path / name, _MAX_BYTES[name])
            else:
                files[name] = read_regular(path / name, _MAX_BYTES[name])
                digest = hashlib.sha256(files[name]).hexdigest()
        except FileNotFoundError:
            raise ValueError(f"it has no {name}") from None
        if digest != expected:
            raise ValueError(f"the checksum of its {name} is wrong")
    return SavedCheckpoint(path, decode_state(files, *_position(path)))


def _read_sums(path: Path) -> dict[str, str]:
    """Return the checksums in a file, name -> digest."""
    try:
        text = read_regular(path, 2**16).decode()
    except FileNotFoundError:
        raise ValueError(f"it has no {path.name}") from None
    except UnicodeError:
        raise ValueError(f"its {path.name} is not text") from None
    lines = [line.split("  ", 1) for line in text.splitlines()]
    sums = {line[1]: line[0] for line in lines if len(line) == 2}
    if not {MODEL_FILE, STATE_FILE} <= set(sums) <= set(_MAX_BYTES) or len(sums) != len(lines):
        raise ValueError(f"its {path.name} does not list the files of a checkpoint")
    return sums
