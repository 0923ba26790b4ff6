"""Figures of merit against closed forms and against other ways to compute them."""

import keras
import numpy as np
import pytest
from scipy.linalg import sqrtm

from kerasgen import metrics, models
from kerasgen.errors import UsageError


def normal(n, width, seed=0, scale=1.0, shift=0.0):
    return scale * np.random.default_rng(seed).standard_normal((n, width)) + shift


@pytest.mark.once
def test_the_frechet_distance_is_that_of_the_textbook():
    real, fake = normal(500, 6) @ normal(6, 6, 1), normal(400, 6, 2) @ normal(6, 6, 3) + 0.5
    covariances = np.cov(real, rowvar=False), np.cov(fake, rowvar=False)
    expected = np.sum((real.mean(0) - fake.mean(0)) ** 2)
    expected += np.trace(covariances[0] + covariances[1] - 2 * sqrtm(covariances[0] @ covariances[1]).real)
    assert metrics.frechet_distance(real, fake) == pytest.approx(expected, rel=1e-6)
    assert metrics.frechet_distance(real, real) == pytest.approx(0, abs=1e-6)


@pytest.mark.once
def test_the_frechet_distance_of_two_gaussians_has_a_closed_form():
    # Isotropic: ||m1 - m2||^2 + D (s1 - s2)^2
    found = metrics.frechet_distance(normal(200_000, 3), normal(200_000, 3, 1, scale=2.0, shift=1.0))
    assert found == pytest.approx(3 * 1.0 + 3 * 1.0, rel=0.02)


@pytest.mark.once
def test_the_kernel_distance_is_the_unbiased_one():
    real, fake = normal(5, 3), normal(5, 3, 1, shift=0.5)

    def kernel(a, b):
        return (a @ b / 3 + 1) ** 3

    pairs = [(i, j) for i in range(5) for j in range(5)]
    expected = sum(kernel(x[i], x[j]) for x in (real, fake) for i, j in pairs if i != j) / 20
    expected -= 2 * sum(kernel(real[i], fake[j]) for i, j in pairs) / 25
    mean, deviation = metrics.kernel_distance(real, fake, subsets=3)
    assert mean == pytest.approx(expected, rel=1e-9)
    assert deviation == pytest.approx(0, abs=1e-9)
    alike, spread = metrics.kernel_distance(normal(2000, 3), normal(2000, 3, 1), subset_size=200)
    assert abs(alike) < spread


@pytest.mark.once
def test_overlap_tells_what_is_missing_from_what_is_wrong():
    left, right, far = normal(300, 2), normal(300, 2, 1, shift=100.0), normal(300, 2, 2, shift=-500.0)
    real = np.concatenate([left, right])
    found = metrics.overlap(real, normal(600, 2, 3))  # one of two modes, and nothing wrong
    assert found.precision > 0.9
    assert found.recall == pytest.approx(0.5, abs=0.05)
    assert found.coverage == pytest.approx(0.5, abs=0.05)
    found = metrics.overlap(left, np.concatenate([normal(300, 2, 4), far]))  # all of it, and as much that is wrong
    assert found.precision == pytest.approx(0.5, abs=0.05)
    assert found.recall > 0.9
    assert found.density == pytest.approx(0.5, abs=0.1)
    assert metrics.overlap(left, far) == (0.0, 0.0, 0.0, 0.0)


@pytest.mark.once
def test_nearest_finds_the_nearest():
    indices, distances = metrics.nearest(np.array([[0.9], [5.2]]), np.array([[0.0], [1.0], [5.0]]))
    np.testing.assert_array_equal(indices, [1, 2])
    np.testing.assert_allclose(distances, [0.1, 0.2])


@pytest.mark.once
@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: metrics.frechet_distance(np.zeros((3, 2)), np.zeros((3, 4))), r"shapes \(3, 2\) and \(3, 4\)"),
        (lambda: metrics.frechet_distance(np.zeros((1, 2)), np.zeros((3, 2))), "2 or more"),
        (lambda: metrics.kernel_distance(np.full((3, 2), np.nan), np.zeros((3, 2))), "NaN"),
        (lambda: metrics.overlap(np.zeros((4, 2)), np.zeros((9, 2))), "5 neighbours need 6"),
        (lambda: metrics.train_classifier(np.zeros((4, 8, 8, 1)), np.zeros(3)), "4 images need 4 labels"),
    ],
)
def test_what_cannot_be_measured_is_refused(call, says):
    with pytest.raises(UsageError, match=says):
        call()


def linear_vae(w):
    """Return the VAE with p(x|z) = N(wz, I) for two pixels and q(z|x) the exact posterior."""
    images = keras.Input((2, 1, 1))
    mean, log_variance = keras.layers.Dense(1), keras.layers.Dense(1)
    flat = keras.layers.Flatten()(images)
    encoder = keras.Model(images, [mean(flat), log_variance(flat)])
    precision = 1 + w @ w
    mean.set_weights([(w / precision)[:, None], np.zeros(1)])
    log_variance.set_weights([np.zeros((2, 1)), np.array([-np.log(precision)])])
    decoder = keras.Sequential([keras.Input((1,)), keras.layers.Dense(2), keras.layers.Reshape((2, 1, 1))])
    decoder.layers[0].set_weights([w[None], np.zeros(2)])
    return models.VAE(encoder, decoder, likelihood="gaussian")


def test_the_log_likelihood_is_exact_where_the_posterior_is():
    w = np.array([0.8, -1.5])
    x = normal(7, 2).astype("float32")
    covariance = np.eye(2) + np.outer(w, w)
    expected = -0.5 * np.einsum("ni,ij,nj->n", x, np.linalg.inv(covariance), x)
    expected -= 0.5 * np.log(np.linalg.det(2 * np.pi * covariance))
    for samples in (1, 60):
        found = metrics.log_likelihood(linear_vae(w), x.reshape(7, 2, 1, 1), samples, seed=1, chunk=25)
        np.testing.assert_allclose(found, expected, rtol=1e-4)


def test_active_units_are_those_that_vary():
    assert metrics.active_units(np.stack([np.zeros(50), normal(50, 1)[:, 0]], axis=1)) == 1
