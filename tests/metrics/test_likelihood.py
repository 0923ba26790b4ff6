"""Importance sampling compared with a model whose likelihood has a closed form."""

import keras
import numpy as np
import pytest

from kerasgen import create, losses, metrics
from kerasgen.errors import DataError, UsageError
from kerasgen.models.base.abilities import HasLikelihoodBound
from tests.metrics.linear_vae import linear_vae
from tests.metrics.normal import normal


def test_the_log_likelihood_is_exact_for_the_exact_posterior():
    w = np.array([0.8, -1.5])
    x = normal(7, 2).astype("float32")
    covariance = np.eye(2) + np.outer(w, w)
    expected = -0.5 * np.einsum("ni,ij,nj->n", x, np.linalg.inv(covariance), x)
    expected -= 0.5 * np.log(np.linalg.det(2 * np.pi * covariance))
    for samples in (1, 60):
        found = metrics.log_likelihood(linear_vae(w), x, samples, seed=1, chunk=25)
        np.testing.assert_allclose(found, expected, rtol=1e-4)


@pytest.mark.once
def test_importance_sampling_weights_the_latents():
    w, x = np.array([0.8, -1.5]), normal(5, 2).astype("float32")
    model, images = linear_vae(w), x
    exact = metrics.log_likelihood(model, images, 1)
    variance = 2.0 / (1 + w @ w)  # of q, twice that of the posterior
    model.encoder.layers[-1].bias.assign([np.log(variance)])
    noise = np.random.default_rng(3).standard_normal((5, 500), dtype="float32")
    z = model.encode(images) + variance**0.5 * noise
    log_joint = -0.5 * ((x[:, None] - z[..., None] * w) ** 2).sum(axis=2) - 0.5 * z**2 - 1.5 * np.log(2 * np.pi)
    log_q = -0.5 * noise**2 - 0.5 * np.log(2 * np.pi * variance)
    found = metrics.log_likelihood(model, images, 500, seed=3, chunk=500)
    np.testing.assert_allclose(found, np.log(np.exp(log_joint - log_q).mean(axis=1)), rtol=1e-4)
    np.testing.assert_allclose(metrics.log_likelihood(model, images, 20_000, seed=3), exact, atol=0.03)
    assert metrics.log_likelihood(model, images, 1, seed=3).mean() < exact.mean() - 0.05


@pytest.mark.once
def test_a_model_needs_only_the_methods_of_the_protocol():
    class Exact:
        """p(x|z) = N(z, I) for one value, with the exact posterior."""

        likelihood = "gaussian"

        def posterior(self, images, labels=None):
            return images / 2, np.full(images.shape, np.log(0.5), "float32")

        def conditional_log_likelihood(self, images, latents, labels=None):
            return -0.5 * ((images[:, None] - latents) ** 2).sum(axis=2) - 0.5 * np.log(2 * np.pi)

    x = normal(4, 1).astype("float32")
    assert isinstance(Exact(), HasLikelihoodBound)
    expected = -0.25 * x[:, 0] ** 2 - 0.5 * np.log(4 * np.pi)
    np.testing.assert_allclose(metrics.log_likelihood(Exact(), x, 3), expected, rtol=1e-5)


def test_the_likelihood_of_a_vae_is_that_of_its_decoded_images():
    keras.utils.set_random_seed(0)
    images, labels = np.random.default_rng(0).integers(0, 2, (5, 8, 8, 1)).astype("float32"), np.arange(5) % 3
    latents = np.random.default_rng(1).standard_normal((5, 4, 2)).astype("float32")
    model = create("cvae", image_size=8, num_classes=3, hidden_dim=4, latent_dim=2)
    mean, log_variance = model.posterior(images, labels)
    np.testing.assert_allclose(mean, model.encode(images, labels), rtol=1e-5)
    assert log_variance.shape == (5, 2)
    found = model.conditional_log_likelihood(images, latents, labels)
    for k in range(4):
        decoded = model.decode(latents[:, k], labels).astype("float64")
        expected = np.log(np.where(images, decoded, 1 - decoded)).sum(axis=(1, 2, 3))
        np.testing.assert_allclose(found[:, k], expected, rtol=1e-4)


@pytest.mark.once
def test_the_divergence_agrees_with_that_of_the_loss():
    mean, log_variance = normal(6, 3).astype("float32"), normal(6, 3, 1).astype("float32")
    expected = losses.kl_divergence(*map(keras.ops.convert_to_tensor, (mean, log_variance)))
    found = metrics.kl_to_standard_normal(mean, log_variance)
    np.testing.assert_allclose(found, keras.ops.convert_to_numpy(expected), rtol=1e-5)


@pytest.mark.once
def test_a_unit_is_active_if_its_variance_exceeds_a_hundredth():
    means = normal(5000, 4) * np.sqrt([0.0, 0.005, 0.02, 1.0])
    assert metrics.active_units(means) == 2


def test_images_and_labels_that_the_model_cannot_take_are_refused():
    model = create("cvae", image_size=8, num_classes=10, hidden_dim=4, latent_dim=2)
    images = np.zeros((3, 8, 8, 1), "float32")
    for wrong, labels, error, says in (
        (images, [0, 1, 14], DataError, r"labels lie in \[0, 14\]"),
        (images, None, UsageError, "was given no labels"),
        (np.zeros((3, 8, 8, 3), "float32"), [0, 1, 2], DataError, r"this model takes \(N, 8, 8, 1\)"),
    ):
        with pytest.raises(error, match=says):
            metrics.log_likelihood(model, wrong, 2, labels=labels)
    assert metrics.log_likelihood(model, images, 2, labels=[[0], [1], [9]]).shape == (3,)
