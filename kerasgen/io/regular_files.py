"""Bounded access to regular files without following links, because a run directory may come from a stranger."""

import contextlib
import errno
import hashlib
import io
import os
import stat
from collections.abc import Iterator

_OPEN_SAFELY = sum(getattr(os, name, 0) for name in ("O_NOFOLLOW", "O_NONBLOCK", "O_CLOEXEC", "O_BINARY"))


def open_regular(path: str | os.PathLike, flags: int) -> int:
    """Open a regular file without following a link, and return its descriptor.

    Args:
        path: file to open.
        flags: flags of `os.open`, such as `os.O_RDONLY`.

    Raises:
        OSError: the file cannot be opened, or is a link, a pipe, a device or a directory.

    Example:
        >>> import pathlib, tempfile
        >>> path = pathlib.Path(tempfile.mkdtemp()) / "notes.txt"
        >>> _ = path.write_text("four")
        >>> handle = open_regular(path, os.O_RDONLY)
        >>> os.read(handle, 4), os.close(handle)
        (b'four', None)
    """
    with contextlib.suppress(FileNotFoundError):
        _check_regular(os.lstat(path).st_mode, path)
    handle = os.open(path, flags | _OPEN_SAFELY, 0o666)
    try:
        _check_regular(os.fstat(handle).st_mode, path)
    except OSError:
        os.close(handle)
        raise
    return handle


def read_regular(path: str | os.PathLike, max_bytes: int) -> bytes:
    """Return the contents of a regular file, without following a link.

    Args:
        path: file to read.
        max_bytes: size above which the file is refused.

    Raises:
        OSError: the file cannot be read, is a link, a pipe, a device or a directory, or is too large.

    Example:
        >>> import pathlib, tempfile
        >>> path = pathlib.Path(tempfile.mkdtemp()) / "notes.txt"
        >>> _ = path.write_text("four")
        >>> read_regular(path, max_bytes=10)
        b'four'
    """
    with _open_bounded(path, max_bytes) as file:
        return file.read(os.fstat(file.fileno()).st_size)


def hash_regular(path: str | os.PathLike, max_bytes: int) -> str:
    """Return the SHA-256 of a regular file in hexadecimal, without following a link.

    Args:
        path: file to read.
        max_bytes: size above which the file is refused.

    Raises:
        OSError: as `read_regular`.

    Example:
        >>> import pathlib, tempfile
        >>> path = pathlib.Path(tempfile.mkdtemp()) / "notes.txt"
        >>> _ = path.write_text("four")
        >>> hash_regular(path, max_bytes=10)[:8]
        '04efaf08'
    """
    with _open_bounded(path, max_bytes) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def is_regular(path: str | os.PathLike) -> bool:
    """Return whether `path` is a regular file, and not a link to one.

    Args:
        path: path that need not exist.

    Example:
        >>> is_regular("/no/such/file")
        False
    """
    try:
        return stat.S_ISREG(os.lstat(path).st_mode)
    except (OSError, ValueError):
        return False


def is_real_directory(path: str | os.PathLike) -> bool:
    """Return whether `path` is a directory, and not a link to one.

    Args:
        path: path that need not exist.

    Example:
        >>> import tempfile
        >>> is_real_directory(tempfile.mkdtemp())
        True
    """
    try:
        return stat.S_ISDIR(os.lstat(path).st_mode)
    except (OSError, ValueError):
        return False


def kind_of(path: str | os.PathLike) -> str:
    """Return the kind of file at `path` in words, such as `a symbolic link`.

    Args:
        path: path that exists.

    Example:
        >>> import tempfile
        >>> kind_of(tempfile.mkdtemp())
        'a directory'
    """
    return _kind(os.lstat(path).st_mode)


@contextlib.contextmanager
def _open_bounded(path: str | os.PathLike, max_bytes: int) -> Iterator[io.BufferedReader]:
    with os.fdopen(open_regular(path, os.O_RDONLY), "rb") as file:
        if os.fstat(file.fileno()).st_size > max_bytes:
            raise OSError(errno.EFBIG, f"has more than {max_bytes:,} bytes", os.fspath(path))
        yield file


def _check_regular(mode: int, path: str | os.PathLike) -> None:
    if not stat.S_ISREG(mode):
        raise OSError(errno.EINVAL, f"is {_kind(mode)}, not a regular file", os.fspath(path))


def _kind(mode: int) -> str:
    kinds = {
        stat.S_IFREG: "a regular file",
        stat.S_IFDIR: "a directory",
        stat.S_IFLNK: "a symbolic link",
        stat.S_IFIFO: "a pipe",
        stat.S_IFSOCK: "a socket",
    }
    return kinds.get(stat.S_IFMT(mode), "a device")
