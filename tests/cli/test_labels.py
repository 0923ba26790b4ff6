"""Models that are told the class, from the command line."""

import numpy as np
import pytest
from PIL import Image

from kerasgen import data, load
from kerasgen.plots import grids
from tests.cli.conftest import TINY, assert_refused, kerasgen

MODELS = {
    "cgan": ["--set", "hidden_dim=8", "--set", "latent_dim=2"],
    "cvae": ["--set", "hidden_dim=8", "--set", "latent_dim=2"],
}


@pytest.fixture(scope="module", params=MODELS)
def run(request, tmp_path_factory):
    """Return the directory of a run of a tiny conditional model, on the digits."""
    out = tmp_path_factory.mktemp("runs") / request.param
    result = kerasgen("train", request.param, *TINY, *MODELS[request.param], "--out", out)
    assert result.exit_code == 0, result.output
    return out


def pixels(path):
    with Image.open(path) as image:
        return np.asarray(image)


def test_a_label_draws_that_class_and_all_a_row_of_each(run, here):
    for name, label in (("one", 7), ("other", 3), ("all", "all")):
        result = kerasgen("generate", run, "--label", label, "-n", 20, "--seed", 1, "-o", f"{name}.png")
        assert result.exit_code == 0, result.output
    one, other, every = (pixels(f"{name}.png") for name in ("one", "other", "all"))
    assert one.shape == other.shape
    assert not np.array_equal(one, other)
    assert every.shape == (10 * 58 + 2, 2 * 58 + 2)  # 8x8 images, enlarged to 56, and the gaps between them


def test_what_starts_from_images_finds_their_labels(run, here):
    if run.name == "cgan":
        assert_refused(kerasgen("reconstruct", run), 2, "cannot reconstruct")
        return
    for command in ("reconstruct", "interpolate", "latents", "traverse"):
        result = kerasgen(command, run)
        assert result.exit_code == 0, result.output


@pytest.mark.parametrize(("label", "code", "says"), [("10", 2, "has the classes 0 to 9"), ("x", 2, "or all")])
def test_labels_that_are_no_classes(run, label, code, says):
    assert_refused(kerasgen("generate", run, "--label", label), code, says)


def test_a_way_from_one_image_to_another_stays_in_a_class(run, here):
    if run.name == "cgan":
        return
    images = np.random.default_rng(0).random((100, 8, 8, 1)).astype("float32")
    np.savez("some.npz", images=images, labels=np.arange(100) % 3)
    test = data.load("some.npz", image_size=8).test
    assert kerasgen("interpolate", run, "--dataset", "some.npz", "-n", 1, "-o", "way.png").exit_code == 0
    end = next(i for i in range(len(test)) if test.labels[i] in test.labels[:i])
    start = list(test.labels).index(test.labels[end])
    way = load(run / "model.keras").interpolate(test[[start]], test[[end]], labels=test.labels[[start]])
    assert np.array_equal(pixels("way.png"), grids.grid(way)[..., 0])
    assert_refused(kerasgen("interpolate", run, "--dataset", "some.npz", "-n", 6), 2, "pairs of one class")


@pytest.mark.parametrize("command", ["encode", "latents", "traverse", "reconstruct", "interpolate"])
def test_labels_of_a_set_that_the_model_does_not_know(run, here, command):
    if run.name == "cgan":
        return
    images = np.random.default_rng(0).random((200, 8, 8, 1)).astype("float32")
    np.savez("other.npz", images=images, labels=np.arange(200) % 2 + 9)
    arguments = [command, run, "--dataset", "other.npz", "-o", "out.npz" if command == "encode" else "out.png"]
    assert_refused(kerasgen(*arguments), 1, "this model takes whole numbers from 0 to 9")
    assert not list(here.glob("out.*"))


def test_a_model_without_labels_refuses_one(gan_run):
    assert_refused(kerasgen("generate", gan_run, "--label", 1), 2, "trained without labels")


def test_a_set_without_labels_cannot_train_a_conditional_model(here):
    np.save("images.npy", np.zeros((30, 8, 8), "float32"))
    assert_refused(kerasgen("train", "cgan", "--dataset", "images.npy", *TINY[2:4], "--batch-size", 4), 2, "no labels")


def test_packing_must_divide_the_batch(here):
    result = kerasgen("train", "gan", "--set", "packing=3", "--batch-size", 32)
    assert_refused(result, 2, "packing 3 does not divide the batch size 32")


def test_points_are_trained_drawn_and_generated(here):
    options = ["--set", "hidden_dim=4", "--set", "latent_dim=2"]
    result = kerasgen(
        "train", "gan", "--dataset", "ring-8", "--epochs", 1, "--batch-size", 5000, *options, "--out", "run"
    )
    assert result.exit_code == 0, result.output
    assert "100,000 points in 2-D" in result.stdout
    assert (here / "run" / "samples" / "epoch-0001.png").is_file()
    result = kerasgen("generate", "run", "-n", 100, "-o", "points.png")
    assert result.exit_code == 0, result.output
    assert pixels("points.png").shape[0] > 300
    assert_refused(kerasgen("generate", "run", "--separate", "each"), 2, "--separate")
