"""Decoded images of TensorFlow Datasets in the user's cache folder."""

import os

import numpy as np
import pytest

from kerasgen import data
from kerasgen.data.load_options import LoadOptions
from kerasgen.data.sources import tfds_cache
from tests.data.sources.test_tfds import GREY, prepare

pytestmark = pytest.mark.once

LABELS = np.arange(12) % 2 + 1
LOAD = """
import sys
from kerasgen import data
loaded = data.load("runes", data_dir=sys.argv[1])
print("tensorflow_datasets" in sys.modules, loaded.fingerprint, loaded.class_names, loaded.train[:].sum())
"""


@pytest.fixture
def cache(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "kerasgen"


@pytest.fixture(scope="module")
def runes(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tfds")
    prepare(folder, "runes", GREY, LABELS, ["a", "b", "c", "d"])
    return folder


def facts_of(dataset):
    return dataset.fingerprint, dataset.class_names, dataset.train[:].tolist(), dataset.train.labels.tolist()


@pytest.mark.slow
def test_the_second_time_tensorflow_datasets_is_not_imported(cache, runes, run_script):
    first, second = (run_script(LOAD, runes).split(maxsplit=1) for _ in range(2))
    assert (first[0], second[0]) == ("True", "False")
    assert first[1] == second[1]


def test_a_size_of_images_has_a_file_of_its_own(cache, runes):
    first = [data.load("runes", data_dir=runes, image_size=side) for side in (None, 4, 6)]
    assert len(list(cache.glob("*.npz"))) == 3
    second = [data.load("runes", data_dir=runes, image_size=side) for side in (None, 4, 6)]
    assert [each.sample_shape for each in second] == [(6, 8, 1), (4, 4, 1), (6, 6, 1)]
    assert [facts_of(each) for each in first] == [facts_of(each) for each in second]


@pytest.mark.parametrize("damage", ["cut", "facts", "other arrays", "missing"])
def test_a_damaged_file_is_made_again(damage, cache, runes):
    expected = facts_of(data.load("runes", data_dir=runes))
    [arrays], [facts] = cache.glob("*.npz"), cache.glob("*.json")
    if damage == "cut":
        arrays.write_bytes(arrays.read_bytes()[:-100])
    elif damage == "facts":
        facts.write_text("[" * 5)
    elif damage == "other arrays":
        np.savez(arrays, images0=np.zeros((3, 2), np.uint8), labels0=np.zeros(3, np.int64))
    else:
        arrays.unlink()
    assert facts_of(data.load("runes", data_dir=runes)) == expected
    assert facts_of(data.load("runes", data_dir=runes)) == expected
    with np.load(arrays) as file:
        assert file["images0"].shape == (12, 6, 8, 1)


def test_a_set_that_was_prepared_again_is_decoded_again(cache, tmp_path):
    prepare(tmp_path / "data", "fresh", GREY, LABELS, ["a", "b", "c"])
    old = data.load("fresh", data_dir=tmp_path / "data")
    for path in (tmp_path / "data" / "fresh").rglob("*.tfrecord*"):
        os.utime(path, ns=(0, 0))
    assert tfds_cache.read("fresh", LoadOptions(data_dir=tmp_path / "data")) is None
    assert facts_of(data.load("fresh", data_dir=tmp_path / "data")) == facts_of(old)


def test_without_a_folder_or_for_large_sets_nothing_is_kept(cache, runes, monkeypatch):
    monkeypatch.setattr(tfds_cache, "LARGEST", 100)
    data.load("runes", data_dir=runes)
    assert not cache.exists()
    monkeypatch.undo()
    monkeypatch.setattr(tfds_cache, "user_cache", lambda: None)
    data.load("runes", data_dir=runes)
    assert not cache.exists()
