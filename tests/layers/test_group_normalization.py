import keras
import numpy as np
import pytest

from kerasgen.backend import BackendModel
from kerasgen.layers import GroupNormalization
from tests.layers.layer_case import LayerCase
from tests.tensors import array, tensor


class TestLayerNormalization(LayerCase):
    layer = GroupNormalization
    arguments = {"groups": 1, "epsilon": 1e-2}

    def expected(self, weights, x, training):
        n, *sides, channels = x.shape
        groups = self.arguments["groups"]
        x = x.reshape(n, *sides, groups, channels // groups)
        axes = (1, 2, 4)
        x = (x - x.mean(axes, keepdims=True)) / np.sqrt(x.var(axes, keepdims=True) + 1e-2)
        return x.reshape(n, *sides, channels) * weights["gamma"] + weights["beta"]


class TestGroups(TestLayerNormalization):
    arguments = {"groups": 2, "epsilon": 1e-2}


@pytest.mark.parametrize("shape", [(3, 8), (2, 5, 4), (2, 3, 3, 4)])
@pytest.mark.parametrize("options", [{}, {"scale": False}, {"center": False}])
def test_other_shapes_and_arguments_give_the_values_of_keras(shape, options):
    x = tensor(np.random.default_rng(0).standard_normal(shape))
    ours, theirs = (layer(groups=1, **options) for layer in (GroupNormalization, keras.layers.GroupNormalization))
    np.testing.assert_allclose(array(ours(x)), array(theirs(x)), atol=1e-5)


def test_the_gradients_of_the_weights_alone():
    """The layer below is frozen: on PyTorch the process crashed."""
    layer, model = GroupNormalization(groups=1), BackendModel()
    x, factors = (tensor(np.random.default_rng(seed).standard_normal((3, 5, 6, 4))) for seed in (0, 1))
    layer.build(x.shape)
    _, _, pullback = model.differentiate(lambda: (keras.ops.sum(layer(x) * factors), ()), layer.trainable_variables)
    (of_gamma, of_beta), _ = pullback(keras.ops.ones(()))
    centred = array(x) - array(x).mean((1, 2, 3), keepdims=True)
    normalized = centred / np.sqrt(np.square(centred).mean((1, 2, 3), keepdims=True) + layer.epsilon)
    np.testing.assert_allclose(array(of_gamma), (normalized * array(factors)).sum((0, 1, 2)), rtol=1e-3, atol=1e-3)
    np.testing.assert_allclose(array(of_beta), array(factors).sum((0, 1, 2)), rtol=1e-3, atol=1e-3)
