"""Where a set of images comes from: `load` looks its name or path up in two tables."""

import importlib
import os
from dataclasses import replace
from numbers import Integral
from pathlib import Path

from kerasgen.errors import DataError, UsageError, unknown

# The module that loads each set, imported when it is needed: by the kind of the set, and its name or what it lies in.
BUNDLED = {
    "images": {
        "digits": "kerasgen.data.sources.digits",
        "gaussian-1d": "kerasgen.data.sources.mixtures",
        "ring-8": "kerasgen.data.sources.mixtures",
        "grid-25": "kerasgen.data.sources.mixtures",
        "stacked-digits": "kerasgen.data.sources.stacked",
        "stacked-mnist": "kerasgen.data.sources.stacked",
    },
    "pairs": {"outlines": "kerasgen.data.sources.drawn_digits"},
    "domains": {"ink-chalk": "kerasgen.data.sources.drawn_digits"},
}
PATHS = {
    "images": {
        "folder": "kerasgen.data.sources.folder",
        ".npy": "kerasgen.data.sources.arrays",
        ".npz": "kerasgen.data.sources.arrays",
    },
    "pairs": {"folder": "kerasgen.data.sources.pairs", ".npz": "kerasgen.data.sources.pairs"},
    "domains": {"folder": "kerasgen.data.sources.domains", ".npz": "kerasgen.data.sources.domains"},
}
KINDS = {"images": "a set of images", "pairs": "a set of pairs of images", "domains": "two domains of images"}
ELSEWHERE = "kerasgen.data.sources.tfds"
POINTS = (
    "kerasgen.data.sources.mixtures",
    "kerasgen.data.sources.arrays",
)  # where points may come from; others hold pictures alone


def load(dataset="digits", *, image_size=None, data_dir=None, validation_split=0.1, kind="images"):
    """Return the `Dataset` of that name or path.

    A bundled name is always that set: `digits`; `stacked-digits` and `stacked-mnist`, three digits in the channels of
    one image; or points, `gaussian-1d`, `ring-8`, `grid-25`.
    Otherwise `dataset` is a path if it is a `pathlib.Path`, holds a separator, starts with `.` or `~`, ends in `.npy`
    or `.npz`, or names something that exists in the working directory. What is left is the name of a TensorFlow
    Datasets set.

    Args:
        dataset: `digits` (scikit-learn's) or another bundled name, a path to a folder of images (subfolders
            are classes), a `.npy` or `.npz` file, or the name of an image set of TensorFlow Datasets (`mnist`,
            `cifar10`, ...).
        image_size: side in pixels of the square images returned; others are cropped to their central square and
            resized, to 2 pixels or more. None keeps the size that the images have (28 for `digits`). Points have none,
            and ignore it.
        data_dir: where TensorFlow Datasets keeps its sets; None means its own default (`TFDS_DATA_DIR`).
        validation_split: the part of the images that become `test` where the source has no test set of its own.
            Which ones does not depend on a seed; in a folder it depends on each file's path alone.
        kind: `images`, or for image-to-image translation `pairs` (the bundled `outlines`, a folder of pairs side by
            side or with subfolders `A` and `B`, a `.npz`) or `domains` (the bundled `ink-chalk`, a folder with
            `trainA`, `trainB`, `testA` and `testB`, a `.npz`). The parts of such a set are `Pairs` and `Domains`.

    Raises:
        UsageError: unknown name, a set of another kind, an image size or split that cannot be, or sizes that differ
            without `image_size`.
        DataError: the data is missing, empty, broken or out of range.
        MissingPackageError: a TensorFlow Datasets set without TensorFlow or TensorFlow Datasets.
    """
    if image_size is not None and (not isinstance(image_size, Integral) or image_size < 1):
        raise UsageError(f"image size {image_size!r}: give a whole number of pixels, 1 or more")
    if not 0 < validation_split < 1:
        raise UsageError(f"validation split {validation_split!r}: give a number above 0 and below 1, such as 0.1")
    home = loader_module(dataset, kind)
    if image_size == 1 and home not in POINTS:
        raise UsageError("image size 1: of a picture nothing would be left; give 2 or more, such as 28")
    from_path = is_path(dataset)
    dataset = Path(dataset).expanduser() if from_path else dataset
    found = importlib.import_module(home).load(dataset, image_size, data_dir, validation_split)
    return replace(found, from_path=True) if from_path else found


def loader_module(dataset, kind="images"):
    """Return the name of the module that loads the set; a path must exist, what is in it is not looked at.

    Args:
        dataset, kind: as `load` takes them.

    Raises:
        UsageError: no such kind, a bundled set of another one, or a name where this kind has only paths.
        DataError: there is nothing at the path, or no folder or file of a form that is known.
    """
    if kind not in KINDS:
        raise unknown("kind of set", kind, KINDS)
    return _home_of_path(Path(dataset).expanduser(), kind) if is_path(dataset) else _home_of_name(dataset, kind)


def is_path(dataset):
    """Tell whether `dataset` is a path rather than a name, by the rule that `load` gives."""
    if isinstance(dataset, os.PathLike):
        return True
    if any(dataset in names for names in BUNDLED.values()):
        return False
    separators = {"/", os.sep, os.altsep} - {None}
    return (
        any(separator in dataset for separator in separators)
        or dataset.startswith((".", "~"))
        or Path(dataset).suffix.lower() in PATHS["images"]
        or (dataset != "" and Path(dataset).exists())
    )


def _home_of_path(path, kind):
    if not path.exists():
        raise DataError(f"no such file or folder: {path}")
    form = "folder" if path.is_dir() else path.suffix.lower()
    if form not in PATHS[kind]:
        *forms, last = ["a folder of images", *(f"a {form} file" for form in PATHS[kind] if form != "folder")]
        raise DataError(f"cannot read {path}: give {', '.join(forms)} or {last}")
    return PATHS[kind][form]


def _home_of_name(name, kind):
    if name in BUNDLED[kind]:
        return BUNDLED[kind][name]
    is_of = next((other for other, names in BUNDLED.items() if name in names), None)
    if is_of is None and kind == "images":
        return ELSEWHERE
    what = f"{name} is {KINDS[is_of]}" if is_of else f"unknown data set {name!r}"
    of_others = "mnist or another name of TensorFlow Datasets, " if kind == "images" else ""
    known = f"{', '.join(BUNDLED[kind])}, {of_others}the path of a folder or a .npz file"
    raise UsageError(f"{what}; this model trains on {KINDS[kind]}: give {known}")
