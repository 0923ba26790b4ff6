"""`kerasgen neighbors`: samples above the training images that are nearest to them."""

import numpy as np
import pytest
from PIL import Image

from kerasgen import zoo
from tests.cli.conftest import assert_refused, kerasgen

pytestmark = pytest.mark.once


def test_samples_stand_above_their_neighbors(vae_run, tmp_path):
    picture = tmp_path / "new" / "near.png"
    first = kerasgen("neighbors", vae_run, "-n", 4, "--samples", 30, "-o", picture)
    assert first.exit_code == 0, first.output
    assert "1,617 training images" in first.output
    assert "for 30 samples" in first.output
    assert float(first.output.split("ratio ")[1]) > 0
    pixels = np.asarray(Image.open(picture))
    assert pixels.shape[0] == 4 * 58 + 2 + 10  # images of 8 pixels, enlarged to 56, and a gap below the samples
    assert 4 * 58 + 40 < pixels.shape[1] < 6 * 58
    assert (pixels[58:70] == 255).all()
    again = kerasgen("neighbors", vae_run, "-n", 4, "--samples", 30, "--sampler", "gmm")
    assert again.exit_code == 0, again.output
    assert (vae_run / "neighbors.png").is_file()


def test_what_has_no_neighbors_to_show_is_refused(tmp_path):
    def saved(recipe, shape, **options):
        path = tmp_path / f"{recipe}.keras"
        zoo.get(recipe).create(shape, hidden_dim=4, latent_dim=2, **options).save(path)
        return path

    np.savez(tmp_path / "two.npz", x=np.full((3, 8, 8, 1), 200, np.uint8))
    vae = saved("vae", (8, 8, 1))
    assert_refused(
        kerasgen("neighbors", vae, "--dataset", tmp_path / "two.npz"),
        2,
        "the 3 nearest neighbours need 3 or more images to choose from; received 2",
    )
    assert_refused(kerasgen("neighbors", saved("autoencoder", (8, 8, 1))), 2, "cannot generate")
    points = saved("gan", (2,))
    assert_refused(kerasgen("neighbors", points, "--dataset", "ring-8"), 2, "is a model of points")
    assert not list(tmp_path.glob("*.png"))
