import keras
import numpy as np
import pytest

import kerasgen
from kerasgen.errors import UsageError
from tests.models.autoregressive_case import AutoregressiveCase, randomize


class TestMADE(AutoregressiveCase):
    recipe = "made"
    options = {"hidden_dim": 12}


class TestSeveralMasks(AutoregressiveCase):
    repeats_an_algorithm = True
    recipe = "made"
    options = {"hidden_dim": 12, "num_masks": 3, "order": "random", "hidden_layers": 2}


@pytest.mark.slow
@pytest.mark.parametrize("order", ["raster", "random"])
def test_a_pixel_depends_on_exactly_the_pixels_before_it(order):
    options = {"hidden_dim": 400, "hidden_layers": 2, "num_masks": 2, "order": order}
    model = randomize(kerasgen.create("made", image_size=3, **options))
    images = np.random.default_rng(0).integers(0, 2, (1, 3, 3, 1)).astype("float32")

    def logits(images, mask):
        masks = keras.ops.full((len(images),), mask, "int32")
        outputs = model.logits(keras.ops.convert_to_tensor(images), None, masks)
        return keras.ops.convert_to_numpy(outputs).reshape(-1, 9)

    for mask in range(2):
        flipped = np.repeat(images, 9, axis=0).reshape(9, 9)
        flipped[np.arange(9), np.arange(9)] = 1 - flipped[np.arange(9), np.arange(9)]
        changes = np.abs(logits(flipped.reshape(9, 3, 3, 1), mask) - logits(images.repeat(9, axis=0), mask)) > 1e-3
        place = model._pixels[mask].argsort()
        np.testing.assert_array_equal(changes, place[:, None] < place[None, :])


def test_a_network_of_another_shape_is_refused():
    network = kerasgen.networks.made_network(16, [4])
    with pytest.raises(UsageError, match=r"samples \(4, 4, 1\) need \(None, 64\)"):
        kerasgen.models.MADE(network, (4, 4, 1), levels=4)
    with pytest.raises(UsageError, match="did you mean random"):
        kerasgen.create("made", order="randum")
