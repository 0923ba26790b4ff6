"""Training a recipe in a run directory, from the beginning or from the newest checkpoint."""

import contextlib
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from kerasgen.errors import KerasgenError, NotFiniteError, RunError, UsageError, counted
from kerasgen.io.changes import differences, refuse_changes, summarize
from kerasgen.io.checkpoints import Checkpoints
from kerasgen.runs.directory import Run, check_out
from kerasgen.runs.hosts import on_devices, primary_host_only
from kerasgen.runs.preparation import (
    batches_of,
    create_model,
    describe,
    fit_batch_size,
    load_data,
    load_dataset,
    picture_size,
)
from kerasgen.runs.record import create_record, immutable_settings, resolve_dataset_path
from kerasgen.runs.settings import Settings

Report = Callable[[str], None]
AddCallbacks = Callable[[Run, Any, Report], Sequence[Any]]  # of the run, its data set and a function for lines of text


class Interrupted(KeyboardInterrupt):
    """SIGINT or SIGTERM stopped a training.

    Attributes:
        run: the `Run`, with a checkpoint and the model as trained until then.
        exit_code: 130 or 143.
    """

    def __init__(self, run: Run, exit_code: int) -> None:
        super().__init__(str(run.directory))
        self.run, self.exit_code = run, exit_code


def _ignore(line: str) -> None:
    """Report nothing."""


def _no_callbacks(run: Run, dataset: Any, report: Report) -> Sequence[Any]:
    """Return no callbacks."""
    return ()


def train(
    settings: Settings,
    *,
    out: str | os.PathLike | None = None,
    progress: bool = True,
    report: Report = _ignore,
    max_bad: float = 0.01,
    keep: int = 3,
    keep_best: str | None = None,
    adapt_batch_size: bool = False,
    add_callbacks: AddCallbacks = _no_callbacks,
) -> Run:
    """Train with the given settings and return the `Run`.

    If `out` holds an earlier training with the same settings, that training is resumed. So the same command can be
    repeated after a kill at any moment. If training fails before a step is saved, for lack of memory for instance, the
    directory is removed.

    On several hosts all call this function, and only the primary host keeps a directory.

    Args:
        settings: result of `resolve`.
        out: directory of the run; `runs/<recipe>-<n>` by default.
        progress: whether to show a progress bar.
        report: function that is called with lines of text for the user.
        max_bad: fraction of the files in a folder that may be unreadable; one may be, unless it is 0.
        keep: number of checkpoints to keep.
        keep_best: name of a logged value, such as `val_loss`. The model of the epoch with its lowest value (for an
            accuracy, its highest) is kept as `best.keras`.
        adapt_batch_size: whether to take a smaller batch size if the training set is smaller than one batch.
        add_callbacks: function of the run, its `Dataset` and `report` that returns more callbacks, such as
            `kerasgen.report.ReportPage`. Their method `close` is called after an interruption.

    Raises:
        KerasgenError: settings, data or directory cannot be used; nothing has been written then.
        NotFiniteError: a value became NaN or infinite; the last good checkpoint is kept.
        Interrupted: SIGINT or SIGTERM was received; the training is saved.

    Example:
        >>> import tempfile
        >>> from kerasgen.runs import resolve
        >>> tiny = resolve("vae", {"hidden_dim": 8, "latent_dim": 2}, image_size=8, epochs=1, batch_size=400)
        >>> run = train(tiny, out=tempfile.mkdtemp(), progress=False)
        >>> run.model_path.exists()
        True
    """
    from kerasgen.data import bad_files

    check_out(out)
    Checkpoints("", keep)  # refuses a wrong number before the data are loaded
    with primary_host_only(out, progress, report) as (out, progress, report), on_devices(settings, report):
        dataset = load_dataset(settings)
        bad_files.check(dataset, max_bad)
        settings = fit_batch_size(settings, dataset, adapt_batch_size, report)
        batches = batches_of(settings, dataset)
        model = create_model(settings, dataset)
        record = create_record(settings, dataset) | {"keep": keep, "keep_best": keep_best}
        with Run.claim(settings.recipe, out, keep=keep) as (run, checkpoints):
            before = _read_same_training(run, checkpoints, record)
            with _report_disk_errors(run, checkpoints), _remove_if_untrained(run, checkpoints):
                started = before.get("started") or record["started"]
                run.write_recipe(record | {"parameters": model.count_params(), "started": started})
                report(describe(run.directory, model, dataset))
                _fit(model, run, checkpoints, dataset, batches, record, progress, report, add_callbacks)
    return run


def resume(
    directory: str | os.PathLike,
    *,
    epochs: int | None = None,
    devices: int | None = None,
    dataset: str | os.PathLike | None = None,
    data_dir: str | os.PathLike | None = None,
    progress: bool = True,
    report: Report = _ignore,
    keep: int | None = None,
    keep_best: str | None = None,
    add_callbacks: AddCallbacks = _no_callbacks,
) -> Run:
    """Resume an interrupted run from its newest valid checkpoint, with the result of an uninterrupted training.

    A run that was killed before its first checkpoint starts from the beginning.

    Args:
        directory: directory of the run.
        epochs: number of epochs in total; as before by default.
        devices: number of devices; as before by default.
        dataset: path where the folder or file of the run's images is now; as before by default.
        data_dir: directory in which TensorFlow Datasets keeps its data sets now; as before by default.
        progress: whether to show a progress bar.
        report: function that is called with lines of text for the user.
        keep: number of checkpoints to keep; as before by default.
        keep_best: name of the logged value for `best.keras`; as before by default.
        add_callbacks: as in `train`.

    Returns:
        The `Run`.

    Raises:
        RunError: it is not a run, is in use, has no valid checkpoint, or its settings, data or backend have changed.
        UsageError: it has been trained for `epochs` epochs already, or `dataset` or the data are not at a path.
        DataError: the data do not exist any more.
        NotFiniteError: as in `train`.
        Interrupted: as in `train`.

    Example:
        >>> import tempfile
        >>> from kerasgen.runs import resolve
        >>> tiny = resolve("vae", {"hidden_dim": 8, "latent_dim": 2}, image_size=8, epochs=1, batch_size=400)
        >>> run = train(tiny, out=tempfile.mkdtemp(), progress=False)
        >>> len(resume(run.directory, epochs=2, progress=False).history_path.read_text().splitlines())
        3
    """
    Run.open(directory)
    with primary_host_only(directory, progress, report) as (own, progress, report):
        run = Run.open(own or directory)
        before, settings = run.read_recipe(), run.read_settings()
        keep = before.get("keep", 3) if keep is None else keep
        keep_best = before.get("keep_best") if keep_best is None else keep_best
        settings = replace(
            settings,
            epochs=epochs or settings.epochs,
            devices=devices or settings.devices,
            dataset=resolve_dataset_path(directory, settings.dataset, dataset),
            data_dir=data_dir or settings.data_dir,
        )
        with run.locked(keep) as checkpoints:
            source, identity = _resumed_identity(run, checkpoints, before, settings.epochs)
            with on_devices(settings, report):
                found, batches = load_data(settings)
                record = create_record(settings, found) | {"keep": keep, "keep_best": keep_best}
                if dataset is not None and record["fingerprint"] != identity.get("fingerprint"):
                    raise RunError(
                        f"{dataset} does not hold the same images as {before['dataset']}, which {directory} was "
                        "trained on; give a folder or file with the same content"
                    )
                required = immutable_settings(record)
                refuse_changes(source, {name: identity.get(name) for name in required}, required)
                model = create_model(settings, found)
                with _report_disk_errors(run, checkpoints):
                    kept = {name: before[name] for name in ("parameters", "started") if name in before}
                    run.write_recipe(record | {"started": None} | kept)
                    report(describe(run.directory, model, found))
                    _fit(model, run, checkpoints, found, batches, record, progress, report, add_callbacks)
    return run


def _read_same_training(run: Run, checkpoints: Checkpoints, record: dict[str, Any]) -> dict[str, Any]:
    """Return the record of an earlier training in the directory, which must have the same settings, or an empty one."""
    if run.is_empty() and not run.has_started():
        return {}
    before = run.read_recipe()
    if not run.has_started():
        return {}  # it was killed before its first checkpoint, so that nothing is lost
    if not checkpoints.paths():
        raise RunError(f"{run.directory} exists already and has no checkpoint; give another --out, or remove it first")
    required = immutable_settings(record)
    changed = differences({name: before.get(name) for name in required}, required)
    if changed:
        raise RunError(
            f"{run.directory} exists already, with other settings: {summarize(changed)}; give another --out, or "
            "remove it first"
        )
    return before


def _resumed_identity(
    run: Run, checkpoints: Checkpoints, record: dict[str, Any], epochs: int
) -> tuple[os.PathLike, dict[str, Any]]:
    """Return the path to resume from and the settings that its training had."""
    saved, _ = checkpoints.newest()
    if saved is not None and saved.state["epoch"] >= epochs:
        done = saved.state["epoch"]
        raise UsageError(
            f"{run.directory} has been trained for {counted(done, 'epoch')}; give --epochs, a larger number"
        )
    if saved is not None:
        return saved.path, saved.state["identity"]
    if run.has_started():
        raise RunError(f"{run.directory} has no checkpoint to resume from: train in another directory")
    return run.directory, record


def _fit(
    model: Any,
    run: Run,
    checkpoints: Checkpoints,
    dataset: Any,
    batches: Any,
    record: dict[str, Any],
    progress: bool,
    report: Report,
    add_callbacks: AddCallbacks,
) -> None:
    """Train the model, from the newest checkpoint if there is one."""
    from kerasgen import callbacks
    from kerasgen.data import bad_files

    events = callbacks.EventFile(run.logs)
    log = callbacks.RunLog(run.directory, title=f"{record['recipe']} on {dataset.name}", events=events)
    bar = callbacks.Progress()
    n = picture_size(record["recipe"], model)
    grid = callbacks.SampleGrid(run.samples, images=dataset.test.first(n), n=n, events=events)
    checkpoint = _checkpoint(run, checkpoints, record, report)
    added = add_callbacks(run, dataset, report)
    try:
        model.fit(
            batches,
            validation_data=dataset.test.batches(record["batch_size"], labels=batches.labels),
            epochs=record["epochs"],
            shuffle=False,  # `batches` shuffle themselves, in the same order on every backend
            verbose=0,
            callbacks=[callbacks.StopWhenNotFinite(), *([bar] if progress else []), grid, log, *added, checkpoint],
        )
    except (KeyboardInterrupt, SystemExit) as stopped:
        if not checkpoints.paths():  # not even the beginning was saved
            raise
        for callback in (log, *added):
            callback.close()
        raise Interrupted(run, getattr(stopped, "code", 130)) from None
    finally:
        bar.close()
        for line in bad_files.unreadable_lines(dataset):
            report(line)


def _checkpoint(run: Run, checkpoints: Checkpoints, record: dict[str, Any], report: Report) -> Any:
    """Return the callback that saves the run."""
    from kerasgen import backend, callbacks
    from kerasgen.callbacks.multi_host_checkpoint import MultiHostCheckpoint

    kind = MultiHostCheckpoint if backend.hosts().count > 1 else callbacks.Checkpoint
    return kind(
        checkpoints,
        every=record["checkpoint_every"],
        model_path=run.model_path,
        keep_best=record["keep_best"],
        best_path=run.best_path,
        settings=immutable_settings(record),
        report=report,
    )


@contextlib.contextmanager
def _report_disk_errors(run: Run, checkpoints: Checkpoints) -> Iterator[None]:
    """Context manager that turns an error of the operating system into one line."""
    try:
        yield
    except OSError as error:
        if isinstance(error, KerasgenError) or error.errno is None:
            raise
        message = f"training stopped: {error.filename or run.directory}: {error.strerror}"
        kept = next((path for path in checkpoints.paths() if path != checkpoints.path(0, 0)), None)
        raise RunError(f"{message}; the last checkpoint is {kept}" if kept else message) from error


@contextlib.contextmanager
def _remove_if_untrained(run: Run, checkpoints: Checkpoints) -> Iterator[None]:
    """Context manager that removes the files of the run, and no others, if the body fails before a step is saved."""
    try:
        yield
    except (Interrupted, NotFiniteError):
        raise
    except BaseException:
        if all(path == checkpoints.path(0, 0) for path in checkpoints.paths()):
            with contextlib.suppress(OSError):
                run.remove()
        raise
