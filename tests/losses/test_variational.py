import numpy as np
import pytest
from keras import ops
from scipy import stats
from scipy.special import expit

from kerasgen.losses import LIKELIHOODS, kl_divergence, systematic_resample
from kerasgen.losses.variational import flatten_each
from tests.tensors import array, tensor

RNG = np.random.default_rng(0)
IMAGES = RNG.random((5, 4, 3, 2))
OUTPUTS = RNG.normal(0, 3, (5, 4, 3, 2))


def test_the_kl_divergence_is_the_closed_form_and_agrees_with_monte_carlo():
    mean, log_variance = RNG.normal(0, 1, (3, 4)), RNG.normal(0, 0.5, (3, 4))
    found = array(kl_divergence(tensor(mean), tensor(log_variance)))
    closed_form = 0.5 * (np.exp(log_variance) + mean**2 - 1 - log_variance).sum(axis=1)
    np.testing.assert_allclose(found, closed_form, rtol=1e-5)
    deviation = np.exp(log_variance / 2)
    z = mean + deviation * RNG.standard_normal((200_000, 3, 4))
    log_ratio = (stats.norm.logpdf(z, mean, deviation) - stats.norm.logpdf(z)).sum(axis=2)
    np.testing.assert_allclose(found, log_ratio.mean(axis=0), atol=0.05)


def test_the_kl_divergence_of_the_prior_is_zero():
    np.testing.assert_allclose(array(kl_divergence(ops.zeros((2, 3)), ops.zeros((2, 3)))), 0.0)


def test_the_bernoulli_error_is_the_negative_log_likelihood_of_bits():
    bits = (IMAGES > 0.5).astype("float64")
    found = array(LIKELIHOODS["bernoulli"].reconstruction_error(tensor(bits), tensor(OUTPUTS)))
    expected = -stats.bernoulli.logpmf(bits, expit(OUTPUTS)).sum(axis=(1, 2, 3))
    np.testing.assert_allclose(found, expected, rtol=1e-4)


def test_the_bernoulli_error_of_grey_pixels_is_the_cross_entropy():
    found = array(LIKELIHOODS["bernoulli"].reconstruction_error(tensor(IMAGES), tensor(OUTPUTS)))
    p = expit(OUTPUTS)
    expected = -(IMAGES * np.log(p) + (1 - IMAGES) * np.log(1 - p)).sum(axis=(1, 2, 3))
    np.testing.assert_allclose(found, expected, rtol=1e-4)


def test_the_bernoulli_error_is_finite_for_large_logits():
    error = LIKELIHOODS["bernoulli"].reconstruction_error
    found = array(error(tensor([[1.0, 0.0], [0.0, 1.0]]), tensor([[1000.0, -1000.0]] * 2)))
    np.testing.assert_allclose(found, [0.0, 2000.0])


def test_the_gaussian_error_is_the_negative_log_density_without_the_constant():
    found = array(LIKELIHOODS["gaussian"].reconstruction_error(tensor(IMAGES), tensor(OUTPUTS)))
    expected = -stats.norm.logpdf(IMAGES, OUTPUTS).sum(axis=(1, 2, 3)) - 24 * np.log(2 * np.pi) / 2
    np.testing.assert_allclose(found, expected, rtol=1e-4)


@pytest.mark.parametrize(("name", "mean"), [("bernoulli", expit), ("gaussian", lambda x: x)])
def test_the_mean_image_and_its_bounds(name, mean):
    found = array(LIKELIHOODS[name].mean(tensor(OUTPUTS)))
    np.testing.assert_allclose(found, mean(OUTPUTS), rtol=1e-4, atol=1e-6)
    low, high = LIKELIHOODS[name].bounds
    assert low <= found.min()
    assert found.max() <= high
    assert (low, high) == {"bernoulli": (0.0, 1.0), "gaussian": (-np.inf, np.inf)}[name]


def test_rows_keep_the_order_of_the_pixels():
    flat, points = flatten_each(tensor(IMAGES), tensor(IMAGES[:, 0, 0]))
    np.testing.assert_allclose(array(flat), IMAGES.reshape(5, -1), rtol=1e-6)
    assert tuple(points.shape) == (5, 2)


@pytest.mark.parametrize("num_samples", [1, 3, 7])
def test_resampled_indices_are_the_inverse_of_the_cumulative_weights(num_samples):
    log_weights, uniforms = RNG.normal(0, 2, (6, 5)), RNG.random((6, 1))
    weights = np.exp(log_weights) / np.exp(log_weights).sum(axis=1, keepdims=True)
    points = (uniforms + np.arange(num_samples)) / num_samples
    expected = [np.searchsorted(np.cumsum(row), at, side="right") for row, at in zip(weights, points)]
    found = array(systematic_resample(tensor(log_weights), tensor(uniforms), num_samples))
    assert found.dtype == np.int32
    np.testing.assert_array_equal(found, expected)


def test_resampled_indices_are_expected_in_proportion_to_the_weights():
    weights = np.array([0.1, 0.0, 0.65, 0.25])
    uniforms = (np.arange(2000) + 0.5)[:, None] / 2000
    log_weights = np.broadcast_to(np.log(np.maximum(weights, 1e-30)), (2000, 4))
    found = array(systematic_resample(tensor(log_weights), tensor(uniforms), 3))
    np.testing.assert_allclose(np.bincount(found.ravel(), minlength=4) / found.size, weights, atol=2e-3)
    for row in found:  # each count differs from its expectation by less than one
        assert (abs(np.bincount(row, minlength=4) - 3 * weights) < 1).all()


def test_rounding_of_the_cumulative_weights_gives_no_index_beyond_the_last():
    found = array(systematic_resample(ops.zeros((1, 3)), tensor([[np.nextafter(np.float32(1), np.float32(0))]]), 1))
    assert found.tolist() == [[2]]
