"""Writing files so that a reader, or a crash, never sees half of one."""

import contextlib
import os
import shutil
import tempfile
from pathlib import Path


@contextlib.contextmanager
def atomic_write(path):
    """Yield a temporary path beside `path` to write to; what was written takes the name `path` at the end.

    A crash at any moment leaves either the old file or the new one. The temporary has the same suffix, which
    tells Keras what to write, and is removed when the body raises.

    Raises:
        OSError: `path`, which the error names, cannot be written.
    """
    path = Path(path)
    with _errors_naming(path):
        handle, name = tempfile.mkstemp(prefix=f".{path.stem}-", suffix=path.suffix, dir=path.parent)
    os.close(handle)
    temporary = Path(name)
    try:
        with _errors_naming(path, temporary):
            yield temporary
            temporary.chmod(0o666 & ~_umask())
            _sync(temporary)
            temporary.replace(path)
            _sync(path.parent)
    finally:
        temporary.unlink(missing_ok=True)


@contextlib.contextmanager
def atomic_directory(path):
    """Yield a temporary directory beside `path` to fill with files; it takes the name `path` at the end.

    A crash at any moment leaves either no directory `path` (or the old one), or the new one with all its files.
    The temporary has a name that begins with a dot, and is removed when the body raises.

    Raises:
        OSError: `path` cannot be written; of one that has to do with the whole directory it is the name.
    """
    path = Path(path)
    with _errors_naming(path):
        temporary = Path(tempfile.mkdtemp(prefix=f".{path.name}-", dir=path.parent))
    try:
        yield temporary
        for file in temporary.iterdir():
            file.chmod(0o666 & ~_umask())
            _sync(file)
        temporary.chmod(0o777 & ~_umask())
        _sync(temporary)
        if path.exists():
            remove_directory(path)
        temporary.rename(path)
        _sync(path.parent)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def remove_directory(path):
    """Remove a directory, of which a crash leaves nothing under its name that looks whole and is not."""
    hidden = Path(tempfile.mkdtemp(prefix=f".{path.name}-", dir=path.parent))
    path.rename(hidden / path.name)
    shutil.rmtree(hidden, ignore_errors=True)


@contextlib.contextmanager
def _errors_naming(path, temporary=None):
    """Put `path` for the temporary file that an error of the body names; for any file if `temporary` is None."""
    try:
        yield
    except OSError as error:
        if error.filename is not None and (temporary is None or str(error.filename) == str(temporary)):
            error.filename = str(path)
        raise


def _umask():
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _sync(path):
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
