"""A run: one training with all that it leaves behind, in a directory of its own.

runs/vae-1/
    recipe.json          the resolved recipe: every setting, the data's fingerprint, the versions
    model.keras          the model, saved after each epoch
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
from dataclasses import asdict, dataclass
from pathlib import Path

from kerasgen import zoo
from kerasgen.errors import RunError, UsageError, unknown
from kerasgen.files import atomic_write

PRECISIONS = ("float32", "mixed_bfloat16", "mixed_float16")


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


def resolve(recipe, options=None, seed=0, precision="float32", **overrides):
    """Return the `Settings` of a run: the recipe's own, with what is given and not None put in.

    Args:
        recipe: a recipe's name.
        options: dict of option -> value, or its text.
        seed: of the weights, the noise and the order of the data.
        precision: of the computations, one of `PRECISIONS`; weights are float32.
        overrides: `dataset`, `data_dir`, `image_size`, `epochs`, `batch_size`.

    Raises:
        UsageError: unknown recipe or option, a value of the wrong type, a number below 1.
    """
    found = zoo.get(recipe)
    values = {name: getattr(found, name) for name in ("dataset", "image_size", "epochs", "batch_size")}
    values |= {"data_dir": None} | {name: value for name, value in overrides.items() if value is not None}
    for name in ("image_size", "epochs", "batch_size"):
        if values[name] < 1:
            raise UsageError(f"{name} is {values[name]}; it must be 1 or more")
    if not 0 <= seed < 2**32:
        raise UsageError(f"seed is {seed}; it must lie between 0 and 2**32 - 1")
    if precision not in PRECISIONS:
        raise unknown("precision", precision, PRECISIONS)
    options = found.resolve(options or {})
    if values["batch_size"] % options.get("packing", 1):
        raise UsageError(f"packing {options['packing']} does not divide the batch size {values['batch_size']}")
    return Settings(recipe, options, seed=seed, precision=precision, **values)


class Interrupted(KeyboardInterrupt):
    """The user stopped a training; `run` holds what was trained until then."""

    def __init__(self, run):
        super().__init__(str(run.directory))
        self.run = run


class Run:
    """A run's directory and the places in it.

    Args:
        directory: path of a directory that `Run.create` made.
    """

    def __init__(self, directory):
        self.directory = Path(directory)
        self.recipe_path = self.directory / "recipe.json"
        self.model_path = self.directory / "model.keras"
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


def train(settings, *, out=None, progress=True, report=lambda line: None):
    """Train as `settings` say and return the `Run`.

    Args:
        settings: what `resolve` returns.
        out: directory of the run; `runs/<recipe>-<n>` by default.
        progress: whether to show a progress bar.
        report: function that is given a line of text for the user before the training starts.

    Raises:
        KerasgenError: settings, data or directory cannot be used; nothing has been written then.
        Interrupted: Ctrl-C; the model as it was then has been saved.

    When training fails before one epoch is done, for lack of memory for instance, its directory is removed again.
    """
    import keras

    from kerasgen import callbacks, data

    check_out(out)
    dataset = data.load(settings.dataset, image_size=settings.image_size, data_dir=settings.data_dir)
    labels = settings.options.get("conditional", False)
    batches = dataset.train.batches(settings.batch_size, shuffle=True, seed=settings.seed, labels=labels)
    keras.utils.set_random_seed(settings.seed)
    model = _create(settings, dataset)
    run = Run.create(settings.recipe, out)
    with _errors_of_the_disk(run), _removed_if_untrained(run):
        run.write_recipe(_record(settings, dataset))
        report(_what_is_trained(run, model, dataset))
        _fit(model, run, dataset, batches, settings, [callbacks.Progress()] if progress else [])
    return run


def _create(settings, dataset):
    import keras

    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(settings.precision)  # layers keep the one that they are made under
    try:
        return zoo.get(settings.recipe).create(dataset.image_shape, dataset.num_classes, **settings.options)
    finally:
        keras.config.set_dtype_policy(before)


def _fit(model, run, dataset, batches, settings, show):
    from kerasgen import callbacks, point_pictures

    save = callbacks.SaveModel(run.model_path)
    log = callbacks.RunLog(run.directory, title=f"{settings.recipe} on {dataset.name}")
    shown = point_pictures.POINTS if point_pictures.are_points(dataset.image_shape) else 64
    grids = callbacks.SampleGrid(run.samples, images=dataset.test.first(shown))
    try:
        with callbacks.CtrlC() as ctrl_c:
            model.fit(
                batches,
                validation_data=dataset.test.batches(settings.batch_size, labels=batches.labels),
                epochs=settings.epochs,
                shuffle=False,  # `batches` shuffles by itself, the same on every backend
                verbose=0,
                callbacks=[ctrl_c, *show, grids, save, log],
            )
    except KeyboardInterrupt:
        save.set_model(model)  # Keras may not have come to it
        save.save()
        log.close()
        raise Interrupted(run) from None
    finally:
        for callback in show:
            callback.close()


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
    """Remove what `train` has written, and nothing else, if the body raises before a model is saved."""
    try:
        yield
    finally:
        if not run.model_path.exists():
            run.recipe_path.unlink(missing_ok=True)
            run.history_path.unlink(missing_ok=True)
            for directory in (run.samples, run.logs):
                shutil.rmtree(directory, ignore_errors=True)
            with contextlib.suppress(OSError):
                run.directory.rmdir()


def _what_is_trained(run, model, dataset):
    from kerasgen import point_pictures

    height, width, channels = dataset.image_shape
    kind = {1: "grey", 3: "colour"}.get(channels, f"{channels}-channel")
    what = f"{kind} images {height}x{width}"
    if point_pictures.are_points(dataset.image_shape):
        what = f"points in {channels}-D"
    line = f"{run.directory}: {model.count_params():,} parameters, {len(dataset.train):,} {what}"
    line += f" of {dataset.name}, {len(dataset.test):,} to test with"
    if dataset.skipped:
        path, reason = dataset.skipped[0]
        line += f"\nskipped {len(dataset.skipped)} files that are no images, the first: {path} ({reason})"
    return line


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
