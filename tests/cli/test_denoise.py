import numpy as np
import pytest
from PIL import Image

import kerasgen as library
from kerasgen import zoo
from tests.cli.conftest import TINY, assert_refused, kerasgen

pytestmark = pytest.mark.once


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """Return the directory of a run of a tiny denoising autoencoder."""
    out = tmp_path_factory.mktemp("runs") / "denoising"
    options = ["--set", "width=2", "--set", "hidden_dim=8", "--set", "optimizer=rmsprop"]
    result = kerasgen("train", "denoising-autoencoder", *TINY, *options, "--out", out)
    assert result.exit_code == 0, result.output
    return out


def pixels(path):
    with Image.open(path) as image:
        return np.asarray(image)


def rows_of(picture, rows, columns, side=8):
    """Return the images of a grid, (rows, columns, side, side)."""
    zoom = (picture.shape[0] - 2 * (rows + 1)) // (rows * side)
    step = side * zoom + 2
    picture = picture[:, picture.shape[1] - (columns * step + 2) :]  # without the names of the rows
    return np.array(
        [
            [
                picture[2 + r * step :, 2 + c * step :][: side * zoom : zoom, : side * zoom : zoom]
                for c in range(columns)
            ]
            for r in range(rows)
        ]
    )


@pytest.mark.slow
def test_three_rows_original_noisy_denoised(run, here):
    result = kerasgen("denoise", run, "-n", 4, "-o", "out.png", "--seed", 5)
    assert result.exit_code == 0, result.output
    assert "Wrote out.png" in result.stdout
    model, images = library.load(run), library.data.load("digits", image_size=8).test.first(4)
    noisy = model.corrupt(images, seed=5)
    shown = rows_of(pixels("out.png"), 3, 4)
    np.testing.assert_array_equal(shown[0], images[..., 0])
    np.testing.assert_allclose(shown[1] / 255, noisy[..., 0], atol=0.003)
    np.testing.assert_allclose(shown[2] / 255, model.denoise(noisy)[..., 0], atol=0.003)


def test_a_run_draws_three_rows_for_each_epoch(run):
    first, second = (rows_of(pixels(run / "samples" / f"epoch-000{n}.png"), 3, 10) for n in (0, 1))
    np.testing.assert_array_equal(first[:2], second[:2])
    assert (first[2] != second[2]).any()


def test_images_of_your_own_that_fit(run, here):
    np.save(here / "images.npy", np.full((30, 8, 8), 200, "uint8"))
    assert kerasgen("denoise", run, "--dataset", "images.npy", "-n", 3, "-o", "out.png").exit_code == 0
    assert (rows_of(pixels("out.png"), 3, 3)[0] == 200).all()


def test_images_of_another_size_are_refused(run, here):
    np.save(here / "large.npy", np.full((30, 16, 12), 200, "uint8"))
    refused = kerasgen("denoise", run, "--dataset", "large.npy", "-o", "out.png")
    assert_refused(refused, 1, "large.npy: the images are 12x16; this model denoises images of 8x8")
    (here / "photos").mkdir()
    for number in range(3):
        Image.new("L", (8 + number, 8)).save(here / "photos" / f"{number}.png")
    assert_refused(
        kerasgen("denoise", run, "--dataset", "photos", "-o", "out.png"), 1, "photos: the images differ in size"
    )
    assert not (here / "out.png").exists()


@pytest.mark.slow
def test_what_denoise_refuses(run, vae_run, gan_run, here):
    assert_refused(kerasgen("denoise", vae_run), 2, "a VAE, which cannot denoise; it can generate, reconstruct")
    assert_refused(kerasgen("denoise", gan_run), 2, "a GAN, which cannot denoise; it can generate")
    assert_refused(kerasgen("generate", run), 2, "a DenoisingAutoencoder, which cannot generate; it can reconstruct")
    assert_refused(kerasgen("denoise", run, "-n", 0), 2, "-n")
    assert_refused(kerasgen("denoise", run, "-n", 5000), 2, "give a smaller -n")
    assert_refused(kerasgen("denoise", run, "-o", "out.jpg"), 2, "ends in .png")
    np.save(here / "colour.npy", np.full((30, 8, 8, 3), 200, "uint8"))
    assert_refused(kerasgen("denoise", run, "--dataset", "colour.npy", "-n", 1), 1, "8, 8, 3")


@pytest.mark.slow
def test_a_diffusion_model_removes_noise_of_any_strength(run, here):
    zoo.get("flow").create((8, 8, 1), width=4).save("flow.keras")
    np.save("small.npy", np.random.default_rng(0).random((20, 8, 8, 1), dtype="float32"))
    arguments = ("--dataset", "small.npy", "-n", 2, "-o", "out.png")
    assert kerasgen("denoise", "flow.keras", *arguments, "--set", "strength=0.7").exit_code == 0
    assert_refused(kerasgen("denoise", "flow.keras", *arguments, "--set", "stregth=0.7"), 2, "did you mean strength")
    assert_refused(kerasgen("denoise", run, "--set", "strength=0.7"), 2, "has no options")
