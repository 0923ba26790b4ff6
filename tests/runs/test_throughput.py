"""The training speed of a recipe, of every kind of data."""

import numpy as np
import pytest

import kerasgen
from kerasgen import zoo
from kerasgen.runs import throughput


@pytest.mark.once
@pytest.mark.parametrize("name", ["cgan", "cyclegan", "pix2pix", "vae"])
def test_random_data_are_those_that_the_recipe_trains_on(name):
    recipe = zoo.get(name)
    model = kerasgen.create(name, **recipe.tiny)
    data = throughput._random_data(model, recipe.kind, 4)
    assert len(data) == (1 if name == "vae" else 2)
    assert data[0].shape == (4, *model.sample_shape)
    history = model.fit(*data, batch_size=2, verbose=0).history
    assert all(np.isfinite(values).all() for values in history.values())


@pytest.mark.slow
def test_speed_of_a_recipe_is_in_images_per_second():
    slow, fast = (throughput.images_per_second(name, seconds=0.01) for name in ("autoencoder-conv", "autoencoder"))
    assert 1 < slow < fast
