import numpy as np
import pytest
from scipy.special import expit

from kerasgen.losses import LIKELIHOODS, LOSSES_OF_LOGITS, RECONSTRUCTION_LOSSES, squared_error
from tests.tensors import array, tensor

RNG = np.random.default_rng(0)
IMAGES, OUTPUTS = RNG.random((5, 4, 3, 2)), RNG.normal(0, 3, (5, 4, 3, 2))
MEAN_SQUARES = np.square(IMAGES - OUTPUTS).mean(axis=(1, 2, 3))


@pytest.mark.parametrize("shape", [(5, 24), (5, 4, 3, 2)])
def test_the_squared_error_is_the_mean_over_the_pixels(shape):
    found = array(squared_error(tensor(IMAGES.reshape(shape)), tensor(OUTPUTS.reshape(shape))))
    np.testing.assert_allclose(found, MEAN_SQUARES, rtol=1e-5)


def test_losses_of_raw_outputs():
    squares = RECONSTRUCTION_LOSSES["mean_squared_error"]
    np.testing.assert_allclose(array(squares.reconstruction_error(tensor(IMAGES), tensor(OUTPUTS))), MEAN_SQUARES, 1e-5)
    np.testing.assert_allclose(array(squares.mean(tensor(OUTPUTS))), OUTPUTS, rtol=1e-6)
    assert squares.bounds == (-np.inf, np.inf)
    assert RECONSTRUCTION_LOSSES["binary_crossentropy"] is LIKELIHOODS["bernoulli"]


def test_losses_of_logits_compare_their_sigmoid():
    squares = LOSSES_OF_LOGITS["mean_squared_error"]
    expected = np.square(IMAGES - expit(OUTPUTS)).mean(axis=(1, 2, 3))
    np.testing.assert_allclose(array(squares.reconstruction_error(tensor(IMAGES), tensor(OUTPUTS))), expected, 1e-4)
    np.testing.assert_allclose(array(squares.mean(tensor(OUTPUTS))), expit(OUTPUTS), rtol=1e-4, atol=1e-6)
    assert squares.bounds == (0.0, 1.0)
    assert LOSSES_OF_LOGITS.keys() == RECONSTRUCTION_LOSSES.keys()
