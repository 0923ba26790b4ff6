"""The files below a folder."""

import os
import subprocess

import pytest

from kerasgen.data.files import is_system_name, list_files, printable

pytestmark = pytest.mark.once


def test_files_are_sorted_and_system_files_left_out(tmp_path):
    for folder in ("b/c", "__MACOSX", "@eaDir", "$RECYCLE.BIN", ".git"):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "x.png").write_bytes(b"x")
    for name in (
        "b/a",
        "a",
        "Thumbs.db",
        "THUMBS.DB",
        "Picasa.ini",
        "Desktop.ini",
        "desktop.ini",
        ".DS_Store",
        "._a",
        "Icon\r",
    ):
        (tmp_path / name).write_bytes(b"x")
    assert list_files(tmp_path) == (["a", "b/a", "b/c/x.png"], [])


@pytest.mark.parametrize(("name", "expected"), [("thumbs.db", True), ("my thumbs.db", False), ("desktop.png", False)])
def test_names_of_the_system(name, expected):
    assert is_system_name(name) is expected


def test_links_and_special_files_are_named(tmp_path):
    (tmp_path / "a.png").write_bytes(b"x")
    os.symlink("a.png", tmp_path / "link.png")
    os.symlink("nowhere", tmp_path / "broken.png")
    os.symlink("two", tmp_path / "one")
    os.symlink("one", tmp_path / "two")
    os.symlink(tmp_path, tmp_path / "loop")
    os.mkfifo(tmp_path / "pipe.png")
    paths, skipped = list_files(tmp_path)
    assert paths == ["a.png", "link.png"]
    assert dict(skipped) == {
        "broken.png": "a broken link",
        "one": "a broken link",
        "two": "a broken link",
        "loop": "a link to a folder is not followed",
        "pipe.png": "not a regular file",
    }


@pytest.fixture
def nested(tmp_path):
    """Make nested folders of one name; removed afterwards, because `shutil.rmtree` fails on them."""

    def nest(name, depth):
        for _ in range(depth):
            os.mkdir(name)
            os.chdir(name)

    here = os.getcwd()
    os.chdir(tmp_path)
    yield nest
    os.chdir(here)
    subprocess.run(["rm", "-rf", *tmp_path.iterdir()], check=True)


def test_folders_can_be_nested_more_deeply_than_python_calls(nested, tmp_path):
    nested("d", 1500)
    with open("deep.png", "wb") as file:
        file.write(b"x")
    paths, skipped = list_files(tmp_path)
    assert [path.rpartition("/")[2] for path in paths] == ["deep.png"]
    assert skipped == []


def test_a_path_that_is_too_long_is_named(nested, tmp_path):
    nested("n" * 200, 25)
    paths, ((path, reason),) = list_files(tmp_path)
    assert paths == []
    assert path.startswith("nnn")
    assert reason == "File name too long"


@pytest.mark.skipif(os.name != "posix", reason="names are bytes only there")
def test_undecodable_names_are_printable():
    assert printable(os.fsdecode(b"caf\xe9.png")) == "caf�.png"
