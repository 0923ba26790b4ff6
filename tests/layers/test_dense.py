import keras
import numpy as np
import pytest

from kerasgen.layers import Dense
from tests.layers.layer_case import LayerCase
from tests.tensors import array, tensor


class TestDense(LayerCase):
    layer = Dense
    arguments = {"units": 7, "activation": "tanh"}
    shapes = ((3, 5),)

    def expected(self, weights, x, training):
        return np.tanh(x @ weights["kernel"] + weights["bias"])


@pytest.mark.parametrize("shape", [(2, 3, 5), (128, 100)])
def test_any_number_of_axes_without_a_bias(shape):
    x = np.random.default_rng(0).standard_normal(shape)
    layer = Dense(120, use_bias=False)
    found = array(layer(tensor(x)))
    np.testing.assert_allclose(found, x @ array(layer.kernel), rtol=1e-4, atol=1e-5)
    assert layer.bias is None


def test_a_regularizer_of_the_activity_counts():
    layer = Dense(2, activity_regularizer=keras.regularizers.L2(1.0))
    outputs = array(layer(tensor(np.ones((1, 3)))))
    assert float(array(keras.ops.stop_gradient(layer.losses[0]))) == pytest.approx((outputs**2).sum(), rel=1e-5)
