"""Links, pipes, devices and files without end are refused at once."""

import os
import socket

import pytest

from kerasgen.io.regular_files import is_real_directory, is_regular, kind_of, open_regular, read_regular

pytestmark = pytest.mark.once


def link(path):
    path.with_name("victim").write_text("precious")
    path.symlink_to(path.with_name("victim"))


def device(path):
    path.symlink_to("/dev/zero")


def bound_socket(path):
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))


SPECIAL = {
    "link": (link, "is a symbolic link, not a regular file"),
    "link to a device": (device, "is a symbolic link, not a regular file"),
    "pipe": (os.mkfifo, "is a pipe, not a regular file"),
    "socket": (bound_socket, "is a socket, not a regular file"),
    "directory": (os.mkdir, "is a directory, not a regular file"),
}


@pytest.mark.parametrize("kind", SPECIAL)
@pytest.mark.parametrize("flags", [os.O_RDONLY, os.O_RDWR | os.O_CREAT, os.O_WRONLY | os.O_APPEND | os.O_CREAT])
def test_only_regular_files_are_opened(kind, flags, tmp_path):
    make, says = SPECIAL[kind]
    make(tmp_path / "file")
    with pytest.raises(OSError, match=says) as caught:
        open_regular(tmp_path / "file", flags)
    assert caught.value.filename == str(tmp_path / "file")
    assert not is_regular(tmp_path / "file")


def test_a_dangling_link_is_not_created_through(tmp_path):
    (tmp_path / "file").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OSError, match="is a symbolic link"):
        open_regular(tmp_path / "file", os.O_WRONLY | os.O_CREAT)
    assert not (tmp_path / "elsewhere").exists()


def test_a_file_is_read_up_to_its_bound(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"12345")
    assert read_regular(path, 5) == b"12345"
    with pytest.raises(OSError, match="has more than 4 bytes"):
        read_regular(path, 4)
    os.truncate(path, 2**40)  # a sparse file, which takes no space
    with pytest.raises(OSError, match="has more than 1,000 bytes"):
        read_regular(path, 1000)
    with pytest.raises(FileNotFoundError):
        read_regular(tmp_path / "missing", 5)


def test_kinds(tmp_path):
    (tmp_path / "link").symlink_to(tmp_path)
    assert is_real_directory(tmp_path)
    assert not is_real_directory(tmp_path / "link")
    assert not is_regular(tmp_path / "missing")
    assert not is_regular("nul\0byte")
    assert kind_of(tmp_path / "link") == "a symbolic link"
    assert kind_of("/dev/null") == "a device"
