"""Trained models, their runs and their data, in every command that uses one."""

import json
import shutil

import keras
import numpy as np
import pytest

import kerasgen as library
from kerasgen import zoo
from tests.cli.conftest import TINY_VAE, assert_refused, kerasgen

pytestmark = pytest.mark.once

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


@pytest.mark.slow
def test_a_checkpoint_is_of_its_run(here):
    np.save("grey.npy", np.full((40, 8, 8, 1), 0.5, "float32"))
    assert kerasgen(*TINY_VAE, "--dataset", "grey.npy", "--batch-size", 8, "--out", "run").exit_code == 0
    model = here / "run" / "checkpoints" / "epoch-0001" / "model.keras"
    result = kerasgen("encode", model)
    assert "40 latent vectors of size 2 of grey" in result.stdout
    assert not result.stderr
    assert (here / "run" / "latents.npz").is_file()
    shutil.copy(model, here)
    result = kerasgen("reconstruct", "model.keras")
    assert result.exit_code == 0
    assert result.stderr == "no recipe.json in the folder of model.keras: using mnist-10k; --dataset names another\n"


@pytest.mark.parametrize("command", ["reconstruct", "interpolate", "neighbors", "traverse"])
def test_points_have_no_pictures(here, command):
    zoo.get("vae").create((2,), likelihood="gaussian", hidden_dim=4, latent_dim=2).save("points.keras")
    assert_refused(kerasgen(command, "points.keras", "--dataset", "ring-8"), 2, "is a model of points")


@pytest.mark.parametrize("command", ["reconstruct", "interpolate"])
def test_a_gan_cannot_reconstruct(gan_run, here, command):
    assert_refused(kerasgen(command, gan_run, "-o", "out.png"), 2, f"a GAN, which cannot {command}; it can generate")


def test_the_advice_fits_the_model(gan_run, here):
    keras.utils.set_random_seed(0)
    library.create("autoencoder", image_size=8, hidden_dim=4, latent_dim=2).save("plain.keras")
    words = "an Autoencoder, which cannot generate; it can reconstruct, interpolate, encode: give --sampler gmm"
    assert_refused(kerasgen("generate", "plain.keras"), 2, words)
    assert_refused(kerasgen("generate", gan_run, "--sampler", "gmm"), 2, "it can generate: leave --sampler gmm out")


@pytest.mark.parametrize("command", ["reconstruct", "interpolate", "latents", "traverse"])
def test_a_conditional_model_gets_the_labels_of_the_images(cvae_run, here, command):
    result = kerasgen(command, cvae_run, "-o", "out.png")
    assert result.exit_code == 0, result.output


@pytest.mark.parametrize("command", ["encode", "latents", "traverse", "reconstruct", "interpolate"])
def test_labels_that_the_model_does_not_know_are_refused(cvae_run, here, command):
    images = np.random.default_rng(0).random((200, 8, 8, 1)).astype("float32")
    np.savez("other.npz", images=images, labels=np.arange(200) % 2 + 9)
    arguments = [command, cvae_run, "--dataset", "other.npz", "-o", "out.npz" if command == "encode" else "out.png"]
    assert_refused(kerasgen(*arguments), 1, "other has the class '10', and the model does not; it has")
    assert not list(here.glob("out.*"))


def test_classes_are_matched_by_name(cvae_run, here):
    digits = library.data.load("digits", image_size=8)
    rows = np.isin(digits.train.labels, (3, 7))
    images, labels = digits.train[rows], digits.train.labels[rows]
    np.savez("two.npz", images=images, labels=labels)
    assert library.data.load("two.npz").class_names == ["3", "7"]  # with the labels 0 and 1
    assert kerasgen("encode", cvae_run, "--dataset", "two.npz", "-o", "two.npz.npz").exit_code == 0
    with np.load("two.npz.npz") as arrays:
        chosen = np.concatenate([arrays["labels"][arrays["split"] == part] for part in ("train", "test")])
        assert {*chosen} == {3, 7}
        test = library.data.load("two.npz").test
        known = np.array([3, 7])[test.labels]
        expected = library.load(cvae_run).encode(test[:], labels=known)
        np.testing.assert_allclose(arrays["latents"][arrays["split"] == "test"], expected, atol=1e-5)


@pytest.mark.slow
def test_a_model_put_together_by_hand_needs_trust(here):
    model = library.create("gan", image_size=8, hidden_dim=4, latent_dim=2)
    library.models.GAN(model.generator, model.discriminator).save("own.keras")
    refused = kerasgen("generate", "own.keras", "-o", "out.png")
    assert_refused(refused, 1, "assembled by hand; if you trust its source, trust=True (--trust)")
    for command in ("generate", "neighbors"):
        result = kerasgen(command, "own.keras", "--trust", "-n", 4, "-o", "out.png")
        assert result.exit_code == 0, result.output
