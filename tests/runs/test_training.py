import contextlib
import csv
import json
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import keras
import numpy as np
import pytest
from PIL import Image
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from kerasgen import runs
from kerasgen.errors import DataError, RunError, UsageError
from kerasgen.io.checkpoints import Checkpoints
from kerasgen.io.files import atomic_write

TINY = {
    "vae": {"options": {"hidden_dim": 8, "latent_dim": 2}, "image_size": 8},
    "dcgan": {"options": {"width": 2, "latent_dim": 2}, "image_size": 8},
}
TAGS = {
    "vae": {"KL-Divergence", "Reconstruction_Error", "Total_Loss"},
    "dcgan": {
        *("Generator_Loss", "Discriminator_Loss", "Value"),
        *("Real_Score", "Fake_Score", "Real_Accuracy", "Fake_Accuracy"),
    },
}


@pytest.mark.parametrize("recipe", TINY)
def test_a_run_leaves_all_that_it_promises(recipe, tmp_path):
    lines = []
    settings = runs.resolve(recipe, epochs=2, batch_size=200, **TINY[recipe])
    run = runs.train(settings, out=tmp_path / "run", progress=False, report=lines.append)
    assert "1,617 grey images 8x8 of digits, 180 to test with" in lines[0]
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
    model = keras.saving.load_model(run.model_path)
    assert model.generate(2, seed=0).shape == (2, 8, 8, 1)
    events = EventAccumulator(str(run.logs)).Reload()
    assert set(events.Tags()["scalars"]) == {f"{side}/{tag}" for side in ("Train", "Test") for tag in TAGS[recipe]}
    for tag in ("Train/Total_Loss",) if recipe == "vae" else ("Train/Generator_Loss",):
        key = "loss" if recipe == "vae" else "generator_loss"
        assert [e.value for e in events.Scalars(tag)] == pytest.approx([float(row[key]) for row in rows])
        assert [e.step for e in events.Scalars(tag)] == [1, 2]


def test_pictures_of_different_epochs_show_the_same_latents(tmp_path):
    settings = runs.resolve("vae", epochs=1, batch_size=200, **TINY["vae"])
    run = runs.train(settings, out=tmp_path / "run", progress=False)
    model = keras.saving.load_model(run.model_path)
    from kerasgen.plots import grids

    with Image.open(run.samples / "epoch-0001.png") as image:
        drawn = np.asarray(image)
    again = grids.grid(model.preview(n=64, seed=0))[..., 0]
    assert np.abs(drawn.astype(int) - again.astype(int)).max() <= 1


@pytest.mark.parametrize(
    ("overrides", "error", "says"),
    [
        ({"dataset": "digts"}, UsageError, "digits"),
        ({"image_size": 30, "recipe": "dcgan", "options": {}}, UsageError, "such as 28 or 32"),
        ({"batch_size": 5000}, UsageError, "5000"),
        ({"dataset": "./nowhere"}, DataError, "nowhere"),
    ],
)
def test_what_cannot_be_trained_leaves_nothing_behind(overrides, error, says, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    settings = runs.resolve(**({"recipe": "vae", "epochs": 1, **TINY["vae"]} | overrides))
    with pytest.raises(error, match=says):
        runs.train(settings, progress=False)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("overrides", "says"),
    [({"epochs": 0}, "epochs is 0"), ({"batch_size": -1}, "batch_size is -1"), ({"seed": -1}, "seed is -1")],
)
def test_numbers_out_of_range_are_refused_at_once(overrides, says):
    with pytest.raises(UsageError, match=says):
        runs.resolve("vae", **overrides)


def test_precision_is_that_of_the_computations_and_ends_with_the_run(tmp_path):
    settings = runs.resolve("dcgan", epochs=1, batch_size=200, precision="mixed_bfloat16", **TINY["dcgan"])
    run = runs.train(settings, out=tmp_path / "run", progress=False)
    assert keras.config.dtype_policy().name == "float32"
    model = keras.saving.load_model(run.model_path)
    assert model.generator.layers[1].dtype_policy.name == "mixed_bfloat16"
    assert {v.dtype for v in model.trainable_variables} == {"float32"}
    with pytest.raises(UsageError, match="did you mean float32 or mixed_float16"):
        runs.resolve("vae", precision="float16")


def test_directories_are_numbered_and_never_shared(tmp_path):
    made = [runs.Run.create("vae", root=tmp_path).directory.name for _ in range(3)]
    assert made == ["vae-1", "vae-2", "vae-3"]
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "photo.png").touch()
    (tmp_path / "empty").mkdir()
    with pytest.raises(RunError, match="exists already"):
        runs.Run.create("vae", out=tmp_path / "full")
    assert runs.Run.create("vae", out=tmp_path / "empty").directory.is_dir()
    with pytest.raises(RunError, match="cannot make a run in"):
        runs.Run.create("vae", out=tmp_path / "full" / "photo.png" / "run")
    with pytest.raises(RunError, match="is not a run"):
        runs.Run.open(tmp_path / "full")


@pytest.mark.parametrize("exists", [True, False])
def test_of_several_that_want_a_directory_at_once_one_gets_it(exists, tmp_path):
    out = tmp_path / "run"
    if exists:
        out.mkdir()

    def create(_):
        with contextlib.suppress(RunError):
            return runs.Run.create("vae", out=out)

    with ThreadPoolExecutor(8) as pool:
        assert len([run for run in pool.map(create, range(8)) if run is not None]) == 1


def test_a_refused_training_leaves_the_files_of_the_one_in_progress(tmp_path):
    run = runs.Run(tmp_path / "run")
    theirs = [run.recipe_path, run.history_path, run.model_path, run.samples / "epoch-0000.png", run.logs / "events"]
    settings = runs.resolve("vae", epochs=1, batch_size=400, **TINY["vae"])
    with contextlib.ExitStack() as other:

        def begin(line):  # of another training, when this one is about to
            other.enter_context(Checkpoints(run.checkpoints).locked())
            for path in theirs:
                path.parent.mkdir(exist_ok=True)
                path.write_text("theirs")

        with pytest.raises(RunError, match="is in use"):
            runs.train(settings, out=run.directory, progress=False, report=begin)
    assert [path.read_text() for path in theirs] == ["theirs"] * len(theirs)


@pytest.mark.parametrize(
    ("damage", "says"),
    [
        ({"batch_size": None}, "batch_size is null, and must be a whole number"),
        ({"epochs": True}, "epochs is true, and must be a whole number"),
        ({"dataset": 5}, "dataset is 5, and must be a text"),
        ({"data_dir": []}, r"data_dir is \[\], and must be a text or null"),
        ({"options": [1]}, r"options is \[1\], and must be an object"),
        ({"deterministic": 0}, "deterministic is 0, and must be true or false"),
        ({"backend": {}}, "backend is {}, and must be a text"),
        ({"parameters": "many"}, 'parameters is "many", and must be a whole number'),
    ],
)
def test_a_damaged_recipe_is_refused_when_it_is_read(damage, says, tmp_path):
    run = runs.Run.create("vae", out=tmp_path / "run")
    run.write_recipe({"recipe": "vae", "data_dir": None, "deterministic": False} | damage)
    for read in (run.read_recipe, run.read_settings):
        with pytest.raises(RunError, match=f"recipe.json: {says}"):
            read()


def test_an_interrupted_write_leaves_the_old_file(tmp_path):
    path = tmp_path / "file.txt"
    path.write_text("old")

    def write_half():
        with atomic_write(path) as temporary:
            temporary.write_text("half")
            raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        write_half()
    assert path.read_text() == "old"
    with atomic_write(path) as temporary:
        temporary.write_text("new")
    assert path.read_text() == "new"
    assert [p.name for p in tmp_path.iterdir()] == ["file.txt"]


INTERRUPTED = """
import sys
from kerasgen import runs
settings = runs.resolve("vae", epochs=100000, batch_size=200, image_size=8, options={"hidden_dim": 8, "latent_dim": 2})
try:
    runs.train(settings, out=sys.argv[1], progress=False)
except runs.Interrupted as interrupted:
    print("kept", interrupted.run.model_path)
"""


def test_ctrl_c_keeps_what_is_trained(tmp_path, request):
    process = subprocess.Popen(
        [sys.executable, "-c", INTERRUPTED, tmp_path / "run"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
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
