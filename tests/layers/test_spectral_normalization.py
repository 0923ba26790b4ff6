import keras
import numpy as np
import pytest

from kerasgen.layers import Conv2D, Dense, SpectralNormalization
from tests.layers.convolution_reference import convolve
from tests.layers.layer_case import LayerCase
from tests.tensors import array, tensor


def spectral_norm(kernel, u):
    """Return sigma after one power iteration: algorithm 1 of the paper."""
    matrix = kernel.reshape(-1, kernel.shape[-1])
    v = u @ matrix.T / np.linalg.norm(u @ matrix.T)
    u = v @ matrix / np.linalg.norm(v @ matrix)
    return (v @ matrix @ u.T).item()


class TestOfDense(LayerCase):
    layer = SpectralNormalization
    shapes = ((3, 5),)
    updates = ("u",)

    @property
    def arguments(self):
        return {"layer": Dense(7, name="inner")}

    def make(self, **options):
        if "dtype" in options:
            options["layer"] = Dense(7, name="inner", dtype=options["dtype"])
        return super().make(**options)

    def expected(self, weights, x, training):
        return x @ (weights["kernel"] / spectral_norm(weights["kernel"], weights["u"])) + weights["bias"]


class TestOfConv2D(TestOfDense):
    shapes = ((3, 5, 6, 4),)

    @property
    def arguments(self):
        return {"layer": Conv2D(2, 3, name="inner")}

    def make(self, **options):
        if "dtype" in options:
            options["layer"] = Conv2D(2, 3, name="inner", dtype=options["dtype"])
        return LayerCase.make(self, **options)

    def expected(self, weights, x, training):
        return convolve(x, weights["kernel"] / spectral_norm(weights["kernel"], weights["u"])) + weights["bias"]


def test_the_largest_singular_value_becomes_one_and_the_kernel_is_unchanged():
    layer = SpectralNormalization(keras.layers.Dense(5, use_bias=False))
    inputs = tensor(np.eye(7))
    for _ in range(200):
        layer(inputs, training=True)
    assert np.linalg.svd(array(layer(inputs)))[1][0] == pytest.approx(1.0, abs=1e-3)
    assert abs(np.linalg.svd(array(layer.layer.kernel))[1][0] - 1.0) > 0.05
