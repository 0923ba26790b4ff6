"""Errors of the user are one line and an exit code."""

import errno

import click
import pytest

from kerasgen.cli.error_messages import explain
from kerasgen.errors import MissingPackageError, RunError, UsageError
from kerasgen.io.files import atomic_write

pytestmark = pytest.mark.once


def test_a_place_for_a_picture_that_cannot_be_written_is_named(here):
    with pytest.raises(OSError, match="No such file") as caught, atomic_write(here / "gone" / "grid.png"):
        pass
    assert caught.value.filename == str(here / "gone" / "grid.png")
    (here / "folder.png").mkdir()
    with pytest.raises(IsADirectoryError) as caught, atomic_write(here / "folder.png"):
        pass
    assert explain(caught.value) == (f"{here / 'folder.png'}: is a directory", 1)


@pytest.mark.parametrize(
    ("error", "message", "code"),
    [
        (KeyboardInterrupt(), "interrupted", 130),
        (click.Abort(), "interrupted", 130),
        (UsageError("two\nlines"), "two lines", 2),
        (RunError("x"), "x", 1),
        (MissingPackageError("x"), "x", 1),
        (OSError(errno.ENOSPC, "No space left on device", "runs/vae-1"), "the disk is full: runs/vae-1", 1),
        (PermissionError(errno.EACCES, "Permission denied", "runs"), "runs: permission denied", 1),
        (OSError("Can't write data\n(errno = 28)"), "Can't write data (errno = 28)", 1),
        (MemoryError(), "out of memory", 1),
        (RuntimeError("RESOURCE_EXHAUSTED: Out of memory allocating 9 bytes"), "out of memory", 1),
        (RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to"), "out of memory", 1),
        (ImportError("libcuda.so.1: cannot open", name="jaxlib"), "libcuda.so.1", 1),
    ],
)
def test_an_error_becomes_a_line_and_a_code(error, message, code):
    words, received = explain(error)
    assert message in words
    assert "\n" not in words
    assert received == code


@pytest.mark.parametrize("error", [TypeError("a bug"), ImportError("a bug", name="kerasgen.cli.gone")])
def test_a_bug_of_ours_is_not_hidden(error):
    assert explain(error) is None
