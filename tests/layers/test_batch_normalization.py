import keras
import numpy as np
import pytest

from kerasgen.layers import BatchNormalization
from tests.layers.layer_case import LayerCase
from tests.tensors import array, tensor


class TestBatchNormalization(LayerCase):
    layer = BatchNormalization
    arguments = {"momentum": 0.9, "epsilon": 1e-3}
    differs_in_training = depends_on_the_batch = True
    updates = ("moving_mean", "moving_variance")

    def expected(self, weights, x, training):
        mean, variance = weights["moving_mean"], weights["moving_variance"]
        if training:
            mean, variance = x.mean((0, 1, 2)), x.var((0, 1, 2))
        return (x - mean) / np.sqrt(variance + 1e-3) * weights["gamma"] + weights["beta"]


class TestBatchNormalizationOfFeatures(TestBatchNormalization):
    shapes = ((6, 5),)

    def expected(self, weights, x, training):
        return super().expected(weights, x[:, None, None], training)[:, 0, 0]


def test_the_moving_statistics_follow_those_of_the_batch():
    layer = BatchNormalization(momentum=0.9)
    x = np.random.default_rng(0).standard_normal((3, 5, 6, 4))
    layer.build(x.shape)
    layer(tensor(x), training=True)
    np.testing.assert_allclose(array(layer.moving_mean), 0.1 * x.mean((0, 1, 2)), atol=1e-5)
    np.testing.assert_allclose(array(layer.moving_variance), 0.9 + 0.1 * x.var((0, 1, 2)), rtol=1e-4)


def test_a_frozen_layer_uses_the_moving_statistics():
    layer = BatchNormalization()
    layer.build((None, 2))
    layer.trainable = False
    x = np.array([[10.0, 20.0], [30.0, 40.0]], "float32")
    np.testing.assert_allclose(array(layer(x, training=True)), x, rtol=1e-3)


def test_sums_do_not_overflow_in_half_precision():
    x = np.random.default_rng(0).uniform(1000, 1010, (64, 8, 8, 2))
    for policy in ("mixed_float16", "mixed_bfloat16"):
        outputs = array(keras.ops.cast(BatchNormalization(dtype=policy)(tensor(x), training=True), "float32"))
        assert np.isfinite(outputs).all()
        assert outputs.mean() == pytest.approx(0, abs=0.05)
