"""Checkpoints on the disk: whole or not there, checksummed, the last few kept.

checkpoints/
    lock                     held by the process that trains
    epoch-0003/              after three epochs
        model.keras          the model with its optimizers and random states
        state.json           what else the next step depends on
        arrays.npz           arrays of that state, if it has any
        SHA256SUMS           as `sha256sum --check` reads it
    epoch-0003-step-000250/  and 250 steps of the fourth

A checkpoint is written beside its place, put onto the disk and renamed. `kill -9`, at any moment, leaves the ones
that were there.
"""

import contextlib
import hashlib
import json
import os
import re
import shutil
from pathlib import Path

from kerasgen.errors import RunError, UsageError
from kerasgen.io.files import atomic_directory, remove_directory

try:
    import fcntl
except ImportError:  # Windows: a second run on one directory is not noticed there
    fcntl = None

_SUMS = "SHA256SUMS"
_NAME = re.compile(r"epoch-(\d+)(?:-step-(\d+))?")
_INTERVAL = re.compile(r"(\d+) ?(steps?|min|minutes?)")


class Checkpoints:
    """The checkpoints in a directory.

    Args:
        directory: path; made when the first checkpoint is written.
        keep: how many to keep.
    """

    def __init__(self, directory, keep=3):
        self.directory, self.keep = Path(directory), keep

    def paths(self):
        """Return the paths of all checkpoints, the newest first."""
        found = self.directory.iterdir() if self.directory.is_dir() else ()
        return sorted((path for path in found if _NAME.fullmatch(path.name)), key=_position, reverse=True)

    def newest(self):
        """Return `(path, state, passed_over)` of the newest checkpoint that is whole: each file has its checksum.

        `passed_over` has a line for each newer one that is damaged. Without any checkpoint path and state are None.

        Raises:
            RunError: there are checkpoints, and all of them are damaged.
        """
        passed_over = []
        for path in self.paths():
            try:
                _verify(path)
                return path, _read_state(path), passed_over
            except (OSError, ValueError) as error:
                passed_over.append(f"checkpoint {path} is damaged ({error})")
        if passed_over:
            raise RunError(f"{'; '.join(passed_over)}; none is left to go on from: train anew in another directory")
        return None, None, passed_over

    def path(self, epoch, step):
        """Return the path of the checkpoint after `epoch` epochs and `step` steps of the next one."""
        return self.directory / (f"epoch-{epoch:04d}" + (f"-step-{step:06d}" if step else ""))

    def write(self, path, state, save_model):
        """Write a checkpoint, remove the oldest ones beyond `keep` and return its path.

        Args:
            path: what `path` returns.
            state: nest of dicts, lists, plain values and arrays.
            save_model: function that is given the path of the `.keras` file to write.
        """
        self.directory.mkdir(parents=True, exist_ok=True)
        with atomic_directory(path) as temporary:
            save_model(temporary / "model.keras")
            _write_state(temporary, state)
            sums = "".join(f"{_digest(file)}  {file.name}\n" for file in sorted(temporary.iterdir()))
            (temporary / _SUMS).write_text(sums)
        for old in self.paths()[self.keep :]:
            if old != path:
                remove_directory(old)
        return path

    @contextlib.contextmanager
    def locked(self):
        """Let no other process train into the directory meanwhile; what a killed one has left is cleared away.

        The operating system holds the lock for as long as the process lives, so that a dead one's is none.

        Raises:
            RunError: another process trains, or the directory cannot be written.
        """
        try:
            self.directory.mkdir(parents=True, exist_ok=True)
            file = (self.directory / "lock").open("a+")
        except OSError as error:
            raise RunError(f"cannot write to {self.directory}: {error.strerror}") from error
        with file:
            self._lock(file)
            for left in self.directory.glob(".epoch-*"):
                shutil.rmtree(left, ignore_errors=True)
            yield

    def _lock(self, file):
        if fcntl is None:
            return
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            file.seek(0)
            raise RunError(
                f"{self.directory} is in use: process {file.read().strip() or '?'} trains there; "
                "wait for its end, or stop it"
            ) from None
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()


def interval(text):
    """Return `(steps, seconds)`, one of them None, of a text such as `500steps` or `10min`; None gives two.

    Raises:
        UsageError: another text.
    """
    if text is None:
        return None, None
    match = _INTERVAL.fullmatch(text.strip())
    if not match or not int(match[1]):
        raise UsageError(f"checkpoints every {text!r}: give steps or minutes, such as 500steps or 10min")
    return (int(match[1]), None) if match[2].startswith("step") else (None, 60 * int(match[1]))


def refuse_changes(path, before, now):
    """Raise RunError, with the first differences, unless what wrote the checkpoint `path` is what would go on."""
    changed = _differences(before, json.loads(json.dumps(now, default=str)))
    if changed:
        more = f" and {len(changed) - 5} more" if len(changed) > 5 else ""
        raise RunError(f"cannot go on from {path} with other settings: {', '.join(changed[:5])}{more}")


def _differences(before, now, path=""):
    """Return a text for each value that differs between two nests, such as `batch_size was 100, is 50`."""
    if isinstance(before, dict) and isinstance(now, dict):
        keys = [*before, *(key for key in now if key not in before)]
        return [
            text
            for key in keys
            for text in _differences(before.get(key), now.get(key), f"{path}.{key}" if path else str(key))
        ]
    if isinstance(before, list) and isinstance(now, list) and len(before) == len(now):
        return [text for i, pair in enumerate(zip(before, now)) for text in _differences(*pair, f"{path}[{i}]")]
    return [] if before == now else [f"{path} was {_short(before)}, is {_short(now)}"]


def _short(value):
    text = json.dumps(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _position(path):
    epoch, step = _NAME.fullmatch(path.name).groups(default=0)
    return int(epoch), int(step)


def _digest(path):
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _verify(path):
    """Raise OSError or ValueError unless the files are exactly those of the list, with their checksums."""
    if not (path / _SUMS).is_file():
        raise ValueError(f"it has no {_SUMS}")
    lines = [line.split("  ", 1) for line in (path / _SUMS).read_text().splitlines()]
    sums = {line[1]: line[0] for line in lines if len(line) == 2}
    if not {"model.keras", "state.json"} <= set(sums):
        raise ValueError(f"its {_SUMS} is not whole")
    for name, expected in sums.items():
        if not (path / name).is_file():
            raise ValueError(f"it has no {name}")
        if _digest(path / name) != expected:
            raise ValueError(f"the checksum of its {name} is wrong")


def _write_state(path, state):
    arrays = {}
    (path / "state.json").write_text(json.dumps(_without_arrays(state, arrays)))
    if arrays:
        import numpy as np

        np.savez(path / "arrays.npz", **arrays)


def _read_state(path):
    state, arrays = json.loads((path / "state.json").read_text()), {}
    if (path / "arrays.npz").exists():
        import numpy as np

        with np.load(path / "arrays.npz", allow_pickle=False) as file:
            arrays = dict(file)
    return _with_arrays(state, arrays)


def _without_arrays(value, arrays):
    import numpy as np  # here, so that a dry run starts at once

    if isinstance(value, np.ndarray):
        arrays[str(len(arrays))] = value
        return {"array": str(len(arrays) - 1)}
    if isinstance(value, dict):
        return {key: _without_arrays(item, arrays) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_without_arrays(item, arrays) for item in value]
    return value.item() if isinstance(value, np.generic) else value


def _with_arrays(value, arrays):
    if isinstance(value, dict):
        return (
            arrays[value["array"]]
            if set(value) == {"array"}
            else {k: _with_arrays(v, arrays) for k, v in value.items()}
        )
    return [_with_arrays(item, arrays) for item in value] if isinstance(value, list) else value
