"""Arrays in memory maps, read without the danger that the process ends if their file becomes shorter.

If a program reads a page of a memory map that its file no longer has, the operating system ends it with SIGBUS. If the
operating system itself copies that page, for example to another file, it reports an error instead.
"""

import errno
import mmap
import os
import tempfile
import threading
import weakref
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import as_strided

from kerasgen.errors import DataError

MAX_BYTES = 8 * 2**30  # maximum bytes that are read into memory from one map
_MAX_BUFFERS = 1024  # of one call of `pwritev`
_MAX_SPREAD = 4  # bytes of the file between the first and the last byte of a row, relative to the bytes of the row
_PIECE = 2**24  # bytes that are copied at a time, if a row has fewer


class MappedArray:
    """Rows of an array in a memory map, copied by the operating system.

    Args:
        array: NumPy array (N, ...) in a memory map, or a view of one.
        memory: the memory map.

    Attributes:
        shape: tuple of int.
        dtype: type of the values.
        failure: the error of reading, or None.
    """

    def __init__(self, array: np.ndarray, memory: mmap.mmap):
        self.shape, self.dtype, self.ndim, self.nbytes = array.shape, array.dtype, array.ndim, array.nbytes
        self.failure: DataError | None = None
        self._memory, self._lock = memory, threading.Lock()
        self._raw = memoryview(memory)
        self._name, self._file_bytes = _file_of(array, memory)
        self._strides, self._is_plain = array.strides, array[:1].flags.c_contiguous
        # first and last byte of row 0, relative to its first value
        ends = [(length - 1) * step for length, step in zip(array.shape[1:], array.strides[1:])]
        self._before = -sum(end for end in ends if end < 0)
        self._span = self._before + sum(end for end in ends if end > 0) + array.itemsize
        self._start = array.ctypes.data - np.frombuffer(memory, np.uint8).ctypes.data - self._before
        self._scratch: int | None = None
        self._whole: np.ndarray | None = None

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, rows: Any) -> np.ndarray:
        """Return rows as a new array.

        Args:
            rows: int, slice, or int array (n,).

        Raises:
            DataError: the file has become shorter.
        """
        numbers = np.arange(len(self))[rows]
        if not self.nbytes:
            return np.empty((*numbers.shape, *self.shape[1:]), self.dtype)
        try:
            with self._lock:
                copied = self._copy(np.atleast_1d(numbers))
        except DataError as error:
            self.failure = error
            raise
        return copied[0] if numbers.ndim == 0 else copied

    def _copy(self, rows: np.ndarray) -> np.ndarray:
        """Return the rows (n,) as a new array (n, ...)."""
        if self._span > _MAX_SPREAD * self.nbytes // len(self):
            return self._read_whole()[rows]
        result, step = np.empty((len(rows), *self.shape[1:]), self.dtype), max(1, _PIECE // self._span)
        for start in range(0, len(rows), step):
            part, target = rows[start : start + step], result[start : start + step]
            if self._is_plain:
                self._read_spans(part, target.reshape(-1).view(np.uint8).reshape(len(part), self._span))
            else:
                spans = np.empty((len(part), self._span), np.uint8)
                self._read_spans(part, spans)
                target[:] = self._rows_in(spans, (self._span, *self._strides[1:]), self._before, len(part))
        return result

    def _read_whole(self) -> np.ndarray:
        """Return all rows, for an array whose rows are spread over the file, such as one stored column by column."""
        if self._whole is None:
            steps = (len(self) - 1) * self._strides[0]
            low, high = self._start + min(0, steps), self._start + max(0, steps) + self._span
            if high - low > MAX_BYTES:
                raise DataError(f"{self._name} is stored column by column; save it with numpy.ascontiguousarray")
            content = np.empty(high - low, np.uint8)
            for start in range(0, len(content), _PIECE):
                piece = content[start : start + _PIECE]
                self._through_file([self._raw[low + start : low + start + len(piece)]], piece)
            first = self._start + self._before - low
            self._whole = self._rows_in(content, self._strides, first, len(self))
        return self._whole

    def _rows_in(self, content: np.ndarray, strides: tuple[int, ...], first: int, count: int) -> np.ndarray:
        """Return rows as a view of a copy of the file's bytes."""
        values = content.reshape(-1)[first:]
        item = values[: self.dtype.itemsize].view(self.dtype)
        return as_strided(item, (count, *self.shape[1:]), strides)

    def _read_spans(self, rows: np.ndarray, spans: np.ndarray) -> None:
        """Read the bytes of rows into `spans` (n, bytes); adjacent rows are one piece."""
        is_dense = self._strides[0] == self._span
        starts = np.flatnonzero(np.diff(rows, prepend=-2) != 1) if is_dense else np.arange(len(rows))
        counts = np.diff(starts, append=len(rows))
        begins = self._start + rows[starts] * self._strides[0]
        pieces = [self._raw[begin:end] for begin, end in zip(begins.tolist(), (begins + counts * self._span).tolist())]
        for first in range(0, len(pieces), _MAX_BUFFERS):
            group = slice(first, first + _MAX_BUFFERS)
            self._through_file(pieces[group], spans[starts[first] : starts[first] + counts[group].sum()])

    def _through_file(self, pieces: list[memoryview], target: np.ndarray) -> None:
        """Copy pieces of the map to `target`, by the operating system if it can.

        Raises:
            DataError: the file has become shorter.
        """
        if not hasattr(os, "pwritev"):  # Windows, where the file of a map cannot become shorter
            np.concatenate([np.frombuffer(piece, np.uint8) for piece in pieces], out=target.reshape(-1))
            return
        if self._scratch is None:
            self._scratch = _scratch_file()
            weakref.finalize(self, os.close, self._scratch)
        buffer = target.reshape(-1).data
        try:
            complete = os.pwritev(self._scratch, pieces, 0) == target.nbytes
            complete = complete and os.preadv(self._scratch, [buffer], 0) == target.nbytes
        except OSError as error:
            if error.errno != errno.EFAULT:
                raise
            complete = False  # a page of the map is not in the file
        if not complete or self._memory.size() < self._file_bytes:
            raise self._too_short()

    def _too_short(self) -> DataError:
        return DataError(f"{self._name} has become shorter since it was opened; restore it and start again")


def mapped(array: Any) -> MappedArray | None:
    """Return the rows of a NumPy array in the memory map of a file, or None for anything else.

    Args:
        array: any object.

    Example:
        >>> import pathlib, tempfile
        >>> path = pathlib.Path(tempfile.mkdtemp()) / "x.npy"
        >>> np.save(path, np.arange(6).reshape(3, 2))
        >>> mapped(np.load(path, mmap_mode="r"))[[2, 0]].tolist()
        [[4, 5], [0, 1]]
    """
    if not isinstance(array, np.ndarray) or not array.ndim or array.dtype.hasobject:
        return None
    memory = _map_of(array)
    return None if memory is None else MappedArray(array, memory)


def in_memory(array: Any) -> Any:
    """Return an array in a memory map as an array in memory, and anything else as it is.

    Args:
        array: any object.

    Raises:
        DataError: the file of the map has become shorter.

    Example:
        >>> in_memory(np.ones(2)).tolist()
        [1.0, 1.0]
    """
    rows = mapped(array)
    return array if rows is None else rows[:]


def _map_of(array: np.ndarray) -> mmap.mmap | None:
    """Return the memory map of a file that an array views, or None."""
    base: Any = array
    while base is not None and not isinstance(base, mmap.mmap):
        base = base.obj if isinstance(base, memoryview) else getattr(base, "base", None)
    try:
        return base if base is not None and base.size() else None
    except (OSError, ValueError):  # no file, or closed
        return None


def _file_of(array: np.ndarray, memory: mmap.mmap) -> tuple[str, int]:
    """Return the name of the file of a map, and the number of bytes that it must have."""
    base: Any = array
    while base is not None:
        if isinstance(base, np.memmap) and base.offset is not None:  # None in an empty view
            start = base.offset - base.offset % mmap.ALLOCATIONGRANULARITY
            return str(base.filename or "the file of a memory map"), start + len(memory)
        base = getattr(base, "base", None)
    return "the file of a memory map", len(memory)


def _scratch_file() -> int:
    """Return the descriptor of an unnamed file, in memory if possible."""
    if hasattr(os, "memfd_create"):
        return os.memfd_create("kerasgen")
    with tempfile.TemporaryFile() as file:
        return os.dup(file.fileno())
