"""Where a set of images comes from: `load` looks its name or path up in two tables."""

import importlib
import os
from numbers import Integral
from pathlib import Path

from kerasgen.errors import DataError, UsageError

# The module that loads each kind of set, imported when it is needed.
BUNDLED = {
    "digits": "kerasgen.data.digits",
    "gaussian-1d": "kerasgen.data.mixtures",
    "ring-8": "kerasgen.data.mixtures",
    "grid-25": "kerasgen.data.mixtures",
}
PATHS = {
    "folder": "kerasgen.data.folder",
    ".npy": "kerasgen.data.arrays",
    ".npz": "kerasgen.data.arrays",
}
ELSEWHERE = "kerasgen.data.tfds"


def load(dataset="digits", *, image_size=None, data_dir=None, validation_split=0.1):
    """Return the `Dataset` of that name or path.

    A bundled name (`digits`, or one of the sets of points: `gaussian-1d`, `ring-8`, `grid-25`) is always that set.
    Otherwise `dataset` is a path if it is a `pathlib.Path`, holds a separator, starts with `.` or `~`, ends in `.npy`
    or `.npz`, or names something that exists in the working directory. What is left is the name of a TensorFlow
    Datasets set.

    Args:
        dataset: `digits` (scikit-learn's), points of a mixture of Gaussians, a path to a folder of images (subfolders
            are classes), a `.npy` or `.npz` file, or the name of an image set of TensorFlow Datasets (`mnist`,
            `cifar10`, ...).
        image_size: side in pixels of the square images returned; others are cropped to their central square and
            resized. None keeps the size that the images have (28 for `digits`). Points have none, and ignore it.
        data_dir: where TensorFlow Datasets keeps its sets; None means its own default (`TFDS_DATA_DIR`).
        validation_split: the part of the images that become `test` where the source has no test set of its own.
            Which ones does not depend on a seed; in a folder it depends on each file's path alone.

    Raises:
        UsageError: unknown name, an image size or split that cannot be, or sizes that differ without `image_size`.
        DataError: the data is missing, empty, broken or out of range.
        MissingPackageError: a TensorFlow Datasets set without TensorFlow or TensorFlow Datasets.
    """
    if image_size is not None and (not isinstance(image_size, Integral) or image_size < 1):
        raise UsageError(f"image size {image_size!r}: give a whole number of pixels, 1 or more")
    if not 0 < validation_split < 1:
        raise UsageError(f"validation split {validation_split!r}: give a number above 0 and below 1, such as 0.1")
    if is_path(dataset):
        dataset = Path(dataset).expanduser()
        home = _home_of(dataset)
    else:
        home = BUNDLED.get(dataset, ELSEWHERE)
    module = importlib.import_module(home)
    return module.load(dataset, image_size, data_dir, validation_split)


def is_path(dataset):
    """Tell whether `dataset` is a path rather than a name, by the rule that `load` gives."""
    if isinstance(dataset, os.PathLike):
        return True
    if dataset in BUNDLED:
        return False
    separators = {"/", os.sep, os.altsep} - {None}
    return (
        any(separator in dataset for separator in separators)
        or dataset.startswith((".", "~"))
        or Path(dataset).suffix.lower() in PATHS
        or (dataset != "" and Path(dataset).exists())
    )


def _home_of(path):
    if not path.exists():
        raise DataError(f"no such file or folder: {path}")
    kind = "folder" if path.is_dir() else path.suffix.lower()
    if kind not in PATHS:
        raise DataError(f"cannot read {path}: give a folder of images, a .npy or a .npz file")
    return PATHS[kind]
