"""Files of a folder, examined once."""

import numpy as np
import pytest
from PIL import Image

from kerasgen.data import image_folder
from kerasgen.data.image_folder import FolderSource, content_hash, find_format, first_names, scan
from kerasgen.data.load_options import LoadOptions
from kerasgen.errors import UsageError

pytestmark = pytest.mark.once


@pytest.fixture
def folder(tmp_path):
    for name, size, mode in (("a", (8, 6), "L"), ("b/c", (8, 6), "RGB"), ("d", (8, 6), "L")):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        Image.new(mode, size, 200 if mode == "L" else (200, 0, 0)).save(tmp_path / f"{name}.png")
    (tmp_path / "e.png").write_bytes(b"")
    return tmp_path


def test_a_scan_lists_images_and_others_by_path(folder):
    files, skipped = scan(folder)
    assert [(file.path, file.facts.size, file.facts.grey) for file in files] == [
        ("a.png", (6, 8), True),
        ("b/c.png", (6, 8), False),
        ("d.png", (6, 8), True),
    ]
    assert skipped == [("e.png", "empty file")]
    assert files[0].digest == files[2].digest != files[1].digest
    assert content_hash(files) != content_hash(files[::-1])


@pytest.mark.parametrize(
    ("image_size", "halves", "expected"),
    [(None, 1, ((6, 8), None, (6, 8), 3)), (None, 2, ((6, 4), None, (6, 4), 3)), (5, 1, ((6, 8), 5, (5, 5), 3))],
)
def test_the_format_of_all_files(image_size, halves, expected, folder):
    found = find_format(folder, scan(folder)[0], LoadOptions(image_size), halves)
    assert (found.native_size, found.side, found.size, found.channels) == expected


def test_the_first_two_sizes_are_named(folder):
    Image.new("L", (9, 9)).save(folder / "c.png")
    Image.new("L", (10, 9)).save(folder / "f.png")
    files, _ = scan(folder)
    with pytest.raises(UsageError, match=r"a\.png is 8x6, c\.png is 9x9\); give --image-size"):
        find_format(folder, files, LoadOptions())
    assert find_format(folder, files, LoadOptions(4)).native_size is None


def test_a_source_replaces_files_and_names_them_once(tmp_path):
    def read_file(path):
        if path in "ac":
            raise OSError("gone")
        return np.full((2, 2, 1), ord(path), np.uint8)

    source = FolderSource(tmp_path, "abcd", (2, 2, 1), read_file, lambda path: f"file {path}")
    images, rows = source.read(np.array([0, 1, 2, 3, 2]), np.arange(4))
    assert rows.tolist() == [1, 1, 3, 3, 1]
    assert images[:, 0, 0, 0].tolist() == [98, 98, 100, 100, 98]
    images, rows = source.read(np.array([2, 2]), np.arange(4))
    assert rows.tolist() == [3, 3]
    assert sorted(source.unreadable) == ["file a", "file c"]


def test_an_error_names_a_few_files():
    assert first_names(["a", "b", "c"]) == "a, b, c"
    assert first_names([str(number) for number in range(image_folder.NAMED + 2)]) == "0, 1, 2, ..."
