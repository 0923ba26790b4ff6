import keras
import numpy as np
import pytest

from kerasgen.layers import Conv2D, Conv2DTranspose
from tests.layers.convolution_reference import convolve, convolve_transposed
from tests.layers.layer_case import LayerCase
from tests.tensors import array, tensor


class TestConv2D(LayerCase):
    layer = Conv2D
    arguments = {"filters": 5, "kernel_size": 4, "strides": 2, "padding": "same", "activation": "tanh"}
    tolerance = 1e-4

    def expected(self, weights, x, training):
        return np.tanh(convolve(x, weights["kernel"], 2, "same") + weights["bias"])

    def make(self, **options):
        layer = super().make(**options)
        layer.set_weights([(weight - 1.0) / 4 for weight in layer.get_weights()])  # below the saturation of tanh
        return layer


class TestConv2DTranspose(TestConv2D):
    layer = Conv2DTranspose

    def expected(self, weights, x, training):
        return np.tanh(convolve_transposed(x, weights["kernel"], 2, "same") + weights["bias"])


@pytest.mark.parametrize("padding", ["same", "valid"])
@pytest.mark.parametrize(("kernel", "stride"), [(1, 1), (3, 1), (3, 2), (4, 2), (5, 3)])
@pytest.mark.parametrize(
    ("layer", "reference"), [(Conv2D, convolve), (Conv2DTranspose, convolve_transposed)], ids=["Conv2D", "transposed"]
)
def test_kernels_strides_and_paddings(layer, reference, kernel, stride, padding):
    rng = np.random.default_rng(0)
    x = rng.standard_normal((2, 7, 8, 3)).astype("float32")
    layer = layer(4, kernel, strides=stride, padding=padding, use_bias=False)
    found = array(layer(tensor(x)))
    expected = reference(x, array(layer.kernel), stride, padding)
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    ("layer", "options"),
    [
        (Conv2D, {"dilation_rate": 2}),
        (Conv2D, {"groups": 2}),
        (Conv2D, {"activation": "relu", "use_bias": False}),
        (Conv2DTranspose, {"strides": 3, "kernel_size": 2}),  # a kernel smaller than the stride leaves gaps
        (Conv2DTranspose, {"output_padding": 1, "strides": 2}),
        (Conv2DTranspose, {"use_bias": False}),
    ],
)
def test_other_arguments_give_the_values_of_keras(layer, options):
    x = tensor(np.random.default_rng(0).standard_normal((2, 7, 8, 4)))
    arguments = {"filters": 4, "kernel_size": 3} | options
    ours, theirs = layer(**arguments), getattr(keras.layers, layer.__name__)(**arguments)
    for each in (ours, theirs):
        each.build(x.shape)
    theirs.set_weights(ours.get_weights())
    np.testing.assert_allclose(array(ours(x)), array(theirs(x)), rtol=1e-4, atol=1e-5)
