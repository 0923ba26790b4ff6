"""Statistics of the standardization: those of all examples so far."""

import numpy as np

from kerasgen.layers import Standardization
from tests.tensors import array, tensor


def test_the_statistics_are_those_of_all_batches():
    rng = np.random.default_rng(0)
    x = (1000 + rng.standard_normal((60, 4, 4, 3)) * [1.0, 10.0, 0.1]).astype("float32")
    layer = Standardization((4, 4, 3))
    for part in (x[:10], x[10:25], x[25:]):
        layer.update(tensor(part))
    np.testing.assert_allclose(array(layer.mean), x.mean(axis=(0, 1, 2), dtype="float64"), rtol=1e-6)
    np.testing.assert_allclose(array(layer.variance), x.var(axis=(0, 1, 2), dtype="float64"), rtol=1e-3)
    y, log_det = layer.forward(tensor(x))
    np.testing.assert_allclose(array(y).std(axis=(0, 1, 2)), 1.0, rtol=1e-3)
    np.testing.assert_allclose(float(array(log_det)), -16 * np.log(array(layer.scale())).sum(), rtol=1e-4)
    np.testing.assert_allclose(array(layer.inverse(y)), x, rtol=1e-5)


def test_a_dimension_that_does_not_vary_is_shifted_only():
    layer = Standardization((2,))
    layer.update(tensor([[1.0, 5.0], [3.0, 5.0]]))
    np.testing.assert_allclose(array(layer.forward(tensor([[3.0, 6.0]]))[0]), [[1.0, 1.0]])
