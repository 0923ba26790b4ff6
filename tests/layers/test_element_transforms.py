"""Transforms of single numbers: monotonic, with the derivative that they report."""

import numpy as np
import pytest

from kerasgen.errors import UsageError
from kerasgen.layers.element_transforms import TRANSFORMS, element_transform
from tests.tensors import array, tensor


@pytest.mark.parametrize("name", TRANSFORMS)
def test_the_derivative_is_that_of_differences_and_the_inverse_is_one(name):
    transform = element_transform(name, bins=5, bound=3.0)
    x = np.linspace(-4, 4, 4001)
    parameters = np.random.default_rng(0).standard_normal(transform.parameters) * np.ones((len(x), 1))
    y, log_slope = map(array, transform.forward(tensor(x), tensor(parameters)))
    assert (np.diff(y) > 0).all()
    slopes = np.diff(y.astype("float64")) / np.diff(x)
    middle = 0.5 * (np.exp(log_slope[1:]) + np.exp(log_slope[:-1]))
    np.testing.assert_allclose(slopes[::10], middle[::10], rtol=0.02, atol=2e-3)
    np.testing.assert_allclose(array(transform.inverse(tensor(y), tensor(parameters))), x, atol=1e-5)


@pytest.mark.slow
def test_a_spline_is_the_identity_outside_and_without_parameters():
    spline = element_transform("spline", bins=4, bound=2.0)
    x = np.array([-9.0, -2.5, 2.5, 9.0])
    parameters = np.random.default_rng(0).standard_normal((4, spline.parameters))
    y, log_slope = spline.forward(tensor(x), tensor(parameters))
    np.testing.assert_array_equal(array(y), x)
    np.testing.assert_array_equal(array(log_slope), np.zeros(4))
    y, log_slope = spline.forward(tensor(x / 5), tensor(0 * parameters))
    np.testing.assert_allclose(array(y), x / 5, atol=1e-6)
    np.testing.assert_allclose(array(log_slope), np.zeros(4), atol=1e-5)


def test_the_log_scale_is_bounded():
    parameters = tensor([[5.0, 1e6], [5.0, -1e6]])
    _, log_scale = element_transform("affine").forward(tensor([1.0, 1.0]), parameters)
    np.testing.assert_allclose(array(log_scale), [2.0, -2.0])


def test_an_unknown_transform_is_refused():
    with pytest.raises(UsageError, match="did you mean spline"):
        element_transform("splin")
