from statistics import NormalDist

import numpy as np
import pytest

from kerasgen.layers import NoiseDropout
from tests.layers.layer_case import LayerCase
from tests.tensors import array, tensor


class TestNoiseDropout(LayerCase):
    layer = NoiseDropout
    arguments = {"rate": 0.25, "start": 2}
    shapes = ((3, 2, 2, 3), (3, 20))

    def expected(self, weights, features, noise, training):
        kept = noise[:, 2:14].reshape(features.shape) > NormalDist().inv_cdf(0.25)
        return np.where(kept, features / 0.75, 0.0)


def test_the_rate_is_the_fraction_that_is_dropped_and_the_mean_is_kept():
    noise = np.random.default_rng(0).standard_normal((50, 3 + 800))
    outputs = array(NoiseDropout(0.25, start=3)([tensor(np.ones((50, 20, 20, 2))), tensor(noise)]))
    assert set(np.unique(outputs.round(5))) == {0.0, np.float32(1.33333)}
    assert (outputs == 0).mean() == pytest.approx(0.25, abs=0.01)
    assert outputs.mean() == pytest.approx(1.0, abs=0.02)


def test_a_rate_of_zero_drops_nothing():
    features = np.random.default_rng(0).random((2, 2, 2, 1))
    outputs = array(NoiseDropout(0.0)([tensor(features), tensor(np.full((2, 4), -50.0))]))
    np.testing.assert_allclose(outputs, features, rtol=1e-6)
