import numpy as np

from kerasgen.layers import SelfAttention
from tests.layers.layer_case import LayerCase
from tests.tensors import array


class TestSelfAttention(LayerCase):
    layer = SelfAttention
    arguments = {"groups": 2}
    shapes = ((3, 2, 3, 4),)
    tolerance = 1e-4

    def weights(self, layer):
        return {variable.path: array(variable) for variable in layer.weights}

    def expected(self, weights, inputs, training):
        gamma, beta, kernel, bias, of_output, output_bias = weights.values()
        groups = inputs.reshape(3, 6, 2, 2)
        normalized = groups - groups.mean((1, 3), keepdims=True)
        normalized = normalized / np.sqrt(groups.var((1, 3), keepdims=True) + 1e-3)
        x = normalized.reshape(3, 6, 4) * gamma + beta
        query, key, value = np.split(x @ kernel + bias, 3, axis=2)
        scores = np.exp(query @ key.transpose(0, 2, 1) / 2)
        attended = scores / scores.sum(2, keepdims=True) @ value
        return inputs + (attended @ of_output + output_bias).reshape(inputs.shape)

    def test_it_is_the_identity_at_first(self):
        layer, inputs = SelfAttention(), self.inputs()
        np.testing.assert_array_equal(array(layer(inputs)), array(inputs))
