"""The weights in a model file: an HDF5 file of plain arrays, checked and then loaded exactly."""

import math
import os
import warnings
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import h5py
import ml_dtypes
import numpy as np

from kerasgen.errors import ModelFileError

MAXIMUM_DEPTH = 40  # of nested groups
MAXIMUM_OBJECTS = 100_000  # groups and arrays

_OPTIMIZER = "optimizer/"


@dataclass
class Layout:
    """The arrays of an HDF5 file.

    Attributes:
        arrays: path within the file -> (shape, type of the numbers).
    """

    arrays: dict[str, tuple[tuple[int, ...], str]] = field(default_factory=dict)

    def without_optimizer(self) -> "Layout":
        """Return the arrays that are not part of an optimizer."""
        return Layout({name: kind for name, kind in self.arrays.items() if not name.startswith(_OPTIMIZER)})

    @property
    def has_optimizer(self) -> bool:
        """Return whether the file has the state of an optimizer."""
        return any(name.startswith(_OPTIMIZER) for name in self.arrays)

    @property
    def count(self) -> int:
        """Return the number of values in all arrays."""
        return sum(math.prod(shape) for shape, _ in self.arrays.values())


def check(file: Path, path: str | os.PathLike, compile: bool = False) -> Layout:
    """Return the arrays of an HDF5 file, after checking that it holds finite numbers and nothing else.

    HDF5 offers more than Keras uses: links, arrays that are stored in other files, filters that expand a few bytes to
    terabytes, and arrays that are declared and not stored. All of these are refused.

    Args:
        file: path of the HDF5 file.
        path: path of the model file, for messages.
        compile: whether the state of the optimizers will be loaded and must be finite too.

    Raises:
        ModelFileError: the file holds something else, or a number is NaN or infinite.

    Example:
        >>> from pathlib import Path
        >>> import kerasgen
        >>> from kerasgen.io import weights
        >>> kerasgen.create("vae", image_size=8, hidden_dim=4).save_weights("vae.weights.h5")
        >>> weights.check(Path("vae.weights.h5"), "vae.keras").arrays["encoder/layers/dense/vars/0"]
        ((64, 4), 'float32')
    """
    try:
        with h5py.File(file, "r") as contents:
            walk = _Walk(file.stat().st_size, path, compile)
            walk.group(contents)
            return walk.layout
    except ModelFileError:
        raise
    except Exception as error:  # h5py raises almost anything for a damaged file
        why = ascii(" ".join(str(error).split()))[1:-1][:200]
        raise ModelFileError(
            f"cannot load {path}: its model.weights.h5 is not an HDF5 file of weights ({why})"
        ) from error


def load_into(model: Any, file: Path, layout: Layout, path: str | os.PathLike, compile: bool = False) -> None:
    """Load the arrays of a checked HDF5 file into a model that has exactly these arrays.

    Keras skips arrays and layers that do not match. Here the arrays of the file must be those that Keras would
    save of the model: the same names, shapes and types.

    Args:
        model: built model.
        file: path of the HDF5 file; another file is written into its directory for a moment.
        layout: result of `check`.
        path: path of the model file, for messages.
        compile: whether to load the state of the optimizers too. If not, the model is left without optimizers.

    Raises:
        ModelFileError: an array is missing, superfluous or of another shape or type.

    Example:
        >>> from pathlib import Path
        >>> import kerasgen
        >>> from kerasgen.io import weights
        >>> file, model = Path("vae.weights.h5"), kerasgen.create("vae", image_size=8)
        >>> model.save_weights(file)
        >>> weights.load_into(model, file, weights.check(file, "vae.keras"), "vae.keras")
    """
    if not compile:
        model.optimizer, model.compiled = None, False
    elif not layout.has_optimizer:
        raise ModelFileError(
            f"cannot load {path} to continue its training: it was saved without optimizers; load it with compile=False "
            "and compile it"
        )
    fresh = file.with_name("fresh.weights.h5")
    model.save_weights(fresh)
    expected = _layout_of(fresh)
    fresh.unlink()
    given = layout if compile else layout.without_optimizer()
    if difference := _difference(expected.arrays, given.arrays):
        raise ModelFileError(f"cannot load {path}: its weights do not fit its model: {difference}")
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("error", "Skipping")
            model.load_weights(file)
    except Exception as error:  # layers may raise any kind of error
        raise ModelFileError(f"cannot load {path}: {first_line(error)}") from error


def first_line(error: BaseException) -> str:
    """Return the first line of an error's message as ASCII, cut to 300 characters, or the name of its class.

    Example:
        >>> from kerasgen.io import weights
        >>> weights.first_line(ValueError("first\\nsecond"))
        'first'
    """
    lines = (line.strip() for line in str(error).splitlines())
    return ascii(next(filter(None, lines), type(error).__name__))[1:-1][:300]


def _difference(expected, given):
    """Return the first difference between two layouts as text, or None."""
    for name, (shape, kind) in expected.items():
        if name not in given:
            return f"{name} is missing"
        if given[name] != (shape, kind):
            return f"{name} has shape {given[name][0]} ({given[name][1]}), the model needs {shape} ({kind})"
    surplus = next((name for name in given if name not in expected), None)
    return surplus and f"the model has no {ascii(surplus)[1:-1][:80]}"


def _layout_of(file):
    layout = Layout()
    with h5py.File(file, "r") as contents:
        contents.visititems(
            lambda name, item: layout.arrays.update({name: _kind(item)}) if isinstance(item, h5py.Dataset) else None
        )
    return layout


def _kind(item):
    """Return the shape and the type of an array; backends count steps and random states in different integers."""
    name = "integers" if item.dtype.kind in "iu" else item.dtype.name
    return tuple(item.shape), "bfloat16" if _is_bfloat16(item) else name


def _is_bfloat16(item):
    return item.dtype.kind == "V" and item.dtype.itemsize == 2 and item.attrs.get("dtype") == "bfloat16"


class _Walk:
    """Visits all groups and arrays of a file of `size` bytes."""

    def __init__(self, size, path, compile):
        self.size, self.path, self.compile = size, path, compile
        self.layout, self.bytes, self.seen = Layout(), 0, set()

    def refuse(self, problem):
        raise ModelFileError(f"cannot load {self.path}: in its weights {problem}")

    def group(self, group, place="", depth=0):
        """Check a group and all that it contains."""
        for name in group:
            inner = f"{place}/{name}" if place else name
            shown = ascii(inner)[1:-1][:80]
            if not isinstance(group.get(name, getlink=True), h5py.HardLink):
                self.refuse(f"{shown} is a link")
            item = group[name]
            address = h5py.h5o.get_info(item.id).addr
            if address in self.seen:
                self.refuse(f"{shown} is the same object as another")
            if len(self.seen) >= MAXIMUM_OBJECTS or depth > MAXIMUM_DEPTH:
                self.refuse(f"{shown} exceeds {MAXIMUM_OBJECTS:,} objects or {MAXIMUM_DEPTH} nested groups")
            self.seen.add(address)
            if isinstance(item, h5py.Group):
                self.group(item, inner, depth + 1)
            elif isinstance(item, h5py.Dataset):
                self.array(item, inner, shown)
            else:
                self.refuse(f"{shown} is not an array")

    def array(self, item, place, shown):
        """Check an array and add it to the layout."""
        is_bfloat16 = _is_bfloat16(item)
        if not is_bfloat16 and (item.dtype.kind not in "fiub" or "dtype" in item.attrs):
            self.refuse(f"{shown} is not an array of numbers")
        properties = item.id.get_create_plist()
        if (
            properties.get_layout() not in (h5py.h5d.CONTIGUOUS, h5py.h5d.COMPACT)
            or properties.get_external_count()
            or properties.get_nfilters()
            or item.shape is None
        ):
            self.refuse(f"{shown} is not stored as Keras stores it")
        numbers = math.prod(item.shape)
        self.bytes += numbers * item.dtype.itemsize
        if item.id.get_storage_size() != numbers * item.dtype.itemsize or self.bytes > self.size:
            self.refuse(f"{shown} declares {numbers:,} numbers, but does not store them")
        self.layout.arrays[place] = _kind(item)
        if place.startswith(_OPTIMIZER) and not self.compile:
            return
        values = np.asarray(item).view(ml_dtypes.bfloat16) if is_bfloat16 else np.asarray(item)
        if (is_bfloat16 or item.dtype.kind == "f") and not np.isfinite(values).all():
            self.refuse(f"{shown} has numbers that are NaN or infinite")
