"""A trained model, its run and its data, for the commands that use one."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kerasgen.cli import options, terminal
from kerasgen.errors import UsageError, counted

if TYPE_CHECKING:  # not imported by a command that only prints its help
    import numpy as np

    from kerasgen.data import Dataset
    from kerasgen.models.base.model import GenerativeModel
    from kerasgen.runs import Run

COMMANDS = (
    "generate",
    "reconstruct",
    "complete",
    "interpolate",
    "encode",
    "denoise",
    "translate",
)  # named like abilities


def load(path: Path, ability: str, trust: bool = False) -> "GenerativeModel":
    """Return the model of a file or run.

    Args:
        path: a `.keras` file or a run directory.
        ability: name of an ability in `kerasgen.models.base.abilities` that the model must have.
        trust: see `kerasgen.load`.

    Raises:
        ModelFileError: the file cannot be read.
        UsageError: the model does not have the ability.
    """
    model = load_any(path, trust)
    check_ability(model, path, ability)
    return model


def load_any(path: Path, trust: bool = False) -> "GenerativeModel":
    """Return the model of a file or run, as `kerasgen.load` does."""
    import kerasgen

    return kerasgen.load(path, trust=trust)


def check_ability(model: Any, path: Path, ability: str, advice: str = "") -> None:
    """Raise a `UsageError` if the model does not have the ability; `advice` is the end of the message."""
    from kerasgen.models.base.abilities import abilities_of

    abilities = abilities_of(model)
    if ability in abilities:
        return
    able = [name for name in COMMANDS if name in abilities]
    if able == ["translate"]:
        advice = ": use kerasgen translate"
    elif ability == "generate" and getattr(model, "code_shape", None):
        advice = f": train a prior of its codes by kerasgen train pixelcnn --dataset {path}"
    elif ability == "generate" and {"encode", "decode"} <= {*abilities}:
        advice = ": give --sampler gmm, which generates from a mixture fitted to its latents"
    kind = type(model).__name__
    article = "an" if kind[0] in "AEIOU" else "a"
    raise UsageError(f"{path} is {article} {kind}, which cannot {ability}; it can {', '.join(able)}{advice}")


def refuse_codes(model: Any, path: Path) -> None:
    """Raise a `UsageError` if the model has codes, where a command needs latent vectors."""
    if getattr(model, "code_shape", None):
        raise UsageError(
            f"{path} has codes, not latent vectors; kerasgen encode {path} writes them, and kerasgen train pixelcnn "
            f"--dataset {path} trains a model of them"
        )


def load_image_model(path: Path, ability: str, trust: bool = False) -> "GenerativeModel":
    """Return the model as `load` does.

    Raises:
        UsageError: its samples are points; and see `load`.
    """
    model = load(path, ability, trust)
    check_images(model, path)
    return model


def check_images(model: Any, path: Path) -> None:
    """Raise a `UsageError` if the samples of a model are points, which have no pictures of their own."""
    from kerasgen.data.shapes import sample_kind
    from kerasgen.models.base.abilities import Encodes

    if sample_kind(model.sample_shape) == "points":
        command = "latents" if isinstance(model, Encodes) else "generate"
        raise UsageError(f"{path} is a model of points, not of images: kerasgen {command} {path} draws them")


def load_generator(
    path: Path,
    sampler: str = "prior",
    settings: Sequence[str] = (),
    dataset: str | None = None,
    data_dir: str | None = None,
    trust: bool = False,
) -> "tuple[Any, dict[str, Any], Dataset | None]":
    """Return an object with the method `generate`, keyword arguments for it, and the data if they were read, or None.

    Args:
        path: a `.keras` file or a run directory.
        sampler: name in `kerasgen.samplers.SAMPLERS`.
        settings: texts `name=value` with options of the sampler or of `generate`.
        dataset: images that the sampler is fitted to; see `load_dataset`.
        data_dir: folder of TensorFlow Datasets; see `load_dataset`.
        trust: see `kerasgen.load`.

    Raises:
        UsageError: the model lacks an ability, or an unknown option; and see `load` and `load_dataset`.
    """
    from kerasgen import samplers

    parsed = options.parse_settings(settings)
    kind = samplers.get(sampler)
    chosen = samplers.get(sampler, **{name: value for name, value in parsed.items() if name in kind.options})
    model = load_any(path, trust)
    check_ability(model, path, kind.ability, "" if sampler == "prior" else f": leave --sampler {sampler} out")
    if sampler != "prior":
        refuse_codes(model, path)
    generator, images = _fitted(chosen, model, path, dataset, data_dir) if kind.images else (chosen.fit(model), None)
    own = {name: value for name, value in parsed.items() if name not in kind.options}
    declared = getattr(generator, "generate_options", {})
    return generator, options.resolve_settings(own, declared, f"generate for {type(generator).__name__}"), images


def _fitted(
    sampler: Any, model: Any, path: Path, dataset: str | None, data_dir: str | None
) -> "tuple[Any, Dataset | None]":
    """Return a sampler fitted to the training images, and their data set, or None if it was not needed.

    The sampler is kept in the folder `samplers` of the run. A copy of the model works with a copy of this folder.
    """
    from kerasgen.io.archive import checksum_of
    from kerasgen.models.load import find
    from kerasgen.samplers import kept

    file, run = find(path), run_of(path)
    identity: dict[str, Any] = {"checksum": checksum_of(file)}
    name = "-".join([sampler.name, *(str(value) for value in sampler.values.values())])
    folder = run.directory / "samplers" / (name if file.name == "model.keras" else f"{file.stem}-{name}")
    if dataset is None and identity["checksum"] is not None:
        known = {"fingerprint": run.read_recipe().get("fingerprint")} if run.recipe_path.is_file() else {}
        if (generator := kept.restored(sampler, model, folder, identity | known)) is not None:
            return generator, None
    images = load_dataset(model, path, dataset, data_dir)
    if identity["checksum"] is None:  # a file without a header
        return sampler.fit_to(model, images), images
    identity["fingerprint"] = images.fingerprint
    return kept.fitted(sampler, model, images, folder, identity), images


def run_of(path: Path) -> "Run":
    """Return the run of a model file, checkpoint or run directory; a file alone has its folder as run."""
    from kerasgen import runs

    directory = (path if path.is_dir() else path.parent).absolute()
    run = runs.Run(directory.parent.parent)
    if directory.parent == run.checkpoints and run.recipe_path.is_file():
        return run
    return runs.Run(path if path.is_dir() else path.parent)


def default_output(path: Path, name: str) -> Path:
    """Return the path of the file `name` in the run of a model."""
    return run_of(path).directory / name


def load_dataset(
    model: "GenerativeModel", path: Path, dataset: str | None = None, data_dir: str | None = None
) -> "Dataset":
    """Return the data set of that name or path; by default, the one that the model was trained on.

    The labels are those of a conditional model: classes are matched by their names.

    Raises:
        KerasgenError: the data cannot be used; see `kerasgen.data.load` and `Dataset.with_classes`.
    """
    from kerasgen import data

    kind, bundled = _kind_of_data(model)
    run = run_of(path)
    if dataset is None and run.recipe_path.is_file():
        settings = run.read_recipe()
        dataset, data_dir = settings.get("dataset"), data_dir or settings.get("data_dir")
    if dataset is None:
        dataset = bundled
        terminal.echo(f"no recipe.json in the folder of {path}: using {bundled}; --dataset names another", err=True)
    side, *others = model.sample_shape
    size = side if len(others) == 2 and others[0] == side else None  # images are resized to squares or not at all
    loaded = data.load(dataset, image_size=size, data_dir=data_dir, kind=kind)
    return loaded.with_classes(names) if (names := class_names(model)) else loaded


def _kind_of_data(model):
    """Return the kind of data set that a model is trained on, and the name of a bundled one of that kind."""
    from kerasgen.data.sources import DEFAULT_SET
    from kerasgen.models.base.abilities import Translates

    if not isinstance(model, Translates):
        return "images", DEFAULT_SET
    return ("pairs", "outlines") if len(model.directions) == 1 else ("domains", "ink-chalk")


def test_images(dataset: "Dataset", n: int | None, default: int) -> "np.ndarray":
    """Return the first `n` test images (n, H, W, C); by default `default` images, or all if there are fewer.

    Raises:
        UsageError: fewer than `n` test images.
    """
    images = dataset.test
    if n is not None and len(images) < n:
        raise UsageError(
            f"{counted(n, 'image')} requested, {dataset.name} has {counted(len(images), 'test image')}; "
            "give a smaller -n"
        )
    return images.first(default if n is None else n)


def test_labels(model: "GenerativeModel", dataset: "Dataset", n: int) -> "np.ndarray | None":
    """Return the labels (n,) of the first `n` test images, or None if the model has no labels.

    Raises:
        UsageError: the data set has no labels.
        DataError: labels that the model does not have.
    """
    if not model.num_classes:
        return None
    if dataset.test.labels is None:
        raise UsageError(f"{dataset.name} has no labels, which this model needs; give another --dataset")
    return model.classes.check(dataset.test.labels[:n], n)


def class_names(model: Any) -> list[str]:
    """Return the names of the classes of a conditional model; without names, their numbers from 0."""
    from kerasgen.data.classes import default_names

    origin = getattr(model, "origin", None) or {}
    return origin.get("class_names") or default_names(getattr(model, "num_classes", 0) or 0)


def class_label(model: Any, name: str) -> int:
    """Return the label, a whole number from 0, of the class called `name`.

    Raises:
        UsageError: the model has no classes, or none of this name.
    """
    from kerasgen.data.classes import find_class

    names = class_names(model)
    if not names:
        raise UsageError(f"--label {name}: this model was trained without labels; leave the option out")
    return find_class(name, names)


def save_picture(path: Path, rows: "np.ndarray", row_names: Sequence[str] | None = None, **options: Any) -> None:
    """Write a grid of images (rows, columns, H, W, C) as a PNG file and print its path; see `plots.save_rows`."""
    from kerasgen import plots

    path.parent.mkdir(parents=True, exist_ok=True)
    plots.save_rows(path, rows, row_names, **options)
    terminal.echo(f"Wrote {path}")
