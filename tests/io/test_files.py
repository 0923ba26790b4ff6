"""Atomic writes leave whole files or none on every file system; a link saves a copy."""

import errno
import fcntl
import os
import shutil
import subprocess
import sys
import time

import pytest

from kerasgen.io import files

pytestmark = pytest.mark.once


def names(directory):
    return sorted(path.name for path in directory.iterdir())


def test_an_interrupted_write_leaves_the_old_file(tmp_path):
    path = tmp_path / "file.txt"
    path.write_text("old")

    def write_half():
        with files.atomic_write(path) as temporary:
            temporary.write_text("half")
            raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        write_half()
    assert path.read_text() == "old"
    with files.atomic_write(path) as temporary:
        temporary.write_text("new")
    assert path.read_text() == "new"
    assert names(tmp_path) == ["file.txt"]


def test_an_interrupted_directory_leaves_the_old_one(tmp_path):
    (tmp_path / "pair").mkdir()
    (tmp_path / "pair" / "old").touch()

    def write_half():
        with files.atomic_directory(tmp_path / "pair") as temporary:
            (temporary / "new").touch()
            raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        write_half()
    assert names(tmp_path) == ["pair"]
    assert names(tmp_path / "pair") == ["old"]
    with files.atomic_directory(tmp_path / "pair") as temporary:
        (temporary / "new").touch()
    assert names(tmp_path / "pair") == ["new"]


def test_a_link_in_the_place_of_a_file_or_directory_is_replaced(tmp_path):
    victim = tmp_path / "victim"
    victim.mkdir()
    (victim / "file").write_text("precious")
    (tmp_path / "file").symlink_to(victim / "file")
    (tmp_path / "directory").symlink_to(victim)
    with files.atomic_write(tmp_path / "file") as temporary:
        temporary.write_text("mine")
    with files.atomic_directory(tmp_path / "directory") as temporary:
        (temporary / "file").write_text("mine")
    files.link_or_copy(tmp_path / "file", tmp_path / "directory" / "second")
    assert (victim / "file").read_text() == "precious"
    assert names(victim) == ["file"]


@pytest.mark.parametrize("written", ["file.txt", "pair/a.txt"])
@pytest.mark.parametrize("named", [True, False])
def test_errors_name_the_file_that_could_not_be_written(written, named, tmp_path):
    """On a full disk, the error of `write` names no file, and that of `open` names the temporary file."""

    def fail(path):
        raise OSError(errno.ENOSPC, "No space left on device", *([str(path)] if named else []))

    context = files.atomic_directory if "/" in written else files.atomic_write

    def write():
        with context(tmp_path / written.split("/")[0]) as temporary:
            fail(temporary / "a.txt" if "/" in written else temporary)

    with pytest.raises(OSError, match="No space") as caught:
        write()
    expected = tmp_path / (written if named else written.split("/")[0])
    assert caught.value.filename == str(expected)
    assert names(tmp_path) == []


def test_an_error_of_another_file_keeps_its_name(tmp_path):
    def copy():
        with files.atomic_write(tmp_path / "file.txt") as temporary:
            shutil.copyfile(tmp_path / "missing", temporary)

    with pytest.raises(FileNotFoundError) as caught:
        copy()
    assert caught.value.filename == str(tmp_path / "missing")


WRITES = {
    "atomic_write": lambda path: _write(files.atomic_write(path)),
    "atomic_directory": lambda path: _fill(files.atomic_directory(path)),
    "link_or_copy": lambda path: files.link_or_copy(__file__, path),
}


def _write(context):
    with context as path:
        path.write_text("x")


def _fill(context):
    with context as path:
        (path / "a").write_text("x")


@pytest.mark.parametrize("write", WRITES)
def test_windows_flushes_only_files_open_for_writing_and_no_directories(write, tmp_path, monkeypatch):
    real_open, real_fsync = os.open, os.fsync

    def windows_open(path, flags, *args, **kwargs):
        if os.path.isdir(path):
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return real_open(path, flags, *args, **kwargs)

    def windows_fsync(file):
        if fcntl.fcntl(file, fcntl.F_GETFL) & os.O_ACCMODE == os.O_RDONLY:
            raise OSError(errno.EBADF, "Bad file descriptor")
        return real_fsync(file)

    monkeypatch.setattr(os, "open", windows_open)
    monkeypatch.setattr(os, "fsync", windows_fsync)
    WRITES[write](tmp_path / "written")
    assert (tmp_path / "written").exists()


@pytest.mark.parametrize("write", WRITES)
@pytest.mark.parametrize("code", [errno.EINVAL, errno.ENOTSUP])
def test_a_network_disk_that_cannot_flush_is_written_to_all_the_same(write, code, tmp_path, monkeypatch):
    def fail(file):
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os, "fsync", fail)
    WRITES[write](tmp_path / "written")
    assert (tmp_path / "written").exists()


def test_a_disk_that_fails_to_flush_is_an_error(tmp_path, monkeypatch):
    def fail(file):
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match="Input/output error") as caught:
        WRITES["atomic_write"](tmp_path / "written")
    assert caught.value.filename == str(tmp_path / "written")
    assert names(tmp_path) == []


def test_a_second_name_takes_no_space(tmp_path):
    (tmp_path / "a").write_text("new")
    (tmp_path / "b").write_text("old")
    for _ in range(2):  # the second time both are the same file already
        files.link_or_copy(tmp_path / "a", tmp_path / "b")
        assert (tmp_path / "b").read_text() == "new"
        assert os.path.samefile(tmp_path / "a", tmp_path / "b")
    assert names(tmp_path) == ["a", "b"]


def test_without_hard_links_the_file_is_copied(tmp_path, monkeypatch):
    def refuse(*args, **kwargs):
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)
    (tmp_path / "a").write_text("new")
    files.link_or_copy(tmp_path / "a", tmp_path / "b")
    assert (tmp_path / "b").read_text() == "new"
    assert not os.path.samefile(tmp_path / "a", tmp_path / "b")
    assert names(tmp_path) == ["a", "b"]


KILLED = """
import sys
from pathlib import Path
from kerasgen.io import files
with files.atomic_write(Path(sys.argv[1]) / "file.txt"), files.atomic_directory(Path(sys.argv[1]) / "epoch-0001"):
    print("writing", flush=True)
    sys.stdin.read()
"""


def test_leftovers_of_a_kill_are_removed_and_nothing_else(tmp_path):
    others = [".file-notes.txt", ".file-a1b2c3d4.png", "file-a1b2c3d4.txt", ".other-a1b2c3d4.txt"]
    for name in others:
        (tmp_path / name).touch()
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen([sys.executable, "-c", KILLED, tmp_path], **pipes) as process:
        process.stdout.readline()
        process.kill()
    assert len(names(tmp_path)) == len(others) + 2
    for name in ("file.txt", "epoch-0001"):
        files.remove_leftovers(tmp_path / name)
    assert names(tmp_path) == sorted(others)
    files.remove_leftovers(tmp_path / "missing" / "file.txt")


def test_removal_of_a_directory_leaves_no_part_under_its_name(tmp_path, monkeypatch):
    (tmp_path / "epoch-0001").mkdir()
    (tmp_path / "epoch-0001" / "file").touch()
    monkeypatch.setattr(shutil, "rmtree", lambda *args, **kwargs: time.sleep(0))  # killed before it removes anything
    files.remove_directory(tmp_path / "epoch-0001")
    assert all(name.startswith(".epoch-0001-") for name in names(tmp_path))
