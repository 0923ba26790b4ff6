"""A run: one training with all that it leaves behind, in a directory of its own.

runs/vae-1/
    recipe.json          the resolved recipe: every setting, the data's fingerprint, the versions
    model.keras          the model, saved after each epoch
    checkpoints/         the last few, from which the run goes on after an interruption; see `kerasgen.checkpoints`
    samples/             epoch-0000.png, epoch-0001.png ..., all from the same latents
    history.csv          a row for each epoch
    curves.png           the losses over the epochs
    logs/                TensorBoard's event files
"""

import contextlib
import datetime
import importlib.metadata
import json
import shutil
import sys
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path

from kerasgen import checkpoints, zoo
from kerasgen.errors import NotFiniteError, RunError, UsageError, unknown
from kerasgen.files import atomic_write

PRECISIONS = ("float32", "mixed_bfloat16", "mixed_float16")
# What may differ when a run goes on; where the data lie and when it is saved do not show in what comes of it.
MAY_CHANGE = ("epochs", "data_dir", "checkpoint_every", "versions", "started")


@dataclass(frozen=True)
class Settings:
    """All that a run is told: a recipe with every default filled in."""

    recipe: str
    options: dict
    dataset: str
    data_dir: str | None
    image_size: int
    epochs: int
    batch_size: int
    seed: int
    precision: str
    checkpoint_every: str | None = None


def resolve(recipe, options=None, seed=0, precision="float32", **overrides):
    """Return the `Settings` of a run: the recipe's own, with what is given and not None put in.

    Args:
        recipe: a recipe's name.
        options: dict of option -> value, or its text.
        seed: of the weights, the noise and the order of the data.
        precision: of the computations, one of `PRECISIONS`; weights are float32.
        overrides: `dataset`, `data_dir`, `image_size`, `epochs`, `batch_size`, `checkpoint_every`.

    Raises:
        UsageError: unknown recipe or option, a value of the wrong type, a number below 1.
    """
    found = zoo.get(recipe)
    values = {name: getattr(found, name) for name in ("dataset", "image_size", "epochs", "batch_size")}
    values |= {"data_dir": None, "checkpoint_every": None} | {
        name: value for name, value in overrides.items() if value is not None
    }
    for name in ("image_size", "epochs", "batch_size"):
        if values[name] < 1:
            raise UsageError(f"{name} is {values[name]}; it must be 1 or more")
    if not 0 <= seed < 2**32:
        raise UsageError(f"seed is {seed}; it must lie between 0 and 2**32 - 1")
    if precision not in PRECISIONS:
        raise unknown("precision", precision, PRECISIONS)
    checkpoints.interval(values["checkpoint_every"])
    options = found.resolve(options or {})
    if values["batch_size"] % options.get("packing", 1):
        raise UsageError(f"packing {options['packing']} does not divide the batch size {values['batch_size']}")
    return Settings(recipe, options, seed=seed, precision=precision, **values)


class Interrupted(KeyboardInterrupt):
    """SIGINT or SIGTERM stopped a training; `run` holds what was trained until then, `exit_code` is 130 or 143."""

    def __init__(self, run, exit_code):
        super().__init__(str(run.directory))
        self.run, self.exit_code = run, exit_code


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
    """
    from kerasgen.data import bad_files

    check_out(out)
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


def resume(directory, *, epochs=None, progress=True, report=lambda line: None):
    """Go on with an interrupted run, from its newest whole checkpoint, as if it had never stopped.

    Args:
        directory: the run's.
        epochs: how many in all; as many as it was begun with by default.
        progress, report: as in `train`.

    Returns:
        The `Run`.

    Raises:
        RunError: it is no run, is in use, has no whole checkpoint, or its settings, data or backend have changed.
        UsageError: it has had that many epochs.
        NotFiniteError, Interrupted: as `train`.
    """
    run = Run.open(directory)
    before, settings = run.read_recipe(), run.read_settings()
    settings = replace(settings, epochs=epochs or settings.epochs)
    path, state = _newest_checkpoint(run, settings)
    if state["epoch"] >= settings.epochs:
        raise UsageError(
            f"{directory} has been trained for {state['epoch']} epochs; give --epochs, more than that, to go on"
        )
    dataset, batches = _load(settings)
    record = _record(settings, dataset)
    fixed = _fixed(record)
    checkpoints.refuse_changes(path, {name: state["identity"].get(name) for name in fixed}, fixed)
    model = _create(settings, dataset)
    with _errors_of_the_disk(run):
        run.write_recipe(before | record | {"started": before.get("started")})
        report(_what_is_trained(run, model, dataset))
        _fit(model, run, dataset, batches, record, progress, report)
    return run


def _newest_checkpoint(run, settings):
    """Return the path and the state of the run's newest whole checkpoint."""
    kept = checkpoints.Checkpoints(run.checkpoints)
    if not kept.paths():
        raise RunError(f"{run.directory} has no checkpoint to go on from: train {settings.recipe} anew")
    with kept.locked():  # so that a run in use is refused before its data are loaded; `fit` takes the lock again
        return kept.newest()[:2]


def _fixed(record):
    """Return what must be the same when a run goes on."""
    return {name: value for name, value in record.items() if name not in MAY_CHANGE}


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
        return zoo.get(settings.recipe).create(dataset.image_shape, dataset.num_classes, **settings.options)
    finally:
        keras.config.set_dtype_policy(before)


def _fit(model, run, dataset, batches, record, progress, report):
    from kerasgen import callbacks, point_pictures
    from kerasgen.data import bad_files

    checkpoint = callbacks.Checkpoint(
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
    grids = callbacks.SampleGrid(run.samples, images=dataset.test.first(shown), n=shown)
    try:
        model.fit(
            batches,
            validation_data=dataset.test.batches(record["batch_size"], labels=batches.labels),
            epochs=record["epochs"],
            shuffle=False,  # `batches` shuffles by itself, the same on every backend
            verbose=0,
            callbacks=[callbacks.StopWhenNotFinite(), *([bar] if progress else []), grids, log, checkpoint],
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
        if len(checkpoints.Checkpoints(run.checkpoints).paths()) < 2:  # one: of the beginning
            for path in (run.recipe_path, run.history_path, run.model_path):
                path.unlink(missing_ok=True)
            for directory in (run.samples, run.logs, run.checkpoints):
                shutil.rmtree(directory, ignore_errors=True)
            with contextlib.suppress(OSError):
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
    if sources.is_path(settings.dataset):  # so that it is found from any working directory
        known["dataset"] = str(Path(settings.dataset).expanduser().absolute())
    return known | {
        "fingerprint": dataset.fingerprint,
        "backend": backend,
        "versions": versions,
        "started": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
    }
