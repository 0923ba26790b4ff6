"""Training a recipe in a run's directory, from the beginning or from where it was interrupted."""

import contextlib
import shutil
from dataclasses import replace

from kerasgen import zoo
from kerasgen.errors import NotFiniteError, RunError, UsageError
from kerasgen.io import checkpoints
from kerasgen.runs.directory import Run, check_out
from kerasgen.runs.machines import on_devices, primary_host_only
from kerasgen.runs.record import fixed, record_of, resolve_dataset_path


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
    with primary_host_only(out, progress, report) as (out, progress, report), on_devices(settings, report):
        dataset, batches = _load(settings)
        bad_files.check(dataset, max_bad)
        model = _create(settings, dataset)
        run = Run.create(settings.recipe, out)
        with _errors_of_the_disk(run), _removed_if_untrained(run):
            record = record_of(settings, dataset)
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
    with primary_host_only(directory, progress, report) as (there, progress, report):
        run = Run.open(there)
        before, settings = run.read_recipe(), run.read_settings()
        settings = replace(
            settings,
            epochs=epochs or settings.epochs,
            devices=devices or settings.devices,
            dataset=resolve_dataset_path(directory, settings.dataset, dataset),
            data_dir=data_dir or settings.data_dir,
        )
        path, state = _newest_checkpoint(run, settings)
        if state["epoch"] >= settings.epochs:
            raise UsageError(
                f"{directory} has been trained for {state['epoch']} epochs; give --epochs, more than that, to go on"
            )
        with on_devices(settings, report):
            found, batches = _load(settings)
            record = record_of(settings, found)
            if dataset is not None and record["fingerprint"] != state["identity"].get("fingerprint"):
                raise RunError(
                    f"{dataset} does not hold the same images as {before['dataset']}, which {directory} was trained "
                    "on; give a folder or file with the same content"
                )
            same = fixed(record)
            checkpoints.refuse_changes(path, {name: state["identity"].get(name) for name in same}, same)
            model = _create(settings, found)
            with _errors_of_the_disk(run):
                report(_what_is_trained(run, model, found))
                recipe = before | record | {"started": before.get("started")}
                # When the training begins, it has locked the run: a process that is refused does not come so far
                written = keras.callbacks.LambdaCallback(on_train_begin=lambda logs: run.write_recipe(recipe))
                _fit(model, run, found, batches, record, progress, report, written)
    return run


def _newest_checkpoint(run, settings):
    """Return the path and the state of the run's newest whole checkpoint."""
    kept = checkpoints.Checkpoints(run.checkpoints)
    if not kept.paths():
        raise RunError(f"{run.directory} has no checkpoint to go on from: train {settings.recipe} anew")
    with kept.locked():  # so that a run in use is refused before its data are loaded; `fit` takes the lock again
        return kept.newest()[:2]


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
        model = zoo.get(settings.recipe).create(dataset.sample_shape, dataset.num_classes, **settings.options)
        if model.is_of_points:  # of any range; images were checked when they were read
            model.check_images(dataset.train[:])
        return model
    finally:
        keras.config.set_dtype_policy(before)


def _fit(model, run, dataset, batches, record, progress, report, *more_callbacks):
    from kerasgen import backend, callbacks
    from kerasgen.callbacks.checkpoint_in_step import CheckpointInStep
    from kerasgen.data import bad_files
    from kerasgen.plots import plotter_of

    kind = CheckpointInStep if backend.hosts().count > 1 else callbacks.Checkpoint
    checkpoint = kind(
        run.checkpoints,
        every=record["checkpoint_every"],
        model_path=run.model_path,
        settings=fixed(record),
        report=report,
    )
    log = callbacks.RunLog(run.directory, title=f"{record['recipe']} on {dataset.name}")
    bar = callbacks.Progress()
    shown = plotter_of(model).preview_size if zoo.get(record["recipe"]).kind == "images" else 8
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
        for line in bad_files.unreadable_lines(dataset):
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
    from kerasgen.data import Pairs, bad_files
    from kerasgen.data.shapes import sample_kind

    *sides, channels = dataset.sample_shape
    kind = {1: "grey", 3: "colour"}.get(channels, f"{channels}-channel")
    what = f"{kind} images {'x'.join(map(str, sides))}"
    if sample_kind(dataset.sample_shape) == "points":
        what = f"points in {channels}-D"
    elif isinstance(dataset.train, Pairs):
        what = f"pairs of {what}"
    line = f"{run.directory}: {model.count_params():,} parameters, {_counted(dataset.train)} {what}"
    line += f" of {dataset.name}, {_counted(dataset.test)} to test with"
    return "\n".join([line, *bad_files.skipped_lines(dataset)])


def _counted(part):
    """Return the number of images as text, of two domains without pairs both numbers."""
    return " and ".join(f"{count:,}" for count in part.counts)
