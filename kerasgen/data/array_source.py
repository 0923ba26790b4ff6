"""Sources of samples: protocols of the readers, and the reader of an array."""

import hashlib
from collections.abc import Callable, Iterator
from typing import Any, Protocol

import numpy as np


class SampleSource(Protocol):
    """Protocol of a reader of the files or arrays that hold the samples of `Images`.

    Attributes:
        shape: shape of all samples, (M, ...).
    """

    shape: tuple[int, ...]

    def read(self, rows: np.ndarray, replacements: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return `(samples, rows)`: new arrays (n, ...) and (n,).

        Args:
            rows: int64 (n,), the samples to read.
            replacements: int64, rows that may replace one that cannot be read; the returned rows name them.
        """


class RowArray(Protocol):
    """Array that can be indexed by rows, such as a NumPy array."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Return the shape."""

    @property
    def dtype(self) -> np.dtype:
        """Return the type of the values."""

    def __len__(self) -> int: ...

    def __getitem__(self, rows: Any) -> np.ndarray: ...


class ArraySource:
    """Samples in an array (N, ...): in memory, or any object with `shape`, `dtype` and indexing by rows.

    Args:
        array: the array. Floats of any type are read as float32, other values keep their type.
        convert: function that is applied to each array of samples that is read, or None.
        sample_shape: shape of one converted sample; None for that of the array.
    """

    def __init__(
        self,
        array: RowArray,
        convert: Callable[[np.ndarray], np.ndarray] | None = None,
        sample_shape: tuple[int, ...] | None = None,
    ):
        self._array, self._convert = array, convert
        self.shape = (array.shape[0], *(array.shape[1:] if sample_shape is None else sample_shape))

    def read(self, rows: np.ndarray, replacements: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
        """Return `(samples, rows)`, the samples as a new array."""
        samples = np.asarray(self._array[rows])
        samples = samples if self._convert is None else self._convert(samples)
        return samples.astype(np.float32, copy=False) if samples.dtype.kind == "f" else samples, rows


class CachedSource:
    """Source that keeps all samples read from another one in memory, so that each is read only once."""

    def __init__(self, source: SampleSource):
        self._source = source
        self.shape = source.shape
        self._samples = np.empty(self.shape, np.uint8)  # takes memory only as it is filled
        self._is_read = np.zeros(len(self._samples), bool)

    @property
    def names(self) -> list[str]:
        """Return the names of the samples."""
        return getattr(self._source, "names")  # noqa: B009 - only some sources have names

    def read(self, rows: np.ndarray, replacements: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return `(samples, rows)` as the source does."""
        missing = ~self._is_read[rows]
        if missing.any():
            samples, read = self._source.read(rows[missing], replacements)
            self._samples[read] = samples
            self._is_read[read] = True
            rows = rows.copy()
            rows[missing] = read
        return self._samples[rows], rows


def digest(*arrays: np.ndarray) -> str:
    """Return a hash of the arrays' types, shapes and values, read in pieces."""
    total = hashlib.sha256()
    for array in arrays:
        total.update(f"{array.dtype.str}{array.shape}".encode())
        for piece in pieces(array):
            total.update(np.ascontiguousarray(piece).data)
    return total.hexdigest()


def pieces(array: RowArray, size: int = 2**22) -> Iterator[np.ndarray]:
    """Yield the array in consecutive pieces of about `size` bytes."""
    row_bytes = int(np.prod(array.shape[1:], dtype=np.int64)) * array.dtype.itemsize
    step = max(1, size // max(1, row_bytes))
    for start in range(0, len(array), step):
        yield array[start : start + step]
