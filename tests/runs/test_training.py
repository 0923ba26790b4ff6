"""Whole runs and all their files."""

import csv
import json
import os
import signal
import subprocess
import sys
import time

import keras
import numpy as np
import pytest
from PIL import Image
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from kerasgen import runs
from kerasgen.errors import DataError, UsageError
from kerasgen.io.checkpoints import Checkpoints
from tests.processes import START

TINY = {
    "vae": {"options": {"hidden_dim": 8, "latent_dim": 2}, "dataset": "digits", "image_size": 8},
    "dcgan": {"options": {"width": 2, "hidden_dim": 4, "latent_dim": 2}, "dataset": "digits", "image_size": 8},
}


@pytest.mark.slow
@pytest.mark.parametrize("recipe", TINY)
def test_a_run_writes_all_its_files(recipe, tmp_path):
    lines = []
    settings = runs.resolve(recipe, epochs=2, batch_size=200, **TINY[recipe])
    run = runs.train(settings, out=tmp_path / "run", progress=False, report=lines.append)
    assert "1,617 grey images 8x8 of digits, 180 for testing" in lines[0]
    assert sorted(path.name for path in run.samples.iterdir()) == [f"epoch-000{epoch}.png" for epoch in range(3)]
    for picture in (run.samples / "epoch-0002.png", run.curves_path):
        with Image.open(picture) as image:
            assert image.size[0] > 300
    with run.history_path.open() as file:
        rows = list(csv.DictReader(file))
    assert [row["epoch"] for row in rows] == ["1", "2"]
    keys = set(rows[0]) - {"epoch", "seconds"}
    assert keys == {name for key in keys if not key.startswith("val_") for name in (key, f"val_{key}")}
    record = json.loads(run.recipe_path.read_text())
    assert record["options"]["latent_dim"] == 2
    assert record["backend"] == keras.backend.backend()
    assert (record["keep"], record["keep_best"]) == (3, None)
    assert os.path.samefile(run.model_path, run.checkpoints / "epoch-0002" / "model.keras")  # takes no space
    assert not run.best_path.exists()
    model = keras.saving.load_model(run.model_path)
    assert model.generate(2, seed=0).shape == (2, 8, 8, 1)
    events = EventAccumulator(str(run.logs)).Reload()
    names = {key for key in keys if not key.startswith("val_")}
    assert set(events.Tags()["scalars"]) == {f"{side}/{name}" for side in ("Train", "Test") for name in names}
    assert [event.step for event in events.Images("samples")] == [0, 1, 2]
    for name in names:
        values = [event.value for event in events.Scalars(f"Test/{name}")]
        assert values == pytest.approx([float(row[f"val_{name}"]) for row in rows])


@pytest.mark.slow
@pytest.mark.once
def test_pictures_of_different_epochs_show_the_same_latents(tmp_path):
    settings = runs.resolve("vae", epochs=1, batch_size=200, **TINY["vae"])
    run = runs.train(settings, out=tmp_path / "run", progress=False)
    model = keras.saving.load_model(run.model_path)
    from kerasgen.plots import grids

    with Image.open(run.samples / "epoch-0001.png") as image:
        drawn = np.asarray(image)
    again = grids.grid(model.preview(n=64, seed=0))[..., 0]
    assert np.abs(drawn.astype(int) - again.astype(int)).max() <= 1


@pytest.mark.once
@pytest.mark.parametrize(
    ("overrides", "error", "says"),
    [
        ({"dataset": "digts"}, UsageError, "digits"),
        ({"image_size": 30, "recipe": "dcgan", "options": {}}, UsageError, "such as 28 or 32"),
        ({"batch_size": 5000}, UsageError, "5000"),
        ({"dataset": "./nowhere"}, DataError, "nowhere"),
    ],
)
def test_a_refused_training_writes_nothing(overrides, error, says, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    settings = runs.resolve(**({"recipe": "vae", "epochs": 1, **TINY["vae"]} | overrides))
    with pytest.raises(error, match=says):
        runs.train(settings, progress=False)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_precision_is_that_of_the_computations_and_ends_with_the_run(tmp_path):
    settings = runs.resolve("dcgan", epochs=1, batch_size=200, precision="mixed_bfloat16", **TINY["dcgan"])
    run = runs.train(settings, out=tmp_path / "run", progress=False)
    assert keras.config.dtype_policy().name == "float32"
    model = keras.saving.load_model(run.model_path)
    assert model.generator.layers[1].dtype_policy.name == "mixed_bfloat16"
    assert {v.dtype for v in model.trainable_variables} == {"float32"}
    with pytest.raises(UsageError, match="did you mean mixed_float16 or float32"):
        runs.resolve("vae", precision="float16")


INTERRUPTED = """
import sys
from kerasgen import runs
options = {"hidden_dim": 8, "latent_dim": 2}
settings = runs.resolve("vae", options, epochs=100000, batch_size=200, dataset="digits", image_size=8)
try:
    runs.train(settings, out=sys.argv[1], progress=False)
except runs.Interrupted as interrupted:
    print("kept", interrupted.run.model_path)
"""


@pytest.mark.slow
@pytest.mark.once
def test_ctrl_c_saves_the_training(tmp_path, request):
    process = subprocess.Popen(
        [sys.executable, "-c", START + INTERRUPTED, tmp_path / "run"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    started = time.monotonic()
    request.addfinalizer(process.kill)
    while not (tmp_path / "run" / "samples" / "epoch-0003.png").exists():
        assert process.poll() is None, process.stderr.read()[-2000:]
        assert time.monotonic() - started < 120
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    out, errors = process.communicate(timeout=60)
    assert process.returncode == 0, errors[-2000:]
    assert out.startswith("kept")
    model = keras.saving.load_model(tmp_path / "run" / "model.keras")
    assert int(model.optimizer.iterations) >= 24
    assert np.isfinite(model.generate(4, seed=0)).all()
    assert not list((tmp_path / "run").glob(".*"))


@pytest.mark.slow
@pytest.mark.once
def test_a_run_keeps_n_checkpoints_and_its_best_model(tmp_path):
    settings = runs.resolve("vae", epochs=3, batch_size=200, **TINY["vae"])
    run = runs.train(settings, out=tmp_path / "run", progress=False, keep=1, keep_best="val_loss")
    assert [path.name for path in Checkpoints(run.checkpoints).paths()] == ["epoch-0003"]
    with run.history_path.open() as file:
        losses = [float(row["val_loss"]) for row in csv.DictReader(file)]
    is_last = losses[-1] == min(losses)
    assert os.path.samefile(run.best_path, run.model_path) == is_last
    files = {path.stat().st_ino: path.stat().st_size for path in run.directory.rglob("*.keras")}
    assert len(files) == 1 + (not is_last)
    run = runs.resume(run.directory, epochs=6, progress=False)  # with the same settings
    assert [path.name for path in Checkpoints(run.checkpoints).paths()] == ["epoch-0006"]
    assert run.read_recipe()["keep_best"] == "val_loss"
    runs.resume(run.directory, epochs=8, keep=2, progress=False)
    assert [path.name for path in Checkpoints(run.checkpoints).paths()] == ["epoch-0008", "epoch-0007"]


@pytest.mark.slow
@pytest.mark.once
def test_wrong_values_of_keep_leave_no_directory(tmp_path):
    settings = runs.resolve("vae", epochs=1, batch_size=400, **TINY["vae"])
    with pytest.raises(UsageError, match="keep is 0"):
        runs.train(settings, out=tmp_path / "run", progress=False, keep=0)
    with pytest.raises(UsageError, match="keep_best is 'val_los', which is not logged"):
        runs.train(settings, out=tmp_path / "run", progress=False, keep_best="val_los")
    assert list(tmp_path.iterdir()) == []
