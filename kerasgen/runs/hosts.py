"""The devices and hosts that a run is trained on."""

import contextlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from kerasgen.errors import KerasgenError, RunError, UsageError
from kerasgen.io.checkpoints import parse_interval
from kerasgen.io.regular_files import is_real_directory, is_regular
from kerasgen.runs.settings import Settings

Report = Callable[[str], None]


@contextlib.contextmanager
def primary_host_only(
    directory: str | os.PathLike | None, progress: bool, report: Report
) -> Iterator[tuple[str | os.PathLike | None, bool, Report]]:
    """Context manager that yields `(directory, progress, report)` for this host.

    Only the primary host writes to the run directory and reports. All hosts compute the same, pictures included,
    because a model on several hosts must run on all of them. The other hosts write to a temporary directory with a copy
    of the run, which is removed at the end.

    Args:
        directory: run directory, or None.
        progress: whether to show a progress bar.
        report: function that is called with lines of text for the user.

    Example:
        >>> with primary_host_only("runs/vae-1", True, print) as (directory, progress, report):
        ...     print(directory, progress)
        runs/vae-1 True
    """
    from kerasgen import backend

    host_index = backend.hosts().index
    if not host_index:
        yield directory, progress, report
        return
    with tempfile.TemporaryDirectory(prefix="kerasgen-") as elsewhere:
        run = Path(elsewhere) / "run"
        if directory is not None and Path(directory).is_dir():
            shutil.copytree(directory, run, ignore=_not_copied)
        yield run, False, lambda line: None


@contextlib.contextmanager
def on_devices(settings: Settings, report: Report) -> Iterator[None]:
    """Context manager in which models are made and trained on the devices of the settings; reports the devices.

    Args:
        settings: settings of the run.
        report: function that is called with lines of text for the user.

    Raises:
        UsageError: there are too few devices, or the settings are not valid for several hosts.
        RunError: the settings demand determinism, and an operation of the model is not deterministic here.

    Example:
        >>> from kerasgen import runs
        >>> with on_devices(runs.resolve("vae"), print):
        ...     pass
    """
    from kerasgen import backend

    host_count = backend.hosts().count
    if host_count > 1 and parse_interval(settings.checkpoint_every)[1]:
        raise UsageError(f"checkpoint_every is {settings.checkpoint_every}; on several hosts give it in steps")
    if settings.deterministic:
        backend.make_deterministic()
    if host_count > 1:
        report(f"waiting until all {host_count} hosts have connected")
    with backend.distributed(settings.devices) as names, _report_nondeterminism(settings):
        if names:
            hosts = f"{host_count} hosts: " if host_count > 1 else ""
            is_virtual = host_count == 1 and names[0].lower().startswith("cpu")
            virtual = " (virtual devices of one CPU, for a trial)" if is_virtual else ""
            report(f"training on {hosts}{', '.join(names)}{virtual}")
        if settings.batch_size % max(len(names), 1):
            report(f"the batch size {settings.batch_size} is not a multiple of {len(names)} devices, which is slower")
        yield


def _not_copied(directory: str, names: list[str]) -> list[str]:
    """Return the names of a run directory that another host does not need, and all links and special files."""
    files = {name: os.path.join(directory, name) for name in names}
    return [
        name
        for name, path in files.items()
        if name in ("lock", "logs") or name.startswith(".") or not (is_regular(path) or is_real_directory(path))
    ]


@contextlib.contextmanager
def _report_nondeterminism(settings: Settings) -> Iterator[None]:
    """Context manager that turns the backend's error about a nondeterministic operation into one line."""
    try:
        yield
    except KerasgenError:
        raise
    except Exception as error:
        if not settings.deterministic or "determinis" not in str(error).lower():
            raise
        reason = str(error).split("\n")[0]
        raise RunError(f"{settings.recipe} cannot be trained deterministically on this device: {reason}") from error
