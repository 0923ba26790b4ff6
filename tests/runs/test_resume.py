"""Runs that were interrupted go on as if they had not been."""

import contextlib
import csv
import json
import os
import signal
from pathlib import Path

import keras
import numpy as np
import pytest
from PIL import Image

from kerasgen import callbacks, runs
from kerasgen.errors import DataError, RunError, UsageError
from kerasgen.io.checkpoints import Checkpoints


def settings(**overrides):
    tiny = {"epochs": 3, "batch_size": 400, "image_size": 8, "options": {"hidden_dim": 8, "latent_dim": 2}}
    return runs.resolve("vae", **(tiny | overrides))


def weights(run):
    model = keras.saving.load_model(run.model_path)
    return [np.array(keras.ops.convert_to_numpy(v)) for v in [*model.variables, *model.optimizer.variables]]


def rows(run):
    with run.history_path.open() as file:
        return [{key: value for key, value in row.items() if key != "seconds"} for row in csv.DictReader(file)]


def stop_at(monkeypatch, place):
    """Let this process get a SIGTERM in the next training, before the step `place`, an (epoch, step)."""

    class Stop(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            self.epoch = epoch

        def on_train_batch_begin(self, batch, logs=None):
            if (self.epoch, batch) == place:
                os.kill(os.getpid(), signal.SIGTERM)

    monkeypatch.setattr(callbacks, "StopWhenNotFinite", Stop)  # the first callback that a run makes


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """Return a run without an interruption."""
    return runs.train(settings(), out=tmp_path_factory.mktemp("runs") / "whole", progress=False)


@pytest.fixture
def stopped(tmp_path, monkeypatch):
    """Return a run that was interrupted in the middle of its second epoch."""
    with monkeypatch.context() as patch:
        stop_at(patch, (1, 2))
        with pytest.raises(runs.Interrupted):
            runs.train(settings(checkpoint_every="1steps"), out=tmp_path / "run", progress=False)
    return runs.Run.open(tmp_path / "run")


def test_three_interruptions_leave_the_same_weights_and_history(whole, stopped, monkeypatch):
    assert Checkpoints(stopped.checkpoints).paths()[0].name == "epoch-0001-step-000002"
    for place in ((1, 3), (2, 1)):
        with monkeypatch.context() as patch:
            stop_at(patch, place)
            with pytest.raises(runs.Interrupted):
                runs.resume(stopped.directory, progress=False)
    lines = []
    run = runs.resume(stopped.directory, progress=False, report=lines.append)
    assert lines[-1] == f"going on from {run.checkpoints / 'epoch-0002-step-000001'}"
    assert rows(run) == rows(whole)
    assert all(np.array_equal(a, b) for a, b in zip(weights(run), weights(whole), strict=True))
    seconds = [float(line.split(",")[1]) for line in run.history_path.read_text().splitlines()[1:]]
    assert seconds == sorted(seconds)
    assert {path.name for path in run.samples.iterdir()} == {path.name for path in whole.samples.iterdir()}
    with pytest.raises(UsageError, match="has been trained for 3 epochs; give --epochs"):
        runs.resume(stopped.directory, progress=False)
    runs.resume(stopped.directory, epochs=4, progress=False)
    assert [row["epoch"] for row in rows(run)] == ["1", "2", "3", "4"]
    assert rows(run)[:3] == rows(whole)
    assert run.read_recipe()["epochs"] == 4


def change(run, **settings):
    run.write_recipe(run.read_recipe() | settings)


def test_what_has_changed_is_refused_and_said(stopped):
    record, run = stopped.read_recipe(), stopped
    for changed, words in (
        ({"batch_size": 200}, "batch_size was 400, is 200"),
        ({"seed": 5}, "seed was 0, is 5"),
        ({"options": record["options"] | {"beta": 3.0}}, "options.beta was 1.0, is 3.0"),
    ):
        change(run, **changed)
        with pytest.raises(RunError, match="cannot go on from") as refused:
            runs.resume(run.directory, progress=False)
        assert words in str(refused.value)
        run.write_recipe(record)
    with Checkpoints(run.checkpoints).locked(), pytest.raises(RunError, match="is in use"):
        runs.resume(run.directory, progress=False)
    run.recipe_path.write_text(json.dumps({"recipe": "vae"}))
    with pytest.raises(RunError, match="lacks settings"):
        runs.resume(run.directory, progress=False)


def test_of_two_that_go_on_at_once_the_refused_one_changes_nothing(stopped):
    before = stopped.recipe_path.read_text()
    with contextlib.ExitStack() as other:

        def begin(line):  # of another training, when this one is about to
            other.enter_context(Checkpoints(stopped.checkpoints).locked())

        with pytest.raises(RunError, match="is in use"):
            runs.resume(stopped.directory, epochs=9, progress=False, report=begin)
    assert stopped.recipe_path.read_text() == before


def test_changed_data_are_refused_and_said(tmp_path, monkeypatch):
    data = tmp_path / "data.npy"
    np.save(data, np.random.default_rng(0).integers(0, 255, (40, 8, 8), dtype="uint8"))
    with monkeypatch.context() as patch:
        stop_at(patch, (0, 1))
        with pytest.raises(runs.Interrupted):
            runs.train(settings(dataset=str(data), batch_size=10), out=tmp_path / "run", progress=False)
    np.save(data, np.zeros((40, 8, 8), "uint8"))
    with pytest.raises(RunError, match="other settings: fingerprint was"):
        runs.resume(tmp_path / "run", progress=False)
    (run := runs.Run(tmp_path / "run")).recipe_path.unlink()
    with pytest.raises(RunError, match="is not a run"):
        runs.resume(run.directory, progress=False)


def test_a_run_goes_on_where_its_data_lie_now(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    pixels = np.random.default_rng(0).integers(0, 255, (20, 8, 8), dtype="uint8")
    for name, images in (("photos", pixels), ("others", 255 - pixels)):
        (tmp_path / name).mkdir()
        for number, image in enumerate(images):
            Image.fromarray(image).save(tmp_path / name / f"{number}.bmp")
    run = runs.train(settings(dataset="./photos", batch_size=5, epochs=1), out="run", progress=False)
    (tmp_path / "photos").rename(tmp_path / "moved")
    for dataset, error, words in (
        (None, DataError, "photos; if the data have moved, give their path by --dataset"),
        ("./others", RunError, "others does not hold the same images as"),
        ("digits", UsageError, "--dataset digits is no path"),
    ):
        with pytest.raises(error, match=words):
            runs.resume("run", epochs=2, dataset=dataset, progress=False)
    for epochs, dataset in ((2, Path("moved")), (3, None)):
        runs.resume("run", epochs=epochs, dataset=dataset, progress=False)
        assert run.read_recipe()["dataset"] == str(tmp_path / "moved")
    assert len(rows(run)) == 3


def test_a_run_of_a_named_set_takes_no_path_and_another_data_dir(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    run = runs.train(settings(epochs=1, data_dir="sets"), out="run", progress=False)
    assert run.read_recipe()["data_dir"] == str(tmp_path / "sets")
    with pytest.raises(UsageError, match="was trained on digits, which lies at no path; leave --dataset out"):
        runs.resume("run", epochs=2, dataset=".", progress=False)
    runs.resume("run", epochs=2, data_dir=tmp_path / "other", progress=False)
    assert run.read_recipe()["data_dir"] == str(tmp_path / "other")


def test_a_run_without_a_checkpoint_is_never_begun_anew(stopped):
    for path in Checkpoints(stopped.checkpoints).paths():
        (path / "model.keras").write_text("")
    with pytest.raises(RunError, match="none is left to go on from"):
        runs.resume(stopped.directory, progress=False)
    for path in Checkpoints(stopped.checkpoints).paths():
        (path / "SHA256SUMS").unlink()
        (path / "model.keras").unlink()
        (path / "state.json").unlink()
        path.rmdir()
    with pytest.raises(RunError, match="has no checkpoint to go on from: train vae anew"):
        runs.resume(stopped.directory, progress=False)
