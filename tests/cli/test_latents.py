"""`latents`: where an encoder puts images."""

import numpy as np
import pytest
from PIL import Image

from tests.cli.conftest import assert_refused, kerasgen


def pixels(path):
    with Image.open(path) as image:
        return np.asarray(image.convert("RGB"))


def test_two_latents_are_drawn_beside_their_manifold(vae_run, here):
    result = kerasgen("latents", vae_run, "-n", 50, "-o", "new/map.png")
    assert result.exit_code == 0, result.output
    assert "map.png" in result.stdout
    picture = pixels(here / "new" / "map.png")
    assert picture.shape[1] > 1.8 * picture.shape[0]
    again = kerasgen("latents", vae_run, "-n", 50, "-o", "again.png", "--method", "pca")
    assert again.exit_code == 0
    assert (pixels(here / "again.png") != picture).any()


@pytest.mark.slow
@pytest.mark.once
def test_points_have_a_map_and_no_manifold(here):
    settings = ["--set", "hidden_dim=4", "--set", "latent_dim=3", "--set", "likelihood=gaussian"]
    train = ["train", "vae", "--dataset", "ring-8", "--epochs", 1, "--batch-size", 5000, *settings, "--out", "run"]
    assert kerasgen(*train).exit_code == 0
    assert kerasgen("latents", "run", "-n", 4).exit_code == 0
    picture = pixels(here / "run" / "latents.png")
    assert picture.shape[1] < 1.5 * picture.shape[0]
    assert_refused(kerasgen("traverse", "run"), 2, "model of points")


@pytest.mark.once
@pytest.mark.parametrize("command", ["latents", "traverse"])
def test_a_gan_has_no_encoder(gan_run, here, command):
    assert_refused(kerasgen(command, gan_run), 2, "a GAN, which cannot encode; it can generate")
