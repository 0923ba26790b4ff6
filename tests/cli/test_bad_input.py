"""What a user can get wrong: one clear line, the exit code, and nothing left behind."""

import errno
import json
import os
import shutil
import sys

import click
import numpy as np
import pytest

from kerasgen.cli import backends
from kerasgen.cli.error_messages import explain
from kerasgen.errors import MissingPackageError, RunError, UsageError
from kerasgen.io.files import atomic_write
from tests.cli.conftest import TINY_GAN, TINY_VAE, assert_refused, kerasgen

USAGE = {
    "unknown command": (["trian", "vae"], "did you mean train or translate?"),
    "unknown option": (["train", "vae", "--epoch", "3"], "--epoch"),
    "no recipe": (["train"], "RECIPE"),
    "unknown recipe": (["train", "vea"], "did you mean vae"),
    "unknown recipe to show": (["show", "dcgna"], "did you mean dcgan"),
    "unknown setting": (["train", "vae", "--set", "latent_dims=3"], "did you mean latent_dim"),
    "setting without a value": (["train", "vae", "--set", "beta"], "give name=value"),
    "setting of a wrong type": (["train", "vae", "--set", "latent_dim=many"], "latent_dim of vae is a whole number"),
    "zero epochs": (["train", "vae", "--epochs", "0"], "--epochs"),
    "negative epochs": (["train", "vae", "--epochs", "-1"], "--epochs"),
    "zero batch size": (["train", "vae", "--batch-size", "0"], "--batch-size"),
    "zero image size": (["train", "vae", "--image-size", "0"], "--image-size"),
    "empty out": (["train", "vae", "--out", ""], "--out is empty"),
    "negative seed": (["train", "vae", "--seed", "-1"], "--seed"),
    "a setting given twice": (["train", "vae", "--set", "beta=1", "--set", "beta=2"], "beta is given twice"),
    "two directions": (
        ["train", "pix2pix", "--direction", "AtoB", "--set", "direction=BtoA"],
        "direction is given twice",
    ),
    "more epochs than can be": (["train", "vae", "--epochs", "1000001"], "1<=x<=1000000"),
    "dry run with a set of another kind": (["train", "pix2pix", "--dry-run", "--dataset", "digits"], "give outlines"),
    "unknown backend": (["train", "vae", "--backend", "theano"], "'tensorflow', 'jax', 'torch'"),
    "missing model": (["generate", "runs/vae-1/model.keras"], "does not exist"),
    "unknown data set": ([*TINY_VAE, "--dataset", "digts"], "did you mean digits"),
    "batch larger than the set": ([*TINY_VAE, "--batch-size", "5000"], "5000"),
    "image size that the network cannot make": ([*TINY_GAN, "--image-size", "15"], "15"),
}


@pytest.mark.parametrize("case", USAGE)
def test_a_wrong_call_ends_with_2(case, here):
    arguments, words = USAGE[case]
    assert_refused(kerasgen(*arguments), 2, words)
    assert not any(here.iterdir())


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
def test_a_place_for_a_picture_that_cannot_be_written_is_named(here):
    with pytest.raises(OSError, match="No such file") as caught, atomic_write(here / "gone" / "grid.png"):
        pass
    assert caught.value.filename == str(here / "gone" / "grid.png")
    (here / "folder.png").mkdir()
    with pytest.raises(IsADirectoryError) as caught, atomic_write(here / "folder.png"):
        pass
    assert explain(caught.value) == (f"{here / 'folder.png'}: is a directory", 1)


def test_a_run_directory_is_never_written_over(here):
    (here / "mine").mkdir()
    (here / "mine" / "thesis.txt").write_text("precious")
    assert_refused(kerasgen(*TINY_VAE, "--out", "mine"), 1, "mine exists already")
    assert [path.name for path in (here / "mine").iterdir()] == ["thesis.txt"]


def test_a_place_that_cannot_be_written_is_named(here):
    (here / "file").write_text("")
    assert_refused(kerasgen(*TINY_VAE, "--out", "file/run"), 1, "file/run")


MODEL_FILES = {
    "empty": ("model.keras", b"", 1, "is empty"),
    "no zip": ("model.keras", b"hello", 1, "model.keras is damaged"),
    "other suffix": ("model.h5", b"hello", 1, "not a .keras file"),
}


@pytest.mark.parametrize("case", MODEL_FILES)
@pytest.mark.parametrize("command", ["generate", "reconstruct", "interpolate"])
def test_a_model_file_that_cannot_be_read(case, command, here):
    name, content, code, words = MODEL_FILES[case]
    (here / name).write_bytes(content)
    assert_refused(kerasgen(command, name, "-o", "out.png"), code, words)
    assert [path.name for path in here.iterdir()] == [name]


@pytest.mark.parametrize(
    ("command", "damage", "words"),
    [
        (["resume", "run"], {"batch_size": None}, "run/recipe.json: batch_size is null"),
        (["resume", "run"], {"options": [1]}, "run/recipe.json: options is [1]"),
        (["compare", "run", "run"], {"options": [1]}, "run/recipe.json: options is [1]"),
        (["reconstruct", "run"], {"dataset": 5}, "run/recipe.json: dataset is 5"),
    ],
)
def test_a_damaged_recipe_of_a_run(command, damage, words, vae_run, here):
    shutil.copytree(vae_run, here / "run")
    recipe = here / "run" / "recipe.json"
    recipe.write_text(json.dumps(json.loads(recipe.read_text()) | damage))
    assert_refused(kerasgen(*command), 1, words)


def test_a_directory_without_a_model(here):
    assert_refused(kerasgen("generate", "."), 1, "without a model.keras")


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["-n", "0"], 2, "-n"),
        (["-n", str(10**19)], 2, "1<=x<=1000000"),
        (["-o", "grid.jpg"], 2, "ends in .png"),
        (["-o", "model.keras"], 2, "ends in .png"),
        (["--separate", "mine"], 1, "not an empty folder"),
    ],
)
def test_what_generate_refuses_before_it_loads_a_model(arguments, code, words, here):
    (here / "mine").mkdir()
    (here / "mine" / "photo.png").write_text("")
    (here / "model.keras").write_text("")
    assert_refused(kerasgen("generate", "model.keras", *arguments), code, words)
    assert (here / "mine" / "photo.png").read_text() == (here / "model.keras").read_text() == ""


# -- the backend


@pytest.mark.parametrize("asked", ["option", "environment"])
@pytest.mark.parametrize("name", backends.INSTALL)
def test_a_backend_that_is_not_installed_names_the_remedy(name, asked, monkeypatch, here):
    monkeypatch.setitem(sys.modules, name, None)  # as if it were not there
    monkeypatch.setenv("KERAS_BACKEND", name if asked == "environment" else "")
    option = ["--backend", name] if asked == "option" else []
    assert_refused(kerasgen("train", "vae", "--dry-run", *option), 1, f"not installed: {backends.INSTALL[name]}")


@pytest.mark.parametrize(
    ("asked", "environment", "settings", "expected"),
    [
        ("torch", "jax", '{"backend": "tensorflow"}', ("torch", "--backend")),
        (None, "jax", '{"backend": "torch"}', ("jax", "KERAS_BACKEND")),
        (None, "", '{"backend": "torch"}', ("torch", "keras.json")),
        (None, "", "{", ("tensorflow", "the default")),
        (None, "", None, ("tensorflow", "the default")),
    ],
)
def test_the_backend_is_chosen_in_the_order_of_keras(asked, environment, settings, expected, monkeypatch, here):
    monkeypatch.setenv("KERAS_BACKEND", environment)
    monkeypatch.setenv("KERAS_HOME", str(here))
    if settings is not None:
        (here / "keras.json").write_text(settings)
    name, why = backends.choose(asked)
    assert (name, os.path.basename(why)) == expected


def test_a_wrong_backend_in_the_environment(monkeypatch, here):
    monkeypatch.setenv("KERAS_BACKEND", "theano")
    assert_refused(kerasgen("train", "vae"), 2, "'theano' (KERAS_BACKEND)")


# -- every error that is the user's, not ours


@pytest.mark.parametrize(
    ("error", "message", "code"),
    [
        (KeyboardInterrupt(), "interrupted", 130),
        (click.Abort(), "interrupted", 130),
        (UsageError("two\nlines"), "two lines", 2),
        (RunError("x"), "x", 1),
        (MissingPackageError("x"), "x", 1),
        (OSError(errno.ENOSPC, "No space left on device", "runs/vae-1"), "the disk is full: runs/vae-1", 1),
        (PermissionError(errno.EACCES, "Permission denied", "runs"), "runs: permission denied", 1),
        (OSError("Can't write data\n(errno = 28)"), "Can't write data (errno = 28)", 1),
        (MemoryError(), "out of memory", 1),
        (RuntimeError("RESOURCE_EXHAUSTED: Out of memory allocating 9 bytes"), "out of memory", 1),
        (RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to"), "out of memory", 1),
        (ImportError("libcuda.so.1: cannot open", name="jaxlib"), "libcuda.so.1", 1),
    ],
)
def test_an_error_becomes_a_line_and_a_code(error, message, code):
    words, received = explain(error)
    assert message in words
    assert "\n" not in words
    assert received == code


@pytest.mark.parametrize("error", [TypeError("a bug"), ImportError("a bug", name="kerasgen.cli.gone")])
def test_a_bug_of_ours_is_not_hidden(error):
    assert explain(error) is None
