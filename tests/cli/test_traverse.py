"""`traverse`: what each latent does."""

import numpy as np
import pytest
from PIL import Image

import kerasgen as library
from kerasgen.plots import latent_space
from tests.cli.conftest import kerasgen


def test_a_row_for_each_latent_around_the_first_test_image(vae_run, here):
    result = kerasgen("traverse", vae_run, "--steps", 5, "-o", "new/ways.png")
    assert result.exit_code == 0, result.output
    with Image.open(here / "new" / "ways.png") as picture:
        width, height = picture.size
    assert 2 * 58 + 10 < height < 3 * 58  # two latents, and the values in them
    assert 5 * 58 + 20 < width < 7 * 58
    model = library.load(vae_run)
    test = library.data.load("digits", image_size=8).test.first(180)
    latents = latent_space.encode(model, test)
    rows, chosen = latent_space.traversal(model, latents, steps=5)
    order = np.argsort(-latents.std(axis=0)).tolist()
    assert chosen == order
    assert [int(word) for word in result.stdout.replace(",", "").split() if word.isdecimal()] == order
    middle = latents[0].copy()
    middle[chosen[0]] = 0.0
    np.testing.assert_allclose(rows[0, 2], model.decode(middle[None])[0], atol=1e-5)


@pytest.mark.once
def test_dims_takes_those_that_vary_most(vae_run, here):
    assert kerasgen("traverse", vae_run, "--dims", 1, "--steps", 3, "-o", "a.png").exit_code == 0
    with Image.open(here / "a.png") as picture:
        width, height = picture.size
    assert 58 + 10 < height < 2 * 58
    assert 3 * 58 + 20 < width < 5 * 58
