"""Decoded images of TensorFlow Datasets in the user's cache folder.

Decoding MNIST takes seconds, most of them for the import of TensorFlow. So the decoded arrays are kept in a file. It is
used while the files of the prepared set have the same sizes and times, and it can be deleted at any time.
"""

import contextlib
import hashlib
import json
import os
import zipfile
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from kerasgen.data.load_options import LoadOptions
from kerasgen.io.cache import user_cache
from kerasgen.io.files import atomic_write

LARGEST = 2**30  # bytes of decoded images that are kept
_VERSION = 1  # of the file and of the way in which images are decoded


class Decoded(NamedTuple):
    """Decoded splits of a data set.

    Attributes:
        name: name of the data set.
        content: text that differs if the content differs; a part of the fingerprint.
        images: for each split, uint8 (N, H, W, C).
        labels: for each split, int64 (N,).
        class_names: names of all classes; empty if the set has no labels.
        native_size: (height, width) of all images, or None if they differ.
        notes: lines for the user about the images.
    """

    name: str
    content: str
    images: Sequence[np.ndarray]
    labels: Sequence[np.ndarray]
    class_names: Sequence[str]
    native_size: tuple[int, int] | None
    notes: Sequence[str]


def read(name: str, options: LoadOptions) -> Decoded | None:
    """Return the set that `keep` wrote, or None if there is none or if the prepared files have changed."""
    folder = user_cache()
    # a file that is missing, damaged or of another version is written again
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError, zipfile.BadZipFile):
        if folder is not None:
            facts = json.loads((folder / _facts_name(name, options)).read_text())
            if facts["files"] == _stat(Path(facts["directory"])):
                return _read_arrays(folder / facts["arrays"][_side(facts, options)], facts)
    return None


def keep(name: str, options: LoadOptions, decoded: Decoded, directory: Path) -> None:
    """Keep decoded images, if they are of one native size and not too large.

    Args:
        name: name by which the set was loaded.
        options: options with which it was loaded.
        decoded: the images.
        directory: folder of the prepared set.
    """
    folder = user_cache()
    if folder is None or decoded.native_size is None or sum(part.nbytes for part in decoded.images) > LARGEST:
        return
    path = folder / _facts_name(name, options)
    facts: dict[str, Any] = {
        "directory": str(directory.absolute()),
        "files": _stat(directory),
        **{field: getattr(decoded, field) for field in ("name", "content", "class_names", "native_size", "notes")},
        "arrays": {},
    }
    facts = json.loads(json.dumps(facts))  # with lists for tuples, as it is read
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError):  # sizes that were kept before
        present = json.loads(path.read_text())
        facts["arrays"] = present["arrays"] if present["files"] == facts["files"] else {}
    side = _side(facts, options)
    facts["arrays"][side] = f"{path.stem}-{side}.npz"
    arrays = {f"images{i}": part for i, part in enumerate(decoded.images)}
    arrays |= {f"labels{i}": part for i, part in enumerate(decoded.labels)}
    with contextlib.suppress(OSError):  # a full disk: the set is decoded again the next time
        folder.mkdir(parents=True, exist_ok=True)
        with atomic_write(folder / facts["arrays"][side]) as temporary:
            np.savez(temporary, allow_pickle=False, **arrays)
        with atomic_write(path) as temporary:
            temporary.write_text(json.dumps(facts))


def _facts_name(name, options):
    """Return the name of the file with the facts of a set; it depends on everything that chooses the set's files."""
    chosen = [str(options.data_dir), os.environ.get("TFDS_DATA_DIR"), os.getcwd(), _version_of_tfds(), _VERSION]
    return f"tfds-{hashlib.sha256(json.dumps([name, *chosen]).encode()).hexdigest()[:16]}.json"


def _version_of_tfds():
    try:
        return metadata.version("tensorflow-datasets")
    except metadata.PackageNotFoundError:
        return None


def _side(facts, options):
    """Return the side to which images are resized, as a part of a file's name."""
    height, width = facts["native_size"]
    side = options.side((height, width))
    return "native" if side is None else str(side)


def _stat(directory):
    """Return name, bytes and time of change of each file of a prepared set."""
    status = {path.name: path.stat() for path in sorted(directory.iterdir())}
    if not status:
        raise FileNotFoundError(directory)
    return [[name, each.st_size, each.st_mtime_ns] for name, each in status.items()]


def _read_arrays(path, facts):
    """Return the decoded set.

    Raises:
        ValueError: the arrays do not fit each other.
    """
    with open(path, "rb") as opened, np.load(opened, allow_pickle=False) as file:
        count = len(file.files) // 2
        images = [file[f"images{i}"] for i in range(count)]
        labels = [file[f"labels{i}"] for i in range(count)]
    for part, numbers in zip(images, labels, strict=True):
        if part.dtype != np.uint8 or part.ndim != 4 or numbers.dtype != np.int64 or numbers.shape != part.shape[:1]:
            raise ValueError("arrays of another kind")
    fields = {field: facts[field] for field in ("name", "content", "class_names", "notes")}
    return Decoded(images=images, labels=labels, native_size=tuple(facts["native_size"]), **fields)
