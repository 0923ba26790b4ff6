"""Arrays in `.npy` and `.npz` files, whose declared types and shapes are checked before anything is read."""

import math
import threading
import weakref
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import numpy as np

from kerasgen.errors import DataError

MAX_BYTES = 8 * 2**30  # maximum bytes of all arrays that are read into memory from one file
MAX_ITEM_BYTES = 2**14  # maximum bytes of one value, such as a class name

_HEADERS = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}


@dataclass(frozen=True)
class Header:
    """Declaration at the beginning of an array in a file.

    Attributes:
        shape: tuple of int.
        dtype: type of the values.
        fortran_order: whether the first axis varies fastest.
        offset: bytes before the values.
    """

    shape: tuple[int, ...]
    dtype: np.dtype
    fortran_order: bool
    offset: int

    @property
    def ndim(self) -> int:
        """Return the number of axes."""
        return len(self.shape)

    @property
    def nbytes(self) -> int:
        """Return the number of bytes of all values."""
        return math.prod(self.shape) * self.dtype.itemsize


def read_header(file: IO[bytes]) -> Header:
    """Return the header of the array that begins at the position of `file`.

    Raises:
        ValueError: there is no array, or its header is damaged.
    """
    version = np.lib.format.read_magic(file)
    if version not in _HEADERS:
        raise ValueError(f"version {version[0]}.{version[1]} of the format is unknown")
    shape, fortran_order, dtype = _HEADERS[version](file)
    if any(length < 0 for length in shape):
        raise ValueError(f"the shape {shape} is negative")
    return Header(shape, dtype, fortran_order, file.tell())


class NpzFile:
    """Arrays of a `.npz` file; each is read only when it is requested.

    Args:
        path: path of the file.

    Attributes:
        headers: name -> `Header` of each array.
        others: names of the members that are not arrays.
        damaged: name -> reason of each of these that is called like an array.

    Raises:
        DataError: the file is damaged or is not a `.npz` file.
    """

    def __init__(self, path: Path):
        self.path = path
        self.headers: dict[str, Header] = {}
        self.others: list[str] = []
        self.damaged: dict[str, str] = {}
        self._bytes = 0
        try:
            with zipfile.ZipFile(path) as archive:
                for member in archive.infolist():
                    self._read_header(archive, member)
        except Exception as error:  # zipfile and zlib raise many types
            raise _damaged(path, error) from None

    def read(self, name: str) -> np.ndarray:
        """Return the array of that name.

        Raises:
            DataError: the array contains Python objects, is damaged, or is too large for memory.
        """
        header = self.headers[name]
        _check(f"{name} in {self.path}", header)
        self._bytes += header.nbytes
        if self._bytes > MAX_BYTES:
            raise DataError(
                f"the arrays in {self.path} have more than {MAX_BYTES / 2**30:g} GiB; save the images as .npy, which "
                "is read batch by batch"
            )
        try:
            with zipfile.ZipFile(self.path) as archive, archive.open(f"{name}.npy") as file:
                return np.lib.format.read_array(file, allow_pickle=False)
        except Exception as error:  # zipfile, zlib and NumPy raise many types
            raise _damaged(self.path, error) from None

    def _read_header(self, archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> None:
        if member.filename.endswith(".npy"):
            name = member.filename.removesuffix(".npy")
            try:
                with archive.open(member) as file:
                    header = read_header(file)
                if header.dtype.hasobject or header.offset + header.nbytes == member.file_size:
                    self.headers[name] = header
                    return
                self.damaged[name] = f"it declares {header.nbytes:,} bytes and has {member.file_size - header.offset:,}"
            except ValueError as error:
                self.damaged[name] = " ".join(str(error).split())[:100]
        self.others.append(member.filename)


class NpyFile:
    """Array in a `.npy` file whose rows are read on demand, without a memory map.

    A memory map would end the process with SIGBUS if the file became shorter. Here that is a `DataError`.

    Args:
        path: path of the file.

    Attributes:
        shape: tuple of int.
        dtype: type of the values.

    Raises:
        DataError: the file is damaged, holds Python objects, or is stored column by column and too large for memory.
    """

    def __init__(self, path: Path):
        self._path, self._lock = path, threading.Lock()
        try:
            self._file = path.open("rb", buffering=0)
            weakref.finalize(self, self._file.close)
            self._header = read_header(self._file)
            size = self._file.seek(0, 2)
        except Exception as error:  # NumPy raises many types for damaged headers
            raise _damaged(path, error) from None
        self.shape, self.dtype, self.ndim = self._header.shape, self._header.dtype, self._header.ndim
        _check(str(path), self._header)
        if self._header.offset + self._header.nbytes > size:
            raise _damaged(path, f"it declares {self._header.nbytes:,} bytes and has {size - self._header.offset:,}")
        if not self.ndim:
            raise DataError(f"{path} holds one value; expected an array of images")
        self._columns = self._read_columns() if self._header.fortran_order and self.ndim > 1 else None

    @property
    def nbytes(self) -> int:
        """Return the number of bytes of all values."""
        return self._header.nbytes

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, rows: slice | np.ndarray) -> np.ndarray:
        """Return rows as a new array.

        Args:
            rows: slice, or int array (n,).

        Raises:
            DataError: the file has become shorter.
        """
        rows = np.arange(len(self))[rows]
        if self._columns is not None:
            return self._columns[rows]
        result = np.empty((len(rows), *self.shape[1:]), self.dtype)
        starts = np.flatnonzero(np.diff(rows, prepend=-2) != 1)  # starts of the runs of consecutive rows
        for start, end in zip(starts, [*starts[1:], len(rows)]):
            self._read_into(int(rows[start]), result[start:end])
        return result

    def _read_columns(self) -> np.ndarray:
        if self._header.nbytes > MAX_BYTES:
            raise DataError(f"{self._path} is stored column by column; save it with numpy.ascontiguousarray")
        return np.load(self._path, allow_pickle=False)

    def _read_into(self, first: int, rows: np.ndarray) -> None:
        row_bytes = self._header.nbytes // max(1, len(self))
        buffer = memoryview(rows.reshape(-1).view(np.uint8).data)
        with self._lock:
            self._file.seek(self._header.offset + first * row_bytes)
            while buffer:
                count = self._file.readinto(buffer)
                if not count:
                    raise DataError(f"{self._path} has become shorter since it was opened; restore it and start again")
                buffer = buffer[count:]


def _check(name: str, header: Header) -> None:
    if header.dtype.hasobject:
        raise DataError(f"{name} holds Python objects, which are never loaded; save numbers or text")
    if header.dtype.itemsize > MAX_ITEM_BYTES:
        raise DataError(f"{name} has values of {header.dtype.itemsize:,} bytes; expected {MAX_ITEM_BYTES:,} or fewer")


def _damaged(path: Path, why: object) -> DataError:
    why = " ".join(str(why).split()) or type(why).__name__
    return DataError(f"cannot read {path}: it is damaged or not a NumPy file ({why})")
