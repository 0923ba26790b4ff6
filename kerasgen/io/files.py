"""Atomic writes: a reader never gets an incomplete file, even after a crash at any moment."""

import contextlib
import errno
import os
import re
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

# Some network file systems cannot flush a file; Windows and others cannot flush a directory
_CANNOT_FLUSH = {errno.EINVAL, errno.ENOTSUP, errno.ENOSYS}
_CANNOT_FLUSH_DIRECTORY = _CANNOT_FLUSH | {errno.EACCES, errno.EBADF, errno.EISDIR, errno.EPERM}
_RANDOM = "[a-z0-9_]{8}"  # part of a temporary name, as `tempfile` writes it


@contextlib.contextmanager
def atomic_write(path: str | os.PathLike) -> Iterator[Path]:
    """Context manager that yields a temporary path to write to, and renames it to `path` at the end.

    A crash at any moment leaves either the old file or the new one. The temporary file is in the same directory and has
    the same suffix, from which Keras infers the format. It is removed if the body raises.

    Args:
        path: file to write; a link of that name is replaced, not followed.

    Raises:
        OSError: the file cannot be written. The error names `path`.

    Example:
        >>> directory = Path(tempfile.mkdtemp())
        >>> with atomic_write(directory / "notes.txt") as temporary:
        ...     _ = temporary.write_text("whole")
        >>> (directory / "notes.txt").read_text()
        'whole'
    """
    path = Path(path)
    with _errors_naming(path):
        handle, name = tempfile.mkstemp(prefix=f".{path.stem}-", suffix=path.suffix, dir=path.parent)
    os.close(handle)
    temporary = Path(name)
    try:
        with _errors_naming(path, temporary):
            yield temporary
            flush_file(temporary)
            temporary.chmod(0o666 & ~_umask())
            temporary.replace(path)
            _flush_directory(path.parent)
    finally:
        temporary.unlink(missing_ok=True)


@contextlib.contextmanager
def atomic_directory(path: str | os.PathLike) -> Iterator[Path]:
    """Context manager that yields a temporary directory to fill with files, and renames it to `path` at the end.

    A crash at any moment leaves either the old directory, or none, or the new one with all its files. The temporary
    directory is in the same parent, has a name that begins with a dot, and is removed if the body raises.

    Args:
        path: directory to write.

    Raises:
        OSError: the directory cannot be written. The error names `path` or a file in it.

    Example:
        >>> parent = Path(tempfile.mkdtemp())
        >>> with atomic_directory(parent / "pair") as temporary:
        ...     for name in ("a", "b"):
        ...         _ = (temporary / name).write_text(name)
        >>> sorted(file.name for file in (parent / "pair").iterdir())
        ['a', 'b']
    """
    path = Path(path)
    with _errors_naming(path):
        temporary = Path(tempfile.mkdtemp(prefix=f".{path.name}-", dir=path.parent))
    try:
        with _errors_naming(path, temporary):
            yield temporary
            for file in temporary.iterdir():
                flush_file(file)
                file.chmod(0o666 & ~_umask())
            temporary.chmod(0o777 & ~_umask())
            _flush_directory(temporary)
            if os.path.lexists(path):
                remove_directory(path)
            temporary.rename(path)
            _flush_directory(path.parent)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def remove_directory(path: str | os.PathLike) -> None:
    """Remove a directory; a crash leaves nothing under its name that looks complete and is not.

    Args:
        path: directory to remove; a link of that name is removed, not followed.

    Example:
        >>> directory = Path(tempfile.mkdtemp())
        >>> remove_directory(directory)
        >>> directory.exists()
        False
    """
    path = Path(path)
    hidden = Path(tempfile.mkdtemp(prefix=f".{path.name}-", dir=path.parent))
    path.rename(hidden / path.name)
    shutil.rmtree(hidden, ignore_errors=True)


def link_or_copy(source: str | os.PathLike, path: str | os.PathLike) -> None:
    """Make `path` a hard link to the file `source`, or a copy if the file system has no hard links.

    The write is atomic, see `atomic_write`. Change neither file in place afterwards, because they may be the same one.

    Args:
        source: existing file.
        path: second name of the file; replaced if it exists.

    Raises:
        OSError: `path` cannot be written.

    Example:
        >>> directory = Path(tempfile.mkdtemp())
        >>> _ = (directory / "a").write_text("same")
        >>> link_or_copy(directory / "a", directory / "b")
        >>> (directory / "b").read_text()
        'same'
    """
    source, path = Path(source), Path(path)
    temporary = path.with_name(f".{path.stem}-{secrets.token_hex(4)}{path.suffix}")
    try:
        os.link(source, temporary)
    except (AttributeError, NotImplementedError, OSError):
        with atomic_write(path) as temporary:
            shutil.copyfile(source, temporary)
        return
    try:
        with _errors_naming(path):
            temporary.replace(path)
            _flush_directory(path.parent)
    finally:
        temporary.unlink(missing_ok=True)  # renaming does nothing if both names are the same file already


def remove_leftovers(path: str | os.PathLike) -> None:
    """Remove the temporary files of writes of `path` that a kill interrupted.

    Call it only while no other process may write that file.

    Args:
        path: argument of `atomic_write`, `atomic_directory`, `remove_directory` or `link_or_copy`.

    Example:
        >>> directory = Path(tempfile.mkdtemp())
        >>> (directory / ".notes-a1b2c3d4.txt").touch()
        >>> remove_leftovers(directory / "notes.txt")
        >>> list(directory.iterdir())
        []
    """
    path = Path(path)
    of_file = re.compile(rf"\.{re.escape(path.stem)}-{_RANDOM}{re.escape(path.suffix)}")
    of_directory = re.compile(rf"\.{re.escape(path.name)}-{_RANDOM}")
    with contextlib.suppress(OSError):
        for found in [*path.parent.iterdir()]:
            if found.is_dir() and not found.is_symlink() and of_directory.fullmatch(found.name):
                shutil.rmtree(found, ignore_errors=True)
            elif of_file.fullmatch(found.name):
                found.unlink(missing_ok=True)


def flush_file(path: str | os.PathLike) -> None:
    """Put the contents of a file on the disk.

    Args:
        path: file that can be written.

    Raises:
        OSError: the disk fails. A file system that cannot flush is ignored.

    Example:
        >>> path = Path(tempfile.mkdtemp()) / "notes.txt"
        >>> _ = path.write_text("four")
        >>> flush_file(path)
    """
    with open(path, "r+b") as file:  # Windows flushes only files that are open for writing
        try:
            os.fsync(file.fileno())
        except OSError as error:
            if error.errno not in _CANNOT_FLUSH:
                raise


@contextlib.contextmanager
def _errors_naming(path: Path, temporary: Path | None = None) -> Iterator[None]:
    """Context manager that names `path` in each `OSError` that names the temporary file, or no file."""
    try:
        yield
    except OSError as error:
        if error.errno is not None:
            named = None if error.filename is None else Path(os.fsdecode(error.filename))
            if named is None or temporary is None:
                error.filename = str(path)
            elif named.is_relative_to(temporary):
                error.filename = str(path / named.relative_to(temporary))
            error.filename2 = None
        raise


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _flush_directory(path: Path) -> None:
    """Put the names in a directory on the disk, where the system can."""
    handle = None
    try:
        handle = os.open(path, os.O_RDONLY)
        os.fsync(handle)
    except OSError as error:
        if error.errno not in _CANNOT_FLUSH_DIRECTORY:
            raise
    finally:
        if handle is not None:
            os.close(handle)
