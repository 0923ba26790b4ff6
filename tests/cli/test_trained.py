"""`train`, and the commands that show what was trained."""

import os
import shutil
import signal
import subprocess
import sys
import time

import keras
import numpy as np
import pytest
from PIL import Image

import kerasgen as library
from kerasgen import zoo
from kerasgen.cli import doctor
from tests.cli.conftest import TINY_VAE, assert_refused, kerasgen


def pixels(path):
    with Image.open(path) as image:
        return np.asarray(image)


def test_train_says_where_everything_is_and_what_to_try_next(here):
    result = kerasgen(*TINY_VAE)
    assert result.exit_code == 0
    said = result.stdout
    for name in ("model.keras", "samples", "curves.png", "history.csv", "logs"):
        assert os.path.join("runs", "vae-1", name) in said
        assert (here / "runs" / "vae-1" / name).exists()
    command = next(line.split() for line in said.splitlines() if line.strip().startswith("kerasgen generate"))
    assert kerasgen(*command[1:]).exit_code == 0
    assert (here / command[-1]).is_file()


@pytest.mark.parametrize("name", ["vae-1", "runs/vae1", "vea-1"])
@pytest.mark.parametrize("command", ["generate", "evaluate", "resume", "animate", "compare"])
def test_a_run_that_does_not_exist_is_answered_with_the_nearest(command, name, here):
    (here / "runs" / "vae-1").mkdir(parents=True)
    (here / "runs" / "cgan-1").mkdir()
    assert_refused(
        kerasgen(command, name), 2, f"'{name}' does not exist; did you mean {os.path.join('runs', 'vae-1')}?"
    )


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


def test_generate_repeats_itself_with_the_same_seed(vae_run, here):
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        result = kerasgen("generate", vae_run, "-n", 9, "-o", f"new/{name}.png", "--seed", seed)
        assert result.exit_code == 0
        assert f"{name}.png" in result.stdout
    a, b, c = (pixels(here / "new" / f"{name}.png") for name in "abc")
    np.testing.assert_array_equal(a, b)
    assert (a != c).any()


def test_generate_tells_the_seed_that_it_took(vae_run, here):
    said = kerasgen("generate", vae_run, "-n", 4, "-o", "first.png").stdout
    seed = said.split("--seed ")[1].strip()
    kerasgen("generate", vae_run, "-n", 4, "-o", "second.png", "--seed", seed)
    np.testing.assert_array_equal(pixels("first.png"), pixels("second.png"))


def test_generate_writes_beside_the_model_unless_told(gan_run, here):
    model = shutil.copy(gan_run / "model.keras", here)
    assert kerasgen("generate", model).exit_code == 0
    assert pixels(here / "generated.png").ndim == 2


def test_a_checkpoint_is_of_its_run(here):
    np.save("grey.npy", np.full((40, 8, 8, 1), 0.5, "float32"))
    assert kerasgen(*TINY_VAE, "--dataset", "grey.npy", "--batch-size", 8, "--out", "run").exit_code == 0
    model = here / "run" / "checkpoints" / "epoch-0001" / "model.keras"
    result = kerasgen("encode", model)
    assert "40 images of grey" in result.stdout
    assert not result.stderr
    assert (here / "run" / "latents.npz").is_file()
    shutil.copy(model, here)
    result = kerasgen("reconstruct", "model.keras")
    assert result.exit_code == 0
    assert result.stderr == "no recipe.json beside model.keras: taking digits; --dataset names another set\n"


@pytest.mark.parametrize("recipe", ["vae", "autoencoder"])
def test_points_need_a_loss_for_their_range(here, recipe):
    refused = kerasgen("train", recipe, "--dataset", "ring-8", "--set", "hidden_dim=4", "--out", "run")
    assert_refused(refused, 1, "[0, 1] or uint8: take a loss for points of any range")
    assert not (here / "run").exists()


@pytest.mark.parametrize("command", ["reconstruct", "interpolate", "neighbors", "traverse"])
def test_points_have_no_pictures(here, command):
    zoo.get("vae").create((2,), likelihood="gaussian", hidden_dim=4, latent_dim=2).save("points.keras")
    assert_refused(kerasgen(command, "points.keras", "--dataset", "ring-8"), 2, "is a model of points")


def test_generate_writes_single_images(gan_run, here):
    result = kerasgen("generate", gan_run / "model.keras", "-n", 3, "--separate", "singles", "--seed", 5)
    assert result.exit_code == 0
    assert sorted(path.name for path in here.rglob("*.png")) == ["0001.png", "0002.png", "0003.png"]
    expected = library.load(gan_run).generate(3, seed=5)[1, ..., 0]
    np.testing.assert_allclose(pixels("singles/0002.png") / 255, expected, atol=0.003)


def test_reconstruct_shows_originals_above_reconstructions(vae_run, here):
    assert kerasgen("reconstruct", vae_run, "-n", 5, "-o", "pairs.png").exit_code == 0
    picture = pixels("pairs.png")
    original = library.data.load("digits", image_size=8).test.first(1)[0, ..., 0]
    zoom = (picture.shape[0] - 6) // 16
    np.testing.assert_array_equal(picture[2 : 2 + 8 * zoom : zoom, 2 : 2 + 8 * zoom : zoom], original)
    assert picture.shape[1] > 2 * picture.shape[0]


def test_interpolate_has_a_row_for_each_pair(vae_run, here):
    assert kerasgen("interpolate", vae_run, "-n", 2, "--steps", 6, "-o", "ways.png").exit_code == 0
    height, width = pixels("ways.png").shape
    assert (width - 2) * 2 == (height - 2) * 6


@pytest.mark.parametrize("command", ["reconstruct", "interpolate"])
def test_a_gan_says_what_it_cannot(gan_run, here, command):
    assert_refused(kerasgen(command, gan_run, "-o", "out.png"), 2, f"a GAN, which cannot {command}; it can generate")


def test_advice_is_of_what_helps(gan_run, vae_run, here):
    keras.utils.set_random_seed(0)
    library.create("autoencoder", image_size=8, hidden_dim=4, latent_dim=2).save("plain.keras")
    words = "an Autoencoder, which cannot generate; it can reconstruct, interpolate, encode: give --sampler gmm"
    assert_refused(kerasgen("generate", "plain.keras"), 2, words)
    assert_refused(kerasgen("generate", gan_run, "--sampler", "gmm"), 2, "it can generate: leave --sampler gmm out")
    assert_refused(
        kerasgen("interpolate", vae_run, "-n", 200), 2, "digits has images for 90 pairs to test with; give -n 90"
    )
    assert_refused(
        kerasgen("generate", gan_run, "-n", "many"), 2, "'many' is no whole number; give one from 1 to 1,000,000"
    )
    assert_refused(kerasgen(*TINY_VAE, "--dataset", "outlines"), 2, "the path of a folder or a .npz file")


def test_reconstruct_needs_images_that_fit(vae_run, here):
    np.save(here / "colour.npy", np.zeros((4, 8, 8, 3), "uint8"))
    assert_refused(kerasgen("reconstruct", vae_run, "--dataset", "colour.npy", "-n", 1), 1, "8, 8, 3")
    assert_refused(kerasgen("reconstruct", vae_run, "-n", 5000), 2, "give a smaller -n")


@pytest.mark.once
def test_doctor_measures_what_is_fastest(monkeypatch):
    monkeypatch.setattr(doctor, "BENCH", ("vae",))
    lines = kerasgen("doctor", "--bench", "--backend", "torch").stdout.splitlines()
    assert lines[0].split() == ["RECIPE", "BACKEND", "JIT_COMPILE", "IMAGES/S"]
    assert lines[1].split()[:3] == ["vae", "torch", "auto"]
    assert float(lines[1].split()[3].replace(",", "")) > 0
    assert lines[1].split()[4] == "fastest"


def test_doctor_finds_the_backend_that_trains():
    result = kerasgen("doctor")
    assert result.exit_code == 0
    assert f"used      {keras.backend.backend()} (KERAS_BACKEND)" in result.stdout
    assert "training  works" in result.stdout
    assert f"keras                {keras.__version__}" in result.stdout


def test_a_real_process_writes_nothing_but_its_answer(here):
    environment = {name: value for name, value in os.environ.items() if name != "TF_CPP_MIN_LOG_LEVEL"}
    backend = environment.pop("KERAS_BACKEND", "tensorflow")
    done = subprocess.run(
        [sys.executable, "-m", "kerasgen", *TINY_VAE, "--out", "run", "--backend", backend],
        capture_output=True,
        text=True,
        env=environment,
    )
    assert done.returncode == 0
    assert [line.split()[0] for line in done.stderr.splitlines()] == ["epoch"]  # the progress, and no chatter
    assert (here / "run" / "model.keras").is_file()


COMMANDS = """
import sys
from click.testing import CliRunner
from kerasgen import cli
for words in (sys.argv[1:], ["generate", "run", "-n", "4"]):
    result = CliRunner().invoke(cli.main, words)
    assert result.exit_code == 0, result.output
print("tensorflow" in sys.modules)
"""


def test_tensorflow_is_loaded_only_where_it_is_the_backend(here, run_script):
    loaded = run_script(COMMANDS, *TINY_VAE, "--out", "run").splitlines()[-1]
    assert loaded == str(keras.backend.backend() == "tensorflow")


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
    assert "Stopped; run/model.keras" in said
    assert "kerasgen generate run/model.keras" in said
    assert library.load("run").generate(1).shape == (1, 8, 8, 1)
