"""Interrupted runs resume with the weights and history of uninterrupted ones."""

import contextlib
import csv
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import keras
import numpy as np
import pytest
from PIL import Image

from kerasgen import callbacks, runs
from kerasgen.errors import DataError, RunError, UsageError
from kerasgen.io.checkpoints import Checkpoints
from tests.processes import START


def settings(**overrides):
    tiny = {
        "dataset": "digits",
        "epochs": 3,
        "batch_size": 400,
        "image_size": 8,
        "options": {"hidden_dim": 8, "latent_dim": 2},
    }
    return runs.resolve("vae", **(tiny | overrides))


def weights(run):
    model = keras.saving.load_model(run.model_path)
    return [np.array(keras.ops.convert_to_numpy(v)) for v in [*model.variables, *model.optimizer.variables]]


def rows(run):
    with run.history_path.open() as file:
        return [{key: value for key, value in row.items() if key != "seconds"} for row in csv.DictReader(file)]


def stop_at(monkeypatch, place):
    """Send this process a SIGTERM in the next training, before the step `place`, an (epoch, step)."""

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


@pytest.fixture(scope="module")
def interrupted(tmp_path_factory):
    """Return the directory of a run that was interrupted in the middle of its second epoch; do not change it."""
    out = tmp_path_factory.mktemp("runs") / "interrupted"
    with pytest.MonkeyPatch.context() as patch:
        stop_at(patch, (1, 2))
        with pytest.raises(runs.Interrupted):
            runs.train(settings(checkpoint_every="1steps"), out=out, progress=False)
    return out


@pytest.fixture
def stopped(interrupted, tmp_path):
    """Return a copy of the interrupted run."""
    return runs.Run.open(shutil.copytree(interrupted, tmp_path / "run"))


@pytest.mark.slow
def test_three_interruptions_leave_the_same_weights_and_history(whole, stopped, monkeypatch):
    assert Checkpoints(stopped.checkpoints).paths()[0].name == "epoch-0001-step-000002"
    for place in ((1, 3), (2, 1)):
        with monkeypatch.context() as patch:
            stop_at(patch, place)
            with pytest.raises(runs.Interrupted):
                runs.resume(stopped.directory, progress=False)
    lines = []
    run = runs.resume(stopped.directory, progress=False, report=lines.append)
    assert lines[-1] == f"resuming from {run.checkpoints / 'epoch-0002-step-000001'}"
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


@pytest.mark.slow
@pytest.mark.once
def test_changed_settings_are_refused_and_named(stopped):
    record, run = stopped.read_recipe(), stopped
    for changed, words in (
        ({"batch_size": 200}, "batch_size was 400, is 200"),
        ({"seed": 5}, "seed was 0, is 5"),
        ({"options": record["options"] | {"beta": 3.0}}, "options.beta was 1.0, is 3.0"),
    ):
        change(run, **changed)
        with pytest.raises(RunError, match="cannot resume from") as refused:
            runs.resume(run.directory, progress=False)
        assert words in str(refused.value)
        run.write_recipe(record)
    with Checkpoints(run.checkpoints).locked(), pytest.raises(RunError, match="is in use"):
        runs.resume(run.directory, progress=False)
    run.recipe_path.write_text(json.dumps({"recipe": "vae"}))
    with pytest.raises(RunError, match="lacks settings"):
        runs.resume(run.directory, progress=False)


@pytest.mark.slow
@pytest.mark.once
def test_a_run_in_use_is_refused_and_nothing_in_it_changes(stopped):
    before = {
        path: path.read_bytes() for path in stopped.directory.rglob("*") if path.is_file() and path.name != "lock"
    }
    with Checkpoints(stopped.checkpoints).locked():
        (stopped.directory / ".history-a1b2c3d4.csv").touch()  # the other training is writing it
        with pytest.raises(RunError, match="is in use"):
            runs.resume(stopped.directory, epochs=9, progress=False)
        with pytest.raises(RunError, match="is in use"):
            runs.train(settings(), out=stopped.directory, progress=False)
        (stopped.directory / ".history-a1b2c3d4.csv").unlink()
    after = {path: path.read_bytes() for path in stopped.directory.rglob("*") if path.is_file() and path.name != "lock"}
    assert after == before


@pytest.mark.slow
@pytest.mark.once
def test_a_training_holds_its_run_from_the_beginning_to_the_end(stopped):
    """No other training can begin between the first check and the first step."""
    tried = []

    def report(line):
        with contextlib.suppress(RunError), Checkpoints(stopped.checkpoints).locked():
            tried.append(line)

    runs.resume(stopped.directory, progress=False, report=report)
    assert tried == []


@pytest.mark.once
def test_changed_data_are_refused_and_named(tmp_path, monkeypatch):
    data = tmp_path / "data.npy"
    np.save(data, np.random.default_rng(0).integers(0, 255, (40, 8, 8), dtype="uint8"))
    with monkeypatch.context() as patch:
        stop_at(patch, (0, 1))
        with pytest.raises(runs.Interrupted):
            runs.train(settings(dataset=str(data), batch_size=10), out=tmp_path / "run", progress=False)
    np.save(data, np.load(data)[::-1])
    with pytest.raises(RunError, match="other settings: fingerprint was"):
        runs.resume(tmp_path / "run", progress=False)
    (run := runs.Run(tmp_path / "run")).recipe_path.unlink()
    with pytest.raises(RunError, match="is not a run"):
        runs.resume(run.directory, progress=False)


@pytest.mark.slow
@pytest.mark.once
def test_a_run_resumes_with_data_that_have_moved(tmp_path, monkeypatch):
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
        ("digits", UsageError, "--dataset digits is not a path"),
    ):
        with pytest.raises(error, match=words):
            runs.resume("run", epochs=2, dataset=dataset, progress=False)
    for epochs, dataset in ((2, Path("moved")), (3, None)):
        runs.resume("run", epochs=epochs, dataset=dataset, progress=False)
        assert run.read_recipe()["dataset"] == str(tmp_path / "moved")
    assert len(rows(run)) == 3


@pytest.mark.slow
@pytest.mark.once
def test_a_run_of_a_named_set_takes_no_path_and_another_data_dir(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    run = runs.train(settings(epochs=1, data_dir="sets"), out="run", progress=False)
    assert run.read_recipe()["data_dir"] == str(tmp_path / "sets")
    with pytest.raises(UsageError, match="was trained on digits, which has no path; leave --dataset out"):
        runs.resume("run", epochs=2, dataset=".", progress=False)
    runs.resume("run", epochs=2, data_dir=tmp_path / "other", progress=False)
    assert run.read_recipe()["data_dir"] == str(tmp_path / "other")


@pytest.mark.slow
@pytest.mark.once
def test_a_trained_run_without_a_checkpoint_is_never_begun_again(stopped):
    for path in Checkpoints(stopped.checkpoints).paths():
        (path / "model.keras").write_text("")
    with pytest.raises(RunError, match="no checkpoint is left to resume from"):
        runs.resume(stopped.directory, progress=False)
    for path in Checkpoints(stopped.checkpoints).paths():
        (path / "SHA256SUMS").unlink()
        (path / "model.keras").unlink()
        (path / "state.json").unlink()
        path.rmdir()
    with pytest.raises(RunError, match="has no checkpoint to resume from: train in another directory"):
        runs.resume(stopped.directory, progress=False)


# -- the same command again


@pytest.mark.slow
def test_the_same_command_resumes_and_at_the_end_changes_nothing(whole, stopped):
    lines = []
    run = runs.train(settings(checkpoint_every="1steps"), out=stopped.directory, progress=False, report=lines.append)
    assert lines[-1] == f"resuming from {run.checkpoints / 'epoch-0001-step-000002'}"
    assert rows(run) == rows(whole)
    assert all(np.array_equal(a, b) for a, b in zip(weights(run), weights(whole), strict=True))
    started = run.read_recipe()["started"]
    kept = {path: path.read_bytes() for path in (run.model_path, run.history_path)}
    runs.train(settings(), out=run.directory, progress=False, report=lines.append)
    assert lines[-1] == f"{run.checkpoints / 'epoch-0003'} is the end of this training"
    assert {path: path.read_bytes() for path in kept} == kept
    assert run.read_recipe()["started"] == started
    runs.train(settings(epochs=4), out=run.directory, progress=False)
    assert [row["epoch"] for row in rows(run)] == ["1", "2", "3", "4"]


@pytest.mark.slow
@pytest.mark.once
def test_another_command_is_refused_with_the_difference_and_changes_nothing(stopped):
    before = stopped.recipe_path.read_text()
    with pytest.raises(RunError, match=r"run exists already, with other settings: batch_size was 400, is 200; give"):
        runs.train(settings(batch_size=200), out=stopped.directory, progress=False)
    assert stopped.recipe_path.read_text() == before
    for path in [*stopped.checkpoints.glob("epoch-*")]:
        for file in path.iterdir():
            file.unlink()
        path.rmdir()
    with pytest.raises(RunError, match=r"run exists already and has no checkpoint; give another --out"):
        runs.train(settings(), out=stopped.directory, progress=False)
    assert stopped.recipe_path.read_text() == before


def killed_before_the_first_checkpoint(whole, directory, how):
    """Make the files that a kill leaves: the empty recipe, the whole one, or the first picture too."""
    run = runs.Run(directory)
    run.checkpoints.mkdir(parents=True)
    (run.checkpoints / "lock").write_text("12345")
    run.recipe_path.touch()
    if how != "at the claim":
        run.write_recipe(whole.read_recipe())
        (directory / ".recipe-a1b2c3d4.json").write_text("{")
    if how == "in the first step":
        run.samples.mkdir()
        (run.samples / "epoch-0000.png").write_bytes((whole.samples / "epoch-0000.png").read_bytes())
        (run.samples / ".epoch-0000-a1b2c3d4.png").touch()
        (run.checkpoints / ".epoch-0000-a1b2c3d4").mkdir()
    return run


@pytest.mark.slow
@pytest.mark.once
@pytest.mark.parametrize("how", ["at the claim", "before the first step", "in the first step"])
@pytest.mark.parametrize("command", ["train", "resume"])
def test_a_run_that_was_killed_before_its_first_checkpoint_starts(how, command, whole, tmp_path):
    run = killed_before_the_first_checkpoint(whole, tmp_path / "run", how)
    if command == "train":
        runs.train(settings(), out=run.directory, progress=False)
    elif how == "at the claim":
        with pytest.raises(RunError, match="is empty: its training was killed at the start; train again"):
            runs.resume(run.directory, progress=False)
        return
    else:
        runs.resume(run.directory, progress=False)
    assert rows(run) == rows(whole)
    assert all(np.array_equal(a, b) for a, b in zip(weights(run), weights(whole), strict=True))
    assert not [path for path in run.directory.rglob(".*")]


@pytest.mark.slow
@pytest.mark.once
def test_after_a_kill_before_the_first_checkpoint_other_settings_are_taken(whole, tmp_path):
    run = killed_before_the_first_checkpoint(whole, tmp_path / "run", "before the first step")
    runs.train(settings(epochs=1, batch_size=200), out=run.directory, progress=False)
    assert run.read_recipe()["batch_size"] == 200


@pytest.mark.once
def test_a_folder_with_a_recipe_of_another_kind_is_never_written_into(tmp_path):
    (tmp_path / "recipe.json").write_text('{"title": "pancakes", "eggs": 3}')
    with pytest.raises(RunError, match=r"recipe.json lacks settings"):
        runs.train(settings(), out=tmp_path, progress=False)
    assert "pancakes" in (tmp_path / "recipe.json").read_text()
    assert os.listdir(tmp_path) == ["recipe.json"]


KILLED = """
import sys
from kerasgen import runs
options = {"hidden_dim": 8, "latent_dim": 2}
settings = runs.resolve("vae", options, epochs=3, batch_size=400, dataset="digits", image_size=8)
runs.train(settings, out=sys.argv[1], progress=False)
"""


@pytest.mark.slow
@pytest.mark.once
def test_the_same_command_finishes_a_killed_training(whole, tmp_path):
    """The process is killed as soon as `recipe.json` is whole, and again at the first checkpoint of a trained model."""
    run = runs.Run(tmp_path / "run")
    moments = (
        lambda: run.recipe_path.exists() and not run.is_empty(),
        lambda: (run.checkpoints / "epoch-0001").exists(),
    )
    for has_come in moments:
        process = subprocess.Popen(
            [sys.executable, "-c", START + KILLED, run.directory], stderr=subprocess.PIPE, text=True
        )
        while process.poll() is None and not has_come():
            time.sleep(0.001)
        process.kill()
        errors = process.communicate()[1]
        assert process.returncode == -signal.SIGKILL, errors[-2000:]
    runs.train(settings(), out=run.directory, progress=False)
    assert rows(run) == rows(whole)
    assert all(np.array_equal(a, b) for a, b in zip(weights(run), weights(whole), strict=True))
    assert not [path for path in run.directory.rglob(".*")]


# -- links


@pytest.mark.slow
@pytest.mark.once
def test_links_in_a_run_are_not_followed(stopped, tmp_path):
    victim = tmp_path / "victim"
    victim.mkdir()
    (victim / "epoch-0002.png").write_text("precious")
    shutil.rmtree(stopped.samples)
    stopped.samples.symlink_to(victim)
    with pytest.raises(RunError, match="samples is a symbolic link"):
        runs.resume(stopped.directory, progress=False)
    assert (victim / "epoch-0002.png").read_text() == "precious"
    assert len(os.listdir(victim)) == 1
    stopped.samples.unlink()
    stopped.samples.mkdir()
    (stopped.samples / "epoch-0002.png").symlink_to(victim / "epoch-0002.png")
    runs.resume(stopped.directory, progress=False)
    assert (victim / "epoch-0002.png").read_text() == "precious"
    assert not (stopped.samples / "epoch-0002.png").is_symlink()


@pytest.mark.slow
@pytest.mark.once
def test_values_of_a_stranger_are_not_written_again(stopped):
    record = stopped.read_recipe() | {"mine": [[[1]]]}
    stopped.recipe_path.write_text(json.dumps(record))
    run = runs.resume(stopped.directory, progress=False)
    assert set(run.read_recipe()) == set(record) - {"mine"}
    assert run.read_recipe()["started"] == record["started"]
