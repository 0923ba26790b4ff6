import numpy as np
import pytest

from kerasgen.layers import InstanceNormalization
from tests.layers.layer_case import LayerCase
from tests.tensors import array, tensor


class TestInstanceNormalization(LayerCase):
    layer = InstanceNormalization
    arguments = {"epsilon": 1e-3, "gamma_initializer": "ones"}

    def expected(self, weights, x, training):
        centred = x - x.mean((1, 2), keepdims=True)
        variance = (centred**2).mean((1, 2), keepdims=True)
        return centred / np.sqrt(variance + 1e-3) * weights["gamma"] + weights["beta"]


@pytest.mark.parametrize(
    "shape", [(1, 5, 6, 3), (2, 5, 6, 3), (2, 64, 64, 16)]
)  # PyTorch has another kernel for the last
def test_bright_images(shape):
    images = np.random.default_rng(0).random(shape).astype("float32")
    layer = InstanceNormalization(epsilon=1e-3)
    centred = images - images.mean((1, 2), keepdims=True, dtype="float64")
    expected = centred / np.sqrt((centred**2).mean((1, 2), keepdims=True) + 1e-3 / 9)
    np.testing.assert_allclose(array(layer(tensor(100 + 3 * images))), expected, atol=3e-3)
