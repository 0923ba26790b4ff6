"""`kerasgen train`."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import kerasgen as library
from kerasgen import zoo
from tests.cli.conftest import TINY, TINY_VAE, assert_refused, kerasgen

PREPARED = Path(__file__).parents[3] / "shared" / "data" / "tfds"


def empty_folder(path):
    path.mkdir()


def folder_of_broken_files(path):
    path.mkdir()
    (path / "empty.png").write_bytes(b"")
    (path / "text.jpg").write_text("not an image")


def array_of(value):
    def write(path):
        images = np.full((4, 8, 8, 1), 0.5, "float32")
        images[2, 3, 3] = value
        with path.open("wb") as file:
            np.save(file, images)

    return write


DATA = {
    "missing": ("./photos", lambda path: None, "photos"),
    "empty folder": ("./photos", empty_folder, "photos"),
    "only broken files": ("./photos", folder_of_broken_files, "photos"),
    "not an array": ("images.npy", lambda path: path.write_text("hello"), "images.npy"),
    "NaN": ("images.npy", array_of(np.nan), "NaN"),
    "out of range": ("images.npy", array_of(300.0), "300"),
}


@pytest.mark.once
@pytest.mark.parametrize("case", DATA)
def test_data_that_cannot_be_used_end_with_1_and_leave_no_run(case, here):
    name, make, words = DATA[case]
    make(here / name)
    before = sorted(here.rglob("*"))
    assert_refused(kerasgen(*TINY_VAE, "--batch-size", 2, "--dataset", name), 1, words)
    assert sorted(here.rglob("*")) == before


@pytest.mark.once
def test_a_dry_run_refuses_data_that_are_not_there(here):
    assert_refused(kerasgen("train", "vae", "--dry-run", "--dataset", "./photos"), 1, "no such file or folder: photos")


@pytest.mark.once
def test_a_run_directory_is_never_written_over(here):
    (here / "mine").mkdir()
    (here / "mine" / "thesis.txt").write_text("precious")
    assert_refused(kerasgen(*TINY_VAE, "--out", "mine"), 1, "mine exists already")
    assert [path.name for path in (here / "mine").iterdir()] == ["thesis.txt"]


@pytest.mark.once
def test_a_place_that_cannot_be_written_is_named(here):
    (here / "file").write_text("")
    assert_refused(kerasgen(*TINY_VAE, "--out", "file/run"), 1, "file/run")


@pytest.mark.once
def test_a_dry_run_prints_what_would_be_trained_and_leaves_nothing(here):
    result = kerasgen("train", "vae", "--dry-run", "--epochs", 3, "--set", "beta=2", "--set", "latent_dim=7")
    printed = dict(line.split(maxsplit=1) for line in result.stdout.splitlines())
    assert printed["recipe"] == "vae"
    assert printed["epochs"] == "3"
    assert printed["batch_size"] == str(zoo.get("vae").batch_size)
    assert (printed["beta"], printed["latent_dim"]) == ("2.0", "7")
    assert printed["backend"] == os.environ.get("KERAS_BACKEND", "tensorflow")
    assert not any(here.iterdir())


@pytest.mark.once
def test_a_set_without_labels_cannot_train_a_conditional_model(here):
    np.save("images.npy", np.full((30, 8, 8), 0.5, "float32"))
    assert_refused(kerasgen("train", "cgan", "--dataset", "images.npy", *TINY[2:4], "--batch-size", 4), 2, "no labels")


@pytest.mark.once
def test_packing_must_divide_the_batch(here):
    result = kerasgen("train", "gan", "--set", "packing=3", "--batch-size", 32)
    assert_refused(result, 2, "packing 3 does not divide the batch size 32")


@pytest.mark.slow
def test_the_summary_names_the_files_and_the_next_commands(here):
    result = kerasgen(*TINY_VAE)
    assert result.exit_code == 0
    output = result.stdout
    for name in ("model.keras", "samples", "curves.png", "history.csv", "logs"):
        assert os.path.join("runs", "vae-1", name) in output
        assert (here / "runs" / "vae-1" / name).exists()
    command = next(line.split() for line in output.splitlines() if line.strip().startswith("kerasgen generate"))
    assert kerasgen(*command[1:]).exit_code == 0


@pytest.mark.slow
@pytest.mark.once
def test_the_best_model_is_kept_and_named(here):
    result = kerasgen(*TINY_VAE, "--keep", 1, "--keep-best", "val_loss", "--epochs", 2, "--out", "run")
    assert result.exit_code == 0, result.output
    assert "best model   run/best.keras" in result.stdout
    assert (here / "run" / "best.keras").is_file()
    assert len([*(here / "run" / "checkpoints").glob("epoch-*")]) == 1
    assert kerasgen("resume", "run", "--epochs", 3, "--keep", 2).exit_code == 0
    assert len([*(here / "run" / "checkpoints").glob("epoch-*")]) == 2


@pytest.mark.slow
@pytest.mark.once
def test_train_counts_the_files_that_it_skips(here):
    (here / "photos").mkdir()
    for number in range(20):
        Image.new("L", (8 + number, 9), 10 * number).save(here / "photos" / f"{number}.png")
    (here / "photos" / "broken.png").write_bytes(b"\x89PNG broken")
    result = kerasgen(*TINY_VAE, "--dataset", "photos", "--batch-size", 4)
    assert result.exit_code == 0, result.output
    (line,) = (line for line in result.stdout.splitlines() if "skipped" in line)
    assert "1" in line
    assert "broken.png" in line


@pytest.mark.parametrize("recipe", ["vae", "autoencoder"])
def test_points_need_a_loss_for_their_range(here, recipe):
    refused = kerasgen("train", recipe, "--dataset", "ring-8", "--set", "hidden_dim=4", "--out", "run")
    assert_refused(refused, 1, "this model takes [0, 1]: choose one for values of any range, such as likelihood=")
    assert not (here / "run").exists()


@pytest.mark.slow
@pytest.mark.once
def test_ctrl_c_keeps_what_is_trained(here):
    process = subprocess.Popen(
        [sys.executable, "-m", "kerasgen", *TINY_VAE, "--epochs", "100000", "--out", "run"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    deadline = time.monotonic() + 60
    while not (here / "run" / "history.csv").exists() and time.monotonic() < deadline:
        time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    said, complained = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Traceback" not in complained
    assert "Stopped: run/model.keras" in said
    assert "kerasgen generate run\n" in said
    assert library.load("run").generate(1).shape == (1, 8, 8, 1)


def test_a_training_that_breaks_down_is_one_line_and_keeps_its_checkpoint(here):
    result = kerasgen(*TINY_VAE, "--out", "run", "--set", "learning_rate=1e9", "--checkpoint-every", "1steps")
    assert_refused_at_the_end(result, "the training has diverged")
    assert "the last good checkpoint is run/checkpoints/epoch-0000" in result.stderr
    assert library.load("run").generate(1).shape == (1, 8, 8, 1)
    assert_refused(kerasgen(*TINY_VAE, "--checkpoint-every", "sometimes"), 2, "such as 500steps or 10min")


def assert_refused_at_the_end(result, words):
    assert result.exit_code == 1, result.output
    (line,) = (line for line in result.stderr.splitlines() if line.startswith("Error: "))
    assert words in line


# -- the dry run


def plan(*arguments):
    """Return what `kerasgen train --dry-run` prints, by name."""
    result = kerasgen("train", *arguments, "--dry-run")
    assert result.exit_code == 0, result.output
    return dict(line.split(maxsplit=1) for line in result.stdout.splitlines() if "skipped" not in line)


@pytest.mark.once
def test_a_dry_run_describes_the_data(here):
    for number in range(20):
        path = here / "photos" / ("cat" if number % 2 else "dog") / f"{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("L", (9, 9), 10 * number).save(path)
    (here / "photos" / "broken.png").write_bytes(b"\x89PNG broken")
    described = plan("vae", "--dataset", "photos", "--image-size", 8)
    assert described["sample_shape"] == "(8, 8, 1)"
    assert described["classes"] == "2: cat, dog"
    assert int(described["training"]) + int(described["test"]) == 20
    described = plan("gan", "--dataset", "ring-8")
    assert described["sample_shape"] == "(2,)"
    assert "image_size" not in described
    assert plan("cyclegan", "--dataset", "ink-chalk")["training"].count("+") == 1


@pytest.mark.once
def test_a_dry_run_does_not_download(here):
    assert "is not prepared" in plan("vae", "--dataset", "mnist", "--data-dir", "nowhere")["data"]
    assert not (here / "nowhere").exists()


@pytest.mark.once
@pytest.mark.skipif(not PREPARED.exists(), reason="no prepared MNIST")
def test_a_dry_run_looks_at_a_prepared_set(here):
    described = plan("cvae", "--dataset", "mnist", "--data-dir", PREPARED)
    assert (described["training"], described["sample_shape"]) == ("60,000", "(28, 28, 1)")


@pytest.mark.once
def test_a_dry_run_refuses_an_unknown_set(here):
    assert_refused(kerasgen("train", "vae", "--dry-run", "--dataset", "mnits"), 2, "mnist")


@pytest.mark.once
@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["vae", "--dataset", "photos"], "no images in photos"),
        (["vae", "--dataset", "nan.npy"], "NaN"),
        (["cvae", "--dataset", "grey.npy"], "grey has no labels"),
    ],
)
def test_a_dry_run_refuses_data_that_cannot_be_used(arguments, words, here):
    empty_folder(here / "photos")
    array_of(np.nan)(here / "nan.npy")
    array_of(0.5)(here / "grey.npy")
    result = kerasgen("train", *arguments, "--dry-run")
    assert_refused(result, 2 if "labels" in words else 1, words)


def grey_images(path, count):
    """Write images of noise and return the path."""
    np.save(path, np.random.default_rng(0).random((count, 8, 8), dtype="float32"))
    return path


@pytest.mark.slow
@pytest.mark.once
@pytest.mark.parametrize("dry", [["--dry-run"], []])
def test_a_batch_that_is_larger_than_the_set(dry, here):
    call = [*TINY_VAE[:4], *TINY_VAE[8:], "--epochs", 1, "--dataset", grey_images("few.npy", 10), *dry]
    refused = kerasgen(*call, "--batch-size", 25)
    words = "batch size 25 is too large, because few has 9 training samples; give a smaller --batch-size"
    assert_refused(refused, 2, words)
    packed = kerasgen(*["train", "gan", "--image-size", 8, "--set", "packing=2"], *call[4:])
    for result, size in ((kerasgen(*call), 2), (packed, 2)):
        assert result.exit_code == 0, result.output
        (line,) = (line for line in result.stdout.splitlines() if "instead of" in line)
        assert line.startswith(f"batch size {size} instead of ")
        assert line.endswith("because few has 9 training samples; --batch-size sets another one")
    assert (here / "runs").exists() == (not dry)


@pytest.mark.slow
@pytest.mark.once
@pytest.mark.parametrize("count", [2, 3, 5])
def test_a_handful_of_images_is_enough(count, here):
    grey_images("few.npy", count)
    result = kerasgen(*TINY_VAE[:4], *TINY_VAE[8:], "--epochs", 1, "--dataset", "few.npy")
    assert result.exit_code == 0, result.output
    assert (
        kerasgen(*TINY_VAE[:4], *TINY_VAE[8:], "--epochs", 1, "--dataset", "few.npy", "-o", "runs/vae-1").exit_code == 0
    )


@pytest.mark.once
@pytest.mark.parametrize("dry", [["--dry-run"], []])
def test_points_have_no_image_size(dry, here):
    call = ["train", "gan", "--dataset", "ring-8", "--image-size", 16, *dry]
    assert_refused(kerasgen(*call), 2, "--image-size 16: ring-8 consists of points; leave the option out")


@pytest.mark.once
def test_a_dry_run_imports_no_backend(run_script):
    code = """
import sys
from kerasgen.cli import main
try:
    main(["train", "vae", "--dry-run"])
except SystemExit as end:
    assert end.code == 0
assert not {"keras", "tensorflow", "jax", "torch"} & set(sys.modules)
"""
    assert "sample_shape" in run_script(code)


# -- the commands to try next


def next_commands(output):
    lines = output.split("Try next")[1].splitlines()
    return [line.split()[1] for line in lines if line.startswith("  kerasgen ")]


@pytest.mark.slow
@pytest.mark.once
def test_the_next_commands_of_a_model_of_points_work(here):
    settings = ["--set", "likelihood=gaussian", "--set", "hidden_dim=4", "--set", "latent_dim=2"]
    result = kerasgen("train", "vae", "--dataset", "ring-8", "--epochs", 1, "--batch-size", 5000, *settings)
    assert result.exit_code == 0, result.output
    assert next_commands(result.output) == ["generate", "generate", "latents", "animate"]
    for name in next_commands(result.output):
        result = kerasgen(name, "runs/vae-1")
        assert result.exit_code == 0, result.output
