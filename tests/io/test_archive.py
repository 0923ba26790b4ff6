"""The header and the checksum of a model file."""

import json
import warnings
import zipfile
from pathlib import Path

import pytest

from kerasgen.errors import ModelFileError
from kerasgen.io import archive

pytestmark = pytest.mark.once

ORIGIN = {"recipe": "vae", "options": {"beta": 0.1, "name": "é"}, "class_names": ["cat", "dog"]}


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "model.keras"
    with zipfile.ZipFile(path, "w") as file:
        for name in archive.MEMBERS:
            file.writestr(name, f"contents of {name}")
    return path


def test_a_sealed_file_gives_back_its_members_and_its_origin(path):
    archive.seal(path, ORIGIN)
    with archive.extracted(path) as file:
        assert file.origin == ORIGIN
        assert file.config == b"contents of config.json"
        assert file.weights.read_text() == "contents of model.weights.h5"
        assert file.checksum == archive.checksum_of(path)
        assert file.origin == archive.header_of(path)["origin"]
        folder = file.folder
        assert folder.stat().st_mode & 0o077 == 0
    assert not folder.exists()


def test_a_file_can_be_sealed_again_and_the_checksum_is_of_contents_and_origin(path):
    archive.seal(path, ORIGIN)
    first = archive.checksum_of(path)
    archive.seal(path, None)
    with archive.extracted(path) as file:
        assert file.origin is None
    assert archive.checksum_of(path) != first
    archive.seal(path, ORIGIN)
    assert archive.checksum_of(path) == first


def test_the_header_is_a_line_of_text(path):
    archive.seal(path, ORIGIN)
    with zipfile.ZipFile(path) as file:
        header = file.comment.decode("ascii")
    assert header.startswith('kerasgen {"format": 2, "origin": {"class_names": ["cat", "dog"]')
    assert json.loads(header.removeprefix("kerasgen "))["origin"] == ORIGIN
    assert "\n" not in header


def test_names_of_classes_that_do_not_fit_are_left_out_with_a_warning(path):
    with pytest.warns(UserWarning, match=r"the names of 10,000 classes do not fit into the file"):
        archive.seal(path, ORIGIN | {"class_names": [f"class {n}" for n in range(10_000)]})
    with archive.extracted(path) as file:
        assert file.origin == ORIGIN | {"class_names": None}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        archive.seal(path, ORIGIN | {"class_names": [f"class {n}" for n in range(1000)]})


def test_options_that_do_not_fit_are_refused(path):
    with pytest.raises(ModelFileError, match="its options take more than 65,535 bytes"):
        archive.seal(path, ORIGIN | {"options": "x" * 70_000})


def test_links_are_followed_only_if_asked(path, tmp_path):
    archive.seal(path, ORIGIN)
    (tmp_path / "link.keras").symlink_to(path)
    with archive.extracted(tmp_path / "link.keras") as file:
        assert file.origin == ORIGIN
    with (
        pytest.raises(ModelFileError, match=r"cannot read .*link\.keras"),
        archive.extracted(tmp_path / "link.keras", follow=False),
    ):
        pass


def test_a_missing_file_has_no_checksum():
    assert archive.checksum_of(Path("nowhere.keras")) is None
    assert archive.header_of(Path("nowhere.keras")) is None
