"""Sources of data: `load` finds the module of a name or path in a registry.

A source is a module with a function `load(source, options)`: it takes the name or the `pathlib.Path` and the
`LoadOptions`, and returns a `Dataset`. `register` adds one.
"""

import importlib
import os
import warnings
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from kerasgen.data.load_options import LoadOptions, SizeRule
from kerasgen.errors import DataError, UsageError, unknown

if TYPE_CHECKING:
    from kerasgen.data.dataset import Dataset

_HERE = "kerasgen.data.sources"

DEFAULT_SET = "mnist-10k"  # bundled images
ELSEWHERE = f"{_HERE}.tfds"  # module of the source of names that are not bundled


@dataclass(frozen=True)
class Kind:
    """Sources of one kind of data.

    Attributes:
        description: noun phrase for errors.
        names: name of a bundled set -> module of its source.
        paths: `folder`, `run` or the suffix of a file -> module of its source.
        other_names: module of the source of all other names, or None.
    """

    description: str
    names: dict[str, str] = field(default_factory=dict)
    paths: dict[str, str] = field(default_factory=dict)
    other_names: str | None = None


KINDS = {
    "images": Kind(
        "a set of images",
        names={
            "mnist-10k": f"{_HERE}.mnist_10k",
            "digits": f"{_HERE}.digits",
            "gaussian-1d": f"{_HERE}.mixtures",
            "ring-8": f"{_HERE}.mixtures",
            "grid-25": f"{_HERE}.mixtures",
            "moons": f"{_HERE}.mixtures",
            "stacked-digits": f"{_HERE}.stacked",
            "stacked-mnist": f"{_HERE}.stacked",
        },
        paths={
            "folder": f"{_HERE}.folder",
            "run": "kerasgen.runs.codes",
            ".npy": f"{_HERE}.arrays",
            ".npz": f"{_HERE}.arrays",
        },
        other_names=ELSEWHERE,
    ),
    "pairs": Kind(
        "a set of pairs of images",
        names=dict.fromkeys(("outlines", "outlines-8x8"), f"{_HERE}.drawn_digits"),
        paths={"folder": f"{_HERE}.pairs", ".npz": f"{_HERE}.pairs"},
    ),
    "domains": Kind(
        "two domains of images",
        names=dict.fromkeys(("ink-chalk", "ink-chalk-8x8"), f"{_HERE}.drawn_digits"),
        paths={"folder": f"{_HERE}.domains", ".npz": f"{_HERE}.domains"},
    ),
}


def register(name: str, module: str, kind: str = "images") -> None:
    """Add a source to the registry.

    Args:
        name: name of the set; `folder` or a suffix such as `.h5` for a source of paths.
        module: name of the module, which is imported when the source is used.
        kind: `images`, `pairs` or `domains`.

    Raises:
        UsageError: no such kind.

    Example:
        >>> register("faces", "my_package.faces")
    """
    known = _kind(kind)
    (known.paths if name == "folder" or name.startswith(".") else known.names)[name] = module


def load(
    dataset: str | os.PathLike = DEFAULT_SET,
    *,
    image_size: int | SizeRule | None = None,
    data_dir: str | os.PathLike | None = None,
    validation_split: float = 0.1,
    kind: str = "images",
) -> "Dataset":
    """Return the `Dataset` of a name or path.

    A bundled name always means that set: `mnist-10k` and `digits`; `stacked-digits` and `stacked-mnist`, three digits
    in the channels of one image; the points `gaussian-1d`, `ring-8`, `grid-25` and `moons`. Otherwise `dataset` is a
    path if it is a `pathlib.Path`, contains a separator, starts with `.` or `~`, ends in `.npy` or `.npz`, or names
    something that exists in the working directory. All other names are those of TensorFlow Datasets.

    Args:
        dataset: a bundled name, such as `mnist-10k` (12,000 images of MNIST) or `digits` (scikit-learn's); the path of
            a folder of images, whose subfolders are classes, or of a `.npy` or `.npz` file; or the name of an image set
            of TensorFlow Datasets (`mnist`, `cifar10`, ...).
        image_size: side in pixels of the square images to return. Others are cropped to their central square and
            resized. None keeps their size (28 for `digits`). A function of (height, width), which are None if the
            images differ, returns the side or None; see `kerasgen.data.load_options.keep_native_size`. Points ignore
            it.
        data_dir: folder in which TensorFlow Datasets keeps its sets; None means its default (`TFDS_DATA_DIR`).
        validation_split: fraction of the images that goes into `test` if the source has no test part of its own. The
            choice does not depend on a seed; in a folder it depends on the path of each file only.
        kind: `images`, or for image-to-image translation `pairs` (the bundled `outlines`, a folder of pairs side by
            side or with subfolders `A` and `B`, a `.npz`) or `domains` (the bundled `ink-chalk`, a folder with
            `trainA`, `trainB`, `testA` and `testB`, a `.npz`). The parts of such a set are `Pairs` and `Domains`.

    Returns:
        `Dataset`. A `DataWarning` is given for each of its `notes`.

    Raises:
        UsageError: an unknown name, a set of another kind, an impossible image size or split, or sizes that differ
            without `image_size`.
        DataError: the data is missing, empty, damaged or out of range.
        MissingPackageError: a set of TensorFlow Datasets without TensorFlow or TensorFlow Datasets.

    Example:
        >>> load("mnist-10k")
        <Dataset 'mnist-10k': 10,000 training and 2,000 test images (28, 28, 1), 10 classes (0, 1, 2, ...)>
    """
    options = LoadOptions(image_size, data_dir, validation_split)
    module = importlib.import_module(loader_module(dataset, kind))
    if not is_path(dataset):
        loaded = module.load(dataset, options)
    else:
        loaded = replace(module.load(Path(dataset).expanduser(), options), from_path=True)
    loaded = loaded.with_trained_classes()
    for note in loaded.notes:
        from kerasgen.data.dataset import DataWarning

        warnings.warn(note, DataWarning, stacklevel=2)
    return loaded


def loader_module(dataset: str | os.PathLike, kind: str = "images") -> str:
    """Return the name of the module that loads the set. A path must exist; its content is not read.

    Args:
        dataset: name or path, as for `load`.
        kind: `images`, `pairs` or `domains`.

    Raises:
        UsageError: no such kind, a bundled set of another kind, or an unknown name.
        DataError: nothing exists at the path, or no folder or file of a known format.

    Example:
        >>> loader_module("ring-8")
        'kerasgen.data.sources.mixtures'
    """
    known = _kind(kind)
    if is_path(dataset):
        return _module_of_path(Path(dataset).expanduser(), known)
    return _module_of_name(str(dataset), known)


def is_path(dataset: str | os.PathLike) -> bool:
    """Return whether `dataset` is a path rather than a name, by the rule of `load`.

    Example:
        >>> is_path("digits"), is_path("./digits"), is_path("faces.npz")
        (False, True, True)
    """
    if isinstance(dataset, os.PathLike):
        return True
    if any(dataset in kind.names for kind in KINDS.values()):
        return False
    return (
        any(separator in dataset for separator in ("/", os.sep, os.altsep or "/"))
        or dataset.startswith((".", "~"))
        or any(Path(dataset).suffix.lower() in kind.paths for kind in KINDS.values())
        or (dataset != "" and Path(dataset).exists())
    )


def is_bundled(dataset: str | os.PathLike) -> bool:
    """Return whether `dataset` is the name of a bundled set, whose images are made in any size.

    Example:
        >>> is_bundled("digits"), is_bundled("mnist"), is_bundled("./digits")
        (True, False, False)
    """
    return not is_path(dataset) and any(dataset in kind.names for kind in KINDS.values())


def samples_of(dataset: str | os.PathLike) -> str:
    """Return the kind of the samples of a name or path, as far as it is known before reading.

    Returns:
        `points` for a bundled set of points, `codes` for a run directory, otherwise `images`.

    Example:
        >>> samples_of("grid-25"), samples_of("digits")
        ('points', 'images')
    """
    if is_path(dataset):
        return "codes" if (Path(dataset).expanduser() / "recipe.json").is_file() else "images"
    return "points" if KINDS["images"].names.get(str(dataset)) == f"{_HERE}.mixtures" else "images"


def _kind(name: str) -> Kind:
    if name not in KINDS:
        raise unknown("kind of set", name, KINDS)
    return KINDS[name]


def _module_of_path(path: Path, kind: Kind) -> str:
    if not path.exists():
        raise DataError(f"no such file or folder: {path}")
    if not path.is_dir() and not path.is_file():  # reading a pipe or a device might never end
        raise DataError(f"{path} is neither a folder nor a regular file; copy its content into a file")
    form = "folder" if path.is_dir() else path.suffix.lower()
    if form == "folder" and "run" in kind.paths and (path / "recipe.json").is_file():
        form = "run"
    if form not in kind.paths:
        *forms, last = [
            "a folder of images",
            *(f"a {form} file" for form in kind.paths if form not in ("folder", "run")),
        ]
        raise DataError(f"cannot read {path}: give {', '.join(forms)} or {last}")
    return kind.paths[form]


def _module_of_name(name: str, kind: Kind) -> str:
    if name in kind.names:
        return kind.names[name]
    other = next((other for other in KINDS.values() if name in other.names), None)
    if other is None and kind.other_names:
        return kind.other_names
    problem = f"{name} is {other.description}" if other else f"unknown data set {name!r}"
    more = "mnist or another name of TensorFlow Datasets, " if kind.other_names else ""
    known = f"{', '.join(kind.names)}, {more}the path of a folder or a .npz file"
    raise UsageError(f"{problem}; this model trains on {kind.description}: give {known}")
