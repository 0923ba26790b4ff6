"""Images or points in a `.npy` or `.npz` file."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from kerasgen.data.classes import index_labels
from kerasgen.data.dataset import Dataset, Images, split_array
from kerasgen.data.image_arrays import Array, check_declared, find_array_format, in_memory, native_size, summarize
from kerasgen.data.load_options import LoadOptions
from kerasgen.data.npy_files import Header, NpyFile, NpzFile
from kerasgen.errors import DataError

IMAGES = ("x", "images")
LABELS = ("y", "labels")
# Names of images and labels in a file with parts, such as Keras's mnist.npz and the files of MedMNIST
PART_NAMES = (("x_{}", "y_{}"), ("{}_images", "{}_labels"), ("images_{}", "labels_{}"))
TEST_PARTS = ("test", "val", "validation")  # the first that exists is the test part

_LABEL_WORDS = ("label", "target", "class")  # parts of the names of arrays that probably hold labels


@dataclass
class Members:
    """Names of the arrays in a file that make a set.

    Attributes:
        images: name for each part, one or two.
        labels: name for each part; empty without labels.
        notes: lines for the user about members that are not used.
    """

    images: list[str]
    labels: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def load(path: Path, options: LoadOptions) -> Dataset:
    """Return the images of a `.npy` or `.npz` file: (N, H, W), or (N, H, W, C) with 1, 3 or 4 channels.

    Values are integers from 0 to 255 or floats from 0 to 1. Booleans, and integers of 0 and 1 only, mean black and
    white. A fourth channel is transparency, which is composited on white. Floats (N, D) with D up to 32 are points of
    any range.

    In a `.npz` the images are `x` or `images` or the only array with three or four dimensions. The labels are `y` or
    `labels`: whole numbers or class names, (N,). With `x_train` and `x_test` (`y_train`, `y_test`) that is the split.
    Other members are not read. A `.npy` that is too large for memory is read batch by batch.

    Raises:
        DataError: the file is damaged or holds Python objects, or its arrays are not such images and labels.
    """
    if path.suffix.lower() == ".npy":
        array = in_memory(NpyFile(path))
        check_declared(str(path), array)
        return _dataset(path, Members(["x"]), [array], [], options)
    file = NpzFile(path)
    members = find_members(file)
    _check_headers(file, members)
    images, labels = ([file.read(name) for name in names] for names in (members.images, members.labels))
    return _dataset(path, members, images, labels, options)


def find_members(file: NpzFile) -> Members:
    """Return the names of the images and labels in a `.npz` file.

    Raises:
        DataError: no array or more than one may be the images.
    """
    for name in (*IMAGES, *(images.format("train") for images, _ in PART_NAMES)):
        if name in file.damaged:
            raise DataError(f"cannot read {name} in {file.path}: it is damaged ({file.damaged[name]})")
    members = _find_parts(file) or _find_whole(file)
    members.notes += _unused_labels(file, members)
    return members


def _find_parts(file: NpzFile) -> Members | None:
    """Return the members of a file with a training part, or None."""
    for images, labels in PART_NAMES:
        if images.format("train") not in file.headers:
            continue
        tests = [part for part in TEST_PARTS if images.format(part) in file.headers]
        parts = ["train", *tests[:1]]
        members = Members([images.format(part) for part in parts], [labels.format(part) for part in parts])
        members.notes = [f"{file.path}: {images.format(part)} is not used" for part in tests[1:]]
        missing = [name for name in members.labels if name not in file.headers]
        if missing:
            present = [name for name in members.labels if name in file.headers]
            members.notes += [f"{file.path}: {name} is not used, because {missing[0]} is missing" for name in present]
            members.labels = []
        return members
    return None


def _find_whole(file: NpzFile) -> Members:
    """Return the members of a file without parts."""
    named = [name for name in IMAGES if name in file.headers]
    candidates = named or [name for name, header in file.headers.items() if _like_images(header)]
    if not named and len(candidates) != 1:
        arrays = [f"{name} {header.shape}" for name, header in file.headers.items()]
        content = ", ".join([*arrays, *file.others]) or "nothing"
        raise DataError(
            f"{file.path} holds {content}; expected the images under x or images, their labels under y or labels"
        )
    return Members(candidates[:1], [name for name in LABELS if name in file.headers][:1])


def _like_images(header: Header) -> bool:
    return header.ndim in (3, 4) and not header.dtype.hasobject


def _unused_labels(file: NpzFile, members: Members) -> list[str]:
    """Return lines about members that look like labels and are not used."""
    counts = {file.headers[name].shape[0] for name in members.images if file.headers[name].shape}
    noted = " ".join(members.notes)
    unused = [
        name
        for name, header in file.headers.items()
        if name not in (*members.images, *members.labels)
        and f" {name} " not in noted
        and _like_labels(name, header, counts, any_name=not members.labels)
    ]
    lines = [
        f"{file.path}: {name} looks like labels and is not used; the labels are called y or labels" for name in unused
    ]
    no_arrays = [name for name in file.others if name.removesuffix(".npy") in (*LABELS, *_part_labels())]
    return lines + [f"{file.path}: {name} is not an array and is not used" for name in no_arrays]


def _part_labels() -> list[str]:
    """Return the names of the labels of all parts."""
    parts = ("train", *TEST_PARTS)
    return [labels.format(part) for _, labels in PART_NAMES for part in parts]


def _like_labels(name: str, header: Header, counts: set[int], any_name: bool) -> bool:
    one_each = header.ndim in (1, 2) and header.shape[0] in counts and header.shape[1:] in ((), (1,))
    named = name in LABELS or any(word in name.casefold() for word in _LABEL_WORDS)
    return one_each and (named or (any_name and header.dtype.kind in "iubUSO"))


def _check_headers(file: NpzFile, members: Members) -> None:
    """Check the declared types, shapes and lengths before any array is read."""
    for name in members.images:
        check_declared(f"{name} in {file.path}", file.headers[name])
    for images, labels in zip(members.images, members.labels):
        (count, *_), shape = file.headers[images].shape, file.headers[labels].shape
        if len(shape) not in (1, 2):
            raise DataError(f"{labels} in {file.path} has the shape {shape}; expected one label for each image, (N,)")
        if shape[0] != count:
            raise DataError(f"{file.path} holds {count} images and {shape[0]} labels; expected one for each")


def _dataset(
    path: Path, members: Members, images: Sequence[Array], labels: Sequence[np.ndarray], options: LoadOptions
) -> Dataset:
    names = [f"{name} in {path}" for name in members.images]
    if len({array.shape[1:] for array in images}) > 1:
        (one, other), shapes = members.images, [array.shape[1:] for array in images]
        raise DataError(f"{path}: {one} has samples {shapes[0]}, {other} {shapes[1]}; expected the same")
    class_names, indices = _classes(f"the labels in {path}", labels) if labels else (None, [None] * len(images))
    summaries, content = summarize([*images, *(array for array in indices if array is not None)])
    found = find_array_format(names, images, summaries[: len(images)], options)
    sources = [found.source(array) for array in images]
    if len(sources) == 2:
        train, test = (Images(source, labels=part) for source, part in zip(sources, indices, strict=True))
        dataset = Dataset(path.stem, train, test, class_names, content)
    elif len(images[0]) < 2:
        raise DataError(f"{path} holds one image; at least 2 are needed, one to train and one to test with")
    else:
        dataset = split_array(path.stem, sources[0], indices[0], class_names, options.validation_split, content)
    return replace(dataset, native_size=native_size(images), notes=members.notes + found.notes)


def _classes(where: str, parts: Sequence[np.ndarray]) -> tuple[list[str], list[np.ndarray | None]]:
    """Return the class names of all parts, and the labels of each as int64."""
    parts = [part[:, 0] if part.ndim == 2 and part.shape[1] == 1 else part for part in parts]
    for part in parts:
        if part.ndim != 1:
            index_labels(part, where)  # raises the error of this shape
    names, labels = index_labels(np.concatenate(parts), where)
    return names, [*np.split(labels, np.cumsum([len(part) for part in parts])[:-1])]
