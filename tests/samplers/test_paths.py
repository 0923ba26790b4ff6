"""Paths from data to noise: closed forms, derivatives and inverses."""

import numpy as np
import pytest

from kerasgen.samplers import paths
from tests.tensors import array, tensor

TIMES = np.linspace(0.02, 0.98, 7)


@pytest.mark.parametrize("name", paths.PATHS)
def test_coefficients_begin_at_the_data_and_rates_are_their_derivatives(name):
    path = paths.PATHS[name]
    alpha, sigma = (array(each) for each in path.coefficients(tensor([0.0, 1.0])))
    np.testing.assert_allclose(alpha, [1, 0], atol=1e-2)
    np.testing.assert_allclose(sigma, [0, 1], atol=1e-4)
    before, after = (path.coefficients(tensor(TIMES + step)) for step in (-1e-3, 1e-3))
    for rate, low, high in zip(path.rates(tensor(TIMES)), before, after):
        np.testing.assert_allclose(array(rate), (array(high) - array(low)) / 2e-3, rtol=2e-2, atol=2e-3)
    if not path.is_straight:
        alpha, sigma = (array(each) for each in path.coefficients(tensor(TIMES)))
        np.testing.assert_allclose(alpha**2 + sigma**2, np.ones(7), rtol=1e-5)


@pytest.mark.parametrize("prediction", paths.PREDICTIONS)
@pytest.mark.parametrize("name", paths.PATHS)
def test_a_prediction_gives_data_and_noise_and_weights_convert_errors(name, prediction):
    coefficients = paths.PATHS[name].coefficients(tensor(TIMES))
    weights = paths.PREDICTIONS[prediction](*coefficients)
    rng = np.random.default_rng(0)
    clean, noise, error = (tensor(rng.standard_normal(7)) for _ in range(3))
    noisy = coefficients[0] * clean + coefficients[1] * noise
    predicted = weights[0] * clean + weights[1] * noise
    estimates = paths.solve(noisy, predicted, coefficients, weights)
    for estimate, true in zip(estimates, (clean, noise)):
        np.testing.assert_allclose(array(estimate), array(true), rtol=1e-3, atol=1e-3)
    wrong = paths.solve(noisy, predicted + error, coefficients, weights)
    determinant = paths.determinant(coefficients, weights)
    for weight, estimate, true in zip(("image", "noise"), wrong, (clean, noise)):
        weighted = paths.WEIGHTS[weight](*coefficients, determinant) * error**2
        np.testing.assert_allclose(array(weighted), array((estimate - true) ** 2), rtol=2e-2, atol=1e-4)


@pytest.mark.once
def test_weights_by_signal_to_noise_ratio():
    alpha, sigma = (array(each) for each in paths.PATHS["cosine"].coefficients(tensor(TIMES)))
    ratio, of_image = alpha**2 / sigma**2, sigma**2
    for name, expected in (("truncated_snr", np.maximum(ratio, 1)), ("min_snr", np.minimum(ratio, 5))):
        weight = paths.WEIGHTS[name](*(tensor(each) for each in (alpha, sigma)), 1.0)
        np.testing.assert_allclose(array(weight), expected * of_image, rtol=1e-4)


@pytest.mark.once
def test_times_at_which_a_quantity_is_infinite_are_left_out():
    assert paths.time_range("straight", "velocity") == (0.0, 1.0)
    assert paths.time_range("straight", "image")[0] > 0
    assert paths.time_range("cosine", "noise")[1] < 1
