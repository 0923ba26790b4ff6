"""The record of a run, and the settings that may change when it is resumed."""

import json

import numpy as np
import pytest

from kerasgen import data, runs
from kerasgen.errors import DataError, UsageError
from kerasgen.runs.record import create_record, immutable_settings, resolve_dataset_path

pytestmark = pytest.mark.once


def test_the_record_is_json_and_has_absolute_paths(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    np.save(tmp_path / "images.npy", np.random.default_rng(0).integers(0, 255, (9, 8, 8), dtype="uint8"))
    dataset = data.load("./images.npy")
    record = create_record(runs.resolve("vae", dataset="./images.npy", data_dir="sets"), dataset)
    assert json.loads(json.dumps(record)) == record
    assert record["dataset"] == str(tmp_path / "images.npy")
    assert record["data_dir"] == str(tmp_path / "sets")
    assert record["fingerprint"] == dataset.fingerprint
    bucket = create_record(runs.resolve("vae", data_dir="gs://bucket"), dataset)
    assert bucket["data_dir"] == "gs://bucket"


def test_names_of_classes_are_kept():
    record = create_record(runs.resolve("vae"), data.load("digits"))
    assert record["class_names"] == [str(digit) for digit in range(10)]


def test_location_and_times_of_saving_may_change_and_the_rest_may_not(tmp_path):
    record = create_record(runs.resolve("vae"), data.load("digits")) | {"keep": 3, "keep_best": None, "parameters": 9}
    immutable = set(immutable_settings(record))
    assert immutable == {
        *("recipe", "options", "dataset", "image_size", "batch_size", "seed", "precision", "deterministic"),
        *("fingerprint", "backend"),
    }
    assert set(immutable_settings(record | {"dataset": str(tmp_path)})) == immutable - {"dataset"}


def test_data_that_have_moved(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "photos").mkdir()
    assert resolve_dataset_path("run", "digits", None) == "digits"
    assert resolve_dataset_path("run", "./gone", "photos/") == str(tmp_path / "photos")
    for before, now, error, says in (
        ("./gone", None, DataError, "no such file or folder: ./gone; if the data have moved"),
        ("digits", "./photos", UsageError, "run was trained on digits, which has no path"),
        ("./photos", "digits", UsageError, "--dataset digits is not a path"),
    ):
        with pytest.raises(error, match=says):
            resolve_dataset_path("run", before, now)
