"""Checks and conversion of arrays of samples that users give: images of several types and shapes, and points."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from kerasgen.data import dataset
from kerasgen.data.array_source import ArraySource, pieces
from kerasgen.data.levels import BYTES, FLOATS, find_levels
from kerasgen.data.load_options import LoadOptions
from kerasgen.data.npy_files import Header, NpyFile
from kerasgen.data.pixels import make_square, on_white, scaling_advice
from kerasgen.errors import DataError

MAX_DIMENSIONS = 32  # maximum dimensions of a point; longer rows are flattened images

Array = np.ndarray | NpyFile
Declared = Array | Header


@dataclass
class Summary:
    """Facts about the values of an array, found by reading it once.

    Attributes:
        low, high: smallest and largest value, numbers.
        brightest: largest value, without the fourth channel (alpha).
        not_finite: number of values that are NaN or infinite.
    """

    low: Any = np.inf
    high: Any = -np.inf
    brightest: Any = -np.inf
    not_finite: int = 0

    def add(self, values: np.ndarray) -> None:
        """Include the values of a piece of the array."""
        if values.dtype.kind == "f":
            self.not_finite += int(values.size - np.count_nonzero(np.isfinite(values)))
        colours = values[..., :3] if values.ndim == 4 else values
        self.low, self.high = min(self.low, values.min()), max(self.high, values.max())
        self.brightest = max(self.brightest, colours.max())


@dataclass(frozen=True)
class ArrayFormat:
    """Common format of all arrays of a set.

    Attributes:
        points: whether the samples are points rather than images.
        white: integer that represents white.
        side: side of the square images to make, or None to keep their size.
        notes: lines for the user.
    """

    points: bool = False
    white: float = 255
    side: int | None = None
    notes: list[str] = field(default_factory=list)

    def convert(self, array: np.ndarray) -> np.ndarray:
        """Return samples as points (N, D), float32, or as images (N, H, W, C), C 1 or 3, uint8 or float in [0, 1]."""
        if self.points:
            return array.astype(np.float32)
        if array.ndim == 3:
            array = array[..., None]
        if array.dtype.kind != "f":
            white = 1 if array.dtype.kind == "b" else self.white
            array = array.astype(np.uint8, copy=False)
            array = array if white == 255 else np.minimum(array, 1) * np.uint8(255)
        if array.shape[3] == 4:
            array = on_white(array)
        return make_square(array, self.side)

    def source(self, array: Array) -> ArraySource:
        """Return the source of an array's samples: converted now, or batch by batch if it is a file."""
        if isinstance(array, np.ndarray):
            return ArraySource(self.convert(array))
        return ArraySource(array, self.convert, self.convert(array[:1]).shape[1:])


def in_memory(array: Array) -> Array:
    """Return the array of a file that fits into memory, other arrays as they are."""
    small = isinstance(array, NpyFile) and array.nbytes <= dataset.MEMORY_BUDGET
    return array[:] if small else array


def summarize(arrays: Iterable[Array]) -> tuple[list[Summary], str]:
    """Read each array once, in pieces; return their summaries and the hash of all, as `array_source.digest` does."""
    summaries, total = [], hashlib.sha256()
    for array in arrays:
        summary = Summary()
        total.update(f"{array.dtype.str}{array.shape}".encode())
        for piece in pieces(array):
            piece = np.ascontiguousarray(piece)
            total.update(piece.data)
            if piece.dtype.kind in "bufi":
                summary.add(piece)
        summaries.append(summary)
    return summaries, total.hexdigest()


def check_declared(name: str, array: Declared) -> None:
    """Check the shape and the type of an array; its values are not read.

    Args:
        name: name of the array in errors.
        array: array or header of one, with `shape`, `ndim` and `dtype`.

    Raises:
        DataError: shape or type are not those of images or points.
    """
    shape, kind = array.shape, array.dtype.kind
    if array.dtype.hasobject:
        raise DataError(f"{name} holds Python objects, which are never loaded; save numbers or text")
    if is_points(array):
        if 0 in shape:
            raise DataError(f"{name} has the shape {shape}; expected points (N, D)")
        return
    channels = shape[3] if len(shape) == 4 else 1
    if len(shape) not in (3, 4) or channels not in (1, 3, 4) or 0 in shape:
        hint = ""
        if len(shape) == 4 and shape[1] in (1, 3):
            hint = "; with channels first, transpose(0, 2, 3, 1)"
        elif len(shape) == 2:
            hint = "; flattened images: reshape(-1, H, W)"
        raise DataError(f"{name} has the shape {shape}; expected (N, H, W) or (N, H, W, C), C 1, 3 or 4{hint}")
    if kind not in "bufi":
        raise DataError(f"{name} has the type {array.dtype}; expected integers from 0 to 255 or floats from 0 to 1")


def is_points(array: Declared) -> bool:
    """Return whether an array has points (N, D) rather than images."""
    return array.ndim == 2 and array.shape[1] <= MAX_DIMENSIONS and array.dtype.kind == "f"


def find_array_format(
    names: Sequence[str], arrays: Sequence[Array], summaries: Sequence[Summary], options: LoadOptions
) -> ArrayFormat:
    """Check the values of arrays and return their common format.

    Args:
        names: name of each array in errors.
        arrays: arrays with checked shapes and equal samples, of one set or of one domain.
        summaries: `Summary` of each.
        options: options of `load`.

    Raises:
        DataError: a value is not finite or out of range.
    """
    for name, array, summary in zip(names, arrays, summaries, strict=True):
        _check_values(name, array, summary)
    if is_points(arrays[0]):
        return ArrayFormat(points=True)
    values = [
        (FLOATS if array.dtype.kind == "f" else BYTES, float(summary.brightest))
        for array, summary in zip(arrays, summaries, strict=True)
        if array.dtype.kind != "b"
    ]
    levels, notes = find_levels(values, names[0])
    return ArrayFormat(white=levels.bytes, side=options.side(native_size(arrays)), notes=notes)


def native_size(arrays: Sequence[Array]) -> tuple[int, int] | None:
    """Return the (height, width) of the images in arrays, or None if they differ or are points."""
    sizes = {tuple(array.shape[1:3]) for array in arrays}
    return sizes.pop() if len(sizes) == 1 and not is_points(arrays[0]) else None


def _check_values(name: str, array: Array, summary: Summary) -> None:
    expected = "expected finite values" if is_points(array) else "expected finite values from 0 to 1"
    if summary.not_finite:
        raise DataError(f"{name} has {summary.not_finite:,} values that are NaN or infinite; {expected}")
    top = 1 if array.dtype.kind in "bf" else 255
    if is_points(array) or 0 <= summary.low <= summary.high <= top:
        return
    advice = scaling_advice(summary.low, summary.high)
    if top == 255:
        advice = f"scale it to 0..255, or to floats: {advice}"
    raise DataError(f"{name} has values from {summary.low:g} to {summary.high:g}; expected 0 to {top}: {advice}")
