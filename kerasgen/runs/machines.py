"""The devices and machines that a run is trained on."""

import contextlib
import shutil
import tempfile
from pathlib import Path

from kerasgen.errors import KerasgenError, RunError, UsageError
from kerasgen.io import checkpoints


@contextlib.contextmanager
def primary_host_only(directory, progress, report):
    """Yield the run's directory, whether to show a bar and what to report with, on this machine of perhaps several.

    All of them do the same, pictures included, since a model on several machines computes on all or not at all. The
    first writes and speaks; the others do so into a place that is thrown away, with a copy of what was in `directory`.
    """
    from kerasgen import backend

    if not backend.hosts().index:
        yield directory, progress, report
        return
    with tempfile.TemporaryDirectory(prefix="kerasgen-") as elsewhere:
        run = Path(elsewhere) / "run"
        if directory is not None and Path(directory).is_dir():
            shutil.copytree(directory, run, ignore=shutil.ignore_patterns("lock", "logs", ".*"))
        yield run, False, lambda line: None


@contextlib.contextmanager
def on_devices(settings, report):
    """Have everything run on the devices, and as exactly, as the settings say; report what they are.

    Raises:
        UsageError: there are not so many, or the settings are not for several machines.
        RunError: a part of the model cannot be computed but as chance has it, and the settings forbid that.
    """
    from kerasgen import backend

    machines = backend.hosts().count
    if machines > 1 and checkpoints.interval(settings.checkpoint_every)[1]:
        raise UsageError(f"checkpoint_every is {settings.checkpoint_every}; on several machines give it in steps")
    if settings.deterministic:
        backend.make_deterministic()
    if machines > 1:
        report(f"waiting until all of {machines} machines are here")
    with backend.distributed(settings.devices) as names, _errors_of_chance(settings):
        if names:
            together = f"{machines} machines: " if machines > 1 else ""
            virtual = machines == 1 and names[0].lower().startswith("cpu")
            one_for_all = "; one CPU stands for them all, to try it out" if virtual else ""
            report(f"training on {together}{', '.join(names)}{one_for_all}")
        if settings.batch_size % max(len(names), 1):
            report(f"a batch of {settings.batch_size} does not divide by {len(names)}: slower than one that does")
        yield


@contextlib.contextmanager
def _errors_of_chance(settings):
    """Say it in a line if the backend can compute a part of the model only as chance has it."""
    try:
        yield
    except KerasgenError:
        raise
    except Exception as error:
        if not settings.deterministic or "determinis" not in str(error).lower():
            raise
        why = str(error).split("\n")[0]
        raise RunError(f"{settings.recipe} cannot be trained deterministically on this device: {why}") from error
