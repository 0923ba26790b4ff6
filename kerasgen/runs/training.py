"""Training a recipe in a run's directory, from the beginning or from where it was interrupted."""

import contextlib
import datetime
import importlib.metadata
import shutil
import sys
import tempfile
from dataclasses import asdict, replace
from pathlib import Path

from kerasgen import checkpoints, zoo
from kerasgen.errors import DataError, KerasgenError, NotFiniteError, RunError, UsageError
from kerasgen.runs.directory import Run, check_out

# What may differ when a run goes on; where the data lie (a path too, see `_fixed`) and when it is saved do not show in
# what comes of it, and on how many devices it is trained hardly does.
MAY_CHANGE = ("epochs", "devices", "data_dir", "checkpoint_every", "versions", "started")


class Interrupted(KeyboardInterrupt):
    """SIGINT or SIGTERM stopped a training; `run` holds what was trained until then, `exit_code` is 130 or 143."""

    def __init__(self, run, exit_code):
        super().__init__(str(run.directory))
        self.run, self.exit_code = run, exit_code


def train(settings, *, out=None, progress=True, report=lambda line: None, max_bad=0.01):
    """Train as `settings` say and return the `Run`.

    Args:
        settings: what `resolve` returns.
        out: directory of the run; `runs/<recipe>-<n>` by default.
        progress: whether to show a progress bar.
        report: function that is given lines of text for the user.
        max_bad: the share of the files in a folder that may be no images; one may be, unless it is 0.

    Raises:
        KerasgenError: settings, data or directory cannot be used; nothing has been written then.
        NotFiniteError: the training has broken down; the last good checkpoint is kept.
        Interrupted: SIGINT or SIGTERM; a checkpoint and the model as they were then have been saved.

    When training fails before the first checkpoint, for lack of memory for instance, its directory is removed again.
    On several machines all call this, and the first alone keeps a directory: that of the `Run` on another one is gone.
    """
    from kerasgen.data import bad_files

    check_out(out)
    with _kept_by_the_first(out, progress, report) as (out, progress, report), _devices(settings, report):
        dataset, batches = _load(settings)
        bad_files.check(dataset, max_bad)
        model = _create(settings, dataset)
        run = Run.create(settings.recipe, out)
        with _errors_of_the_disk(run), _removed_if_untrained(run):
            record = _record(settings, dataset)
            run.write_recipe(record | {"parameters": model.count_params()})
            report(_what_is_trained(run, model, dataset))
            _fit(model, run, dataset, batches, record, progress, report)
    return run


def resume(
    directory, *, epochs=None, devices=None, dataset=None, data_dir=None, progress=True, report=lambda line: None
):
    """Go on with an interrupted run, from its newest whole checkpoint, as if it had never stopped.

    Args:
        directory: the run's.
        epochs: how many in all; as many as it was begun with by default.
        devices: how many to train on; as many as before by default.
        dataset: path at which the folder or file of the run's images lies now; where it lay before by default.
        data_dir: where TensorFlow Datasets keeps its sets now; where it kept them before by default.
        progress, report: as in `train`.

    Returns:
        The `Run`.

    Raises:
        RunError: it is no run, is in use, has no whole checkpoint, or its settings, data or backend have changed.
        UsageError: it has had that many epochs, or `dataset` is no path or the run's data were none.
        DataError: there are no such data any more.
        NotFiniteError, Interrupted: as `train`.
    """
    import keras

    Run.open(directory)
    with _kept_by_the_first(directory, progress, report) as (there, progress, report):
        run = Run.open(there)
        before, settings = run.read_recipe(), run.read_settings()
        settings = replace(
            settings,
            epochs=epochs or settings.epochs,
            devices=devices or settings.devices,
            dataset=_where_the_data_lie(directory, settings.dataset, dataset),
            data_dir=data_dir or settings.data_dir,
        )
        path, state = _newest_checkpoint(run, settings)
        if state["epoch"] >= settings.epochs:
            raise UsageError(
                f"{directory} has been trained for {state['epoch']} epochs; give --epochs, more than that, to go on"
            )
        with _devices(settings, report):
            found, batches = _load(settings)
            record = _record(settings, found)
            if dataset is not None and record["fingerprint"] != state["identity"].get("fingerprint"):
                raise RunError(
                    f"{dataset} does not hold the same images as {before['dataset']}, which {directory} was trained "
                    "on; give a folder or file with the same content"
                )
            fixed = _fixed(record)
            checkpoints.refuse_changes(path, {name: state["identity"].get(name) for name in fixed}, fixed)
            model = _create(settings, found)
            with _errors_of_the_disk(run):
                report(_what_is_trained(run, model, found))
                recipe = before | record | {"started": before.get("started")}
                # When the training begins, it has locked the run: a process that is refused does not come so far
                written = keras.callbacks.LambdaCallback(on_train_begin=lambda logs: run.write_recipe(recipe))
                _fit(model, run, found, batches, record, progress, report, written)
    return run


@contextlib.contextmanager
def _kept_by_the_first(directory, progress, report):
    """Yield the run's directory, whether to show a bar and what to report with, on this machine of perhaps several.

    All of them do the same, pictures included, since a model on several machines computes on all or not at all. The
    first writes and speaks; the others do so into a place that is thrown away, with a copy of what was in `directory`.
    """
    from kerasgen import backend

    if not backend.machines().place:
        yield directory, progress, report
        return
    with tempfile.TemporaryDirectory(prefix="kerasgen-") as elsewhere:
        run = Path(elsewhere) / "run"
        if directory is not None and Path(directory).is_dir():
            shutil.copytree(directory, run, ignore=shutil.ignore_patterns("lock", "logs", ".*"))
        yield run, False, lambda line: None


@contextlib.contextmanager
def _devices(settings, report):
    """Have everything run on the devices, and as exactly, as the settings say; report what they are."""
    from kerasgen import backend

    machines = backend.machines().count
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


def _newest_checkpoint(run, settings):
    """Return the path and the state of the run's newest whole checkpoint."""
    kept = checkpoints.Checkpoints(run.checkpoints)
    if not kept.paths():
        raise RunError(f"{run.directory} has no checkpoint to go on from: train {settings.recipe} anew")
    with kept.locked():  # so that a run in use is refused before its data are loaded; `fit` takes the lock again
        return kept.newest()[:2]


def _fixed(record):
    """Return what must be the same when a run goes on; of data at a path that is the fingerprint alone."""
    from kerasgen.data import sources

    may_change = {*MAY_CHANGE, "dataset"} if sources.is_path(record["dataset"]) else MAY_CHANGE
    return {name: value for name, value in record.items() if name not in may_change}


def _where_the_data_lie(directory, before, now):
    """Return the `dataset` of a run that goes on: the path `now` if it is not None, otherwise what it was."""
    from kerasgen.data import sources

    if now is None:
        if sources.is_path(before) and not Path(before).exists():
            raise DataError(f"no such file or folder: {before}; if the data have moved, give their path by --dataset")
        return before
    if not sources.is_path(before):
        raise UsageError(f"{directory} was trained on {before}, which lies at no path; leave --dataset out")
    if not sources.is_path(now):
        raise UsageError(f"--dataset {now} is no path; give the one at which the data of {directory} lie now")
    return _absolute(now)


def _load(settings):
    """Return the `Dataset` and the `Batches` to train on."""
    from kerasgen import data

    kind = zoo.get(settings.recipe).kind
    dataset = data.load(settings.dataset, image_size=settings.image_size, data_dir=settings.data_dir, kind=kind)
    labels = settings.options.get("conditional", False) or kind != "images"
    return dataset, dataset.train.batches(settings.batch_size, shuffle=True, seed=settings.seed, labels=labels)


def _create(settings, dataset):
    import keras

    keras.utils.set_random_seed(settings.seed)
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(settings.precision)  # layers keep the one that they are made under
    try:
        model = zoo.get(settings.recipe).create(dataset.image_shape, dataset.num_classes, **settings.options)
        if model.is_of_points:  # of any range; images were checked when they were read
            model.check_images(dataset.train[:])
        return model
    finally:
        keras.config.set_dtype_policy(before)


def _fit(model, run, dataset, batches, record, progress, report, *more_callbacks):
    from kerasgen import backend, callbacks, point_pictures
    from kerasgen.callbacks.checkpoint_in_step import CheckpointInStep
    from kerasgen.data import bad_files

    kind = CheckpointInStep if backend.machines().count > 1 else callbacks.Checkpoint
    checkpoint = kind(
        run.checkpoints,
        every=record["checkpoint_every"],
        model_path=run.model_path,
        settings=_fixed(record),
        report=report,
    )
    log = callbacks.RunLog(run.directory, title=f"{record['recipe']} on {dataset.name}")
    bar = callbacks.Progress()
    shown = 64 if zoo.get(record["recipe"]).kind == "images" else 8
    shown = point_pictures.POINTS if point_pictures.are_points(dataset.image_shape) else shown
    bars = [bar] if progress else []
    grids = callbacks.SampleGrid(run.samples, images=dataset.test.first(shown), n=shown)
    try:
        model.fit(
            batches,
            validation_data=dataset.test.batches(record["batch_size"], labels=batches.labels),
            epochs=record["epochs"],
            shuffle=False,  # `batches` shuffles by itself, the same on every backend
            verbose=0,
            callbacks=[*more_callbacks, callbacks.StopWhenNotFinite(), *bars, grids, log, checkpoint],
        )
    except (KeyboardInterrupt, SystemExit) as stopped:
        if not run.model_path.exists():  # not even the beginning was saved
            raise
        log.close()
        raise Interrupted(run, getattr(stopped, "code", 130)) from None
    finally:
        bar.close()
        for line in bad_files.lost(dataset):
            report(line)


@contextlib.contextmanager
def _errors_of_the_disk(run):
    try:
        yield
    except OSError as error:
        if isinstance(error, RunError) or error.errno is None:
            raise
        raise RunError(f"training stopped: {error.strerror} ({error.filename or run.directory})") from error


@contextlib.contextmanager
def _removed_if_untrained(run):
    """Remove what `train` has written, and nothing else, if the body fails before a step is saved."""
    try:
        yield
    except (Interrupted, NotFiniteError):
        raise
    except BaseException:
        kept = checkpoints.Checkpoints(run.checkpoints)
        with contextlib.suppress(OSError), kept.locked():  # in use: then they are another training's files
            if len(kept.paths()) < 2:  # one: of the beginning
                for directory in (run.samples, run.logs, run.checkpoints):
                    shutil.rmtree(directory, ignore_errors=True)
                written = (run.history_path, run.curves_path, run.model_path, run.recipe_path)
                for path in written:  # the last: it claims the directory
                    path.unlink(missing_ok=True)
                run.directory.rmdir()
        raise


def _what_is_trained(run, model, dataset):
    from kerasgen import point_pictures
    from kerasgen.data import Pairs, bad_files

    height, width, channels = dataset.image_shape
    kind = {1: "grey", 3: "colour"}.get(channels, f"{channels}-channel")
    what = f"{kind} images {height}x{width}"
    if point_pictures.are_points(dataset.image_shape):
        what = f"points in {channels}-D"
    elif isinstance(dataset.train, Pairs):
        what = f"pairs of {what}"
    line = f"{run.directory}: {model.count_params():,} parameters, {_counted(dataset.train)} {what}"
    line += f" of {dataset.name}, {_counted(dataset.test)} to test with"
    return "\n".join([line, *bad_files.listed(dataset)])


def _counted(part):
    """Return the number of images as text, of two domains without pairs both numbers."""
    return " and ".join(f"{count:,}" for count in part.counts)


def _record(settings, dataset):
    import keras

    from kerasgen.data import sources

    backend = keras.backend.backend()
    versions = {name: importlib.metadata.version(name) for name in ("kerasgen", "keras", "numpy")}
    versions[backend] = sys.modules[backend].__version__  # its package may be called tensorflow-cpu
    known = asdict(settings)
    # So that the data are found from any working directory
    if sources.is_path(settings.dataset):
        known["dataset"] = _absolute(settings.dataset)
    if settings.data_dir and "://" not in str(settings.data_dir):  # TensorFlow Datasets also takes gs://bucket
        known["data_dir"] = _absolute(settings.data_dir)
    return known | {
        "fingerprint": dataset.fingerprint,
        "backend": backend,
        "versions": versions,
        "started": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
    }


def _absolute(path):
    return str(Path(path).expanduser().absolute())
