"""`kerasgen reconstruct`."""

import numpy as np
import pytest

import kerasgen as library
from tests.cli.conftest import assert_refused, kerasgen, pixels


def test_reconstruct_shows_originals_above_reconstructions(vae_run, here):
    assert kerasgen("reconstruct", vae_run, "-n", 5, "-o", "pairs.png").exit_code == 0
    picture = pixels("pairs.png")
    picture = picture[:, picture.shape[1] - (5 * 58 + 2) :]  # without the names of the rows
    original = library.data.load("digits", image_size=8).test.first(1)[0, ..., 0]
    zoom = (picture.shape[0] - 6) // 16
    np.testing.assert_array_equal(picture[2 : 2 + 8 * zoom : zoom, 2 : 2 + 8 * zoom : zoom], original)
    assert picture.shape[1] > 2 * picture.shape[0]


@pytest.mark.once
def test_reconstruct_needs_images_that_fit(vae_run, here):
    np.save(here / "colour.npy", np.full((4, 8, 8, 3), 200, "uint8"))
    assert_refused(kerasgen("reconstruct", vae_run, "--dataset", "colour.npy", "-n", 1), 1, "8, 8, 3")
    assert_refused(kerasgen("reconstruct", vae_run, "-n", 5000), 2, "give a smaller -n")


@pytest.mark.once
def test_by_default_few_test_images_are_all_shown(vae_run, here):
    np.save(here / "few.npy", np.full((30, 8, 8), 0.5, "float32"))
    assert kerasgen("reconstruct", vae_run, "--dataset", "few.npy", "-o", "few.png").exit_code == 0
    height, width = pixels("few.png").shape
    assert height == 2 * 58 + 2
    assert 3 * 58 + 40 < width < 5 * 58  # 3 test images, and the names of the rows
