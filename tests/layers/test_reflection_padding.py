import numpy as np
import pytest

from kerasgen.layers import ReflectionPadding2D
from tests.layers.layer_case import LayerCase
from tests.tensors import array, tensor


class TestReflectionPadding2D(LayerCase):
    layer = ReflectionPadding2D
    arguments = {"padding": 2}

    def expected(self, weights, x, training):
        return np.pad(x, ((0, 0), (2, 2), (2, 2), (0, 0)), mode="reflect")


@pytest.mark.parametrize(("side", "padding"), [(2, 1), (4, 3)])
def test_the_smallest_images(side, padding):
    images = np.random.default_rng(0).random((1, side, side, 1))
    expected = np.pad(images, ((0, 0), (padding,) * 2, (padding,) * 2, (0, 0)), mode="reflect")
    np.testing.assert_allclose(array(ReflectionPadding2D(padding)(tensor(images))), expected, rtol=1e-6)
