"""Figures of merit against closed forms and against other ways to compute them."""

import random

import keras
import numpy as np
import pytest
from scipy.linalg import sqrtm

from kerasgen import create, data, evaluation, losses, metrics, models
from kerasgen.data.pixels import as_floats
from kerasgen.errors import DataError, UsageError
from kerasgen.metrics import neighbors


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
    assert deviation is None  # each subset is all there is
    assert metrics.kernel_distance(real, normal(9, 3), subset_size=5)[1] is None
    alike, spread = metrics.kernel_distance(normal(2000, 3), normal(2000, 3, 1), subset_size=200)
    assert abs(alike) < spread


@pytest.mark.once
@pytest.mark.parametrize(
    ("real", "fake", "frechet", "kernel", "precision", "recall"),
    [
        (
            normal(400, 16) @ normal(16, 16, 1),
            normal(400, 16, 2) @ normal(16, 16, 3) + 0.5,
            147.3803584393848,
            130.5205194652247,
            0.115,
            0.2975,
        ),
        (  # fewer than the features are wide, and none below 0
            np.maximum(normal(100, 128) @ normal(128, 128, 1), 0),
            np.maximum(normal(100, 128, 2) @ normal(128, 128, 1) + 0.5, 0),
            3007.1382188725856,
            208.39292117786135,
            0.62,
            0.73,
        ),
    ],
    ids=["many", "few"],
)
def test_figures_are_those_of_torch_fidelity(real, fake, frechet, kernel, precision, recall):
    """What version 0.4.0 makes of these features: `metric_fid`, `metric_kid` with all in each subset, `metric_prc`."""
    assert metrics.frechet_distance(real, fake) == pytest.approx(frechet, rel=1e-7)
    assert metrics.kernel_distance(real, fake, subsets=2)[0] == pytest.approx(kernel, rel=1e-7)
    assert metrics.overlap(real, fake)[:2] == pytest.approx((precision, recall))


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
def test_samples_that_repeat_are_covered_by_their_copies():
    repeated = np.repeat(normal(50, 64, scale=30.0, shift=7.0), 6, axis=0)
    found = metrics.overlap(repeated, repeated.copy())
    assert (found.precision, found.recall, found.coverage) == (1.0, 1.0, 1.0)
    assert found.density == pytest.approx(6 / 5)
    bits = (normal(300, 8) > 0).astype("float32")
    assert metrics.overlap(bits, bits.copy())[:2] == (1.0, 1.0)


@pytest.mark.once
def test_density_and_coverage_are_those_of_the_fifth_neighbour():
    real, fake = normal(60, 3), normal(50, 3, 1, shift=1.0)
    radii = np.sort(np.linalg.norm(real[:, None] - real, axis=2), axis=1)[:, 5]  # the first is the sample itself
    inside = np.linalg.norm(fake[:, None] - real, axis=2) <= radii
    found = metrics.overlap(real, fake)
    assert found.density == pytest.approx(inside.sum() / (5 * 50))
    assert found.coverage == pytest.approx(inside.any(axis=0).mean())


@pytest.mark.once
def test_nearest_finds_the_nearest_piece_by_piece(monkeypatch):
    images = np.random.default_rng(0).integers(0, 256, (50, 4, 4, 3), np.uint8)
    queries = np.concatenate([images[[7, 31]] / 255.0, np.random.default_rng(1).random((5, 4, 4, 3))]).astype("float32")
    expected = np.linalg.norm((queries[:, None] - images / 255.0).reshape(7, 50, -1), axis=-1)
    for values, rows in ((2**22, 1000), (48 * 6, 2)):  # all at once, and in pieces of 6 images by 2 queries
        monkeypatch.setattr(neighbors, "_VALUES", values)
        monkeypatch.setattr(neighbors, "_ROWS", rows)
        indices, distances = metrics.nearest(queries, images, 3)
        np.testing.assert_array_equal(indices, expected.argsort(axis=1)[:, :3])
        np.testing.assert_allclose(distances, np.sort(expected, axis=1)[:, :3], atol=1e-6)
    assert distances[:2, 0].max() < 1e-6


@pytest.mark.once
def test_copies_are_closer_than_new_images():
    images = np.random.default_rng(0).random((900, 4, 4, 1), dtype="float32")
    train, test = images[:300], images[300:]
    assert metrics.closeness(train[:20] + 1e-3, test, train).ratio < 0.05
    assert metrics.closeness(test[:300], test[300:], train).ratio == pytest.approx(1, abs=0.05)
    assert metrics.closeness(test, train[:5], train[:5]).ratio > 1e3
    assert metrics.Closeness(1.0, 0.0).ratio == float("inf")


@pytest.mark.once
def test_classes_are_counted_as_modes():
    modes, divergence = metrics.class_coverage(np.repeat([7, 2, 999], [60, 30, 10]), 1000)
    assert modes == 3
    assert divergence == pytest.approx(sum(p * np.log(1000 * p) for p in (0.6, 0.3, 0.1)))
    assert metrics.class_coverage(np.arange(1000), 1000) == (1000, pytest.approx(0))
    of_perfect = metrics.class_coverage(np.random.default_rng(0).integers(1000, size=25_600), 1000)
    assert of_perfect == (1000, pytest.approx(999 / 2 / 25_600, rel=0.1))


@pytest.mark.once
@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: metrics.frechet_distance(np.zeros((3, 2)), np.zeros((3, 4))), r"shapes \(3, 2\) and \(3, 4\)"),
        (lambda: metrics.frechet_distance(np.zeros((1, 2)), np.zeros((3, 2))), "2 or more"),
        (lambda: metrics.kernel_distance(np.full((3, 2), np.nan), np.zeros((3, 2))), "NaN"),
        (lambda: metrics.overlap(np.zeros((4, 2)), np.zeros((9, 2))), "5 neighbours need 6"),
        (lambda: metrics.nearest(np.zeros((1, 2)), np.zeros((2, 2)), 3), "3 nearest of 2"),
        (lambda: metrics.nearest(np.zeros((1, 2)), np.zeros((2, 4))), r"\(2,\) and what is near them \(4,\)"),
        (lambda: metrics.nearest(np.full((1, 2), np.nan), np.zeros((2, 2))), "NaN"),
        (lambda: metrics.class_coverage(np.zeros(0, int), 10), "no samples"),
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


@pytest.mark.once
def test_importance_sampling_weighs_the_latents():
    w, x = np.array([0.8, -1.5]), normal(5, 2).astype("float32")
    model, images = linear_vae(w), x.reshape(5, 2, 1, 1)
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
def test_the_figures_of_likelihood_are_those_of_the_model():
    keras.utils.set_random_seed(0)
    model, digits = create("vae", image_size=8, hidden_dim=4, latent_dim=3), data.load("digits", image_size=8)
    model.encoder.layers[-1].bias.assign([-1.0, 0.5, 0.0])
    found = {figure.name: figure.value for figure in evaluation.score_likelihood(model, digits, 40, 0, 20)}
    images = evaluation.binarize(evaluation.drawn([digits.test], 40, 0), 0)
    mean, log_variance = metrics.posterior(model, images)
    expected = losses.kl_divergence(*map(keras.ops.convert_to_tensor, (mean, log_variance)))
    assert found["KL divergence"] == pytest.approx(float(keras.ops.mean(expected)), rel=1e-5)
    assert found["ELBO"] < found["log-likelihood"]


@pytest.mark.once
def test_pixels_are_1_as_often_as_they_are_bright():
    drawn = evaluation.binarize(np.full((10, 50, 50, 1), 0.2, "float32"), 0)
    assert set(np.unique(drawn)) == {0, 1}
    assert drawn.mean() == pytest.approx(0.2, abs=0.01)


@pytest.mark.once
def test_active_units_are_those_whose_variance_exceeds_a_hundredth():
    means = normal(5000, 4) * np.sqrt([0.0, 0.005, 0.02, 1.0])
    assert metrics.active_units(means) == 2


def test_the_likelihood_is_of_images_and_labels_that_the_model_takes():
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


@pytest.mark.once
@pytest.mark.parametrize(("shape", "has_ssim"), [((7, 7, 3), True), ((6, 8, 1), False), ((2,), False)])
def test_images_below_the_window_of_ssim_have_none(shape, has_ssim):
    found = metrics.similarity(np.zeros((2, *shape), "float32"), np.full((2, *shape), 0.1, "float32"))
    assert set(found) == {"MSE", "PSNR"} | ({"SSIM"} if has_ssim else set())
    assert found["PSNR"] == pytest.approx(20, abs=1e-4)


@pytest.mark.once
def test_ssim_is_that_of_images_from_0_to_1():
    dark, bright = np.full((1, 8, 8, 1), 0.2, "float32"), np.full((1, 8, 8, 1), 0.6, "float32")
    luminance = (2 * 0.2 * 0.6 + 0.01**2) / (0.2**2 + 0.6**2 + 0.01**2)  # Wang et al. 2004, eq. 6 with L = 1
    assert np.mean(metrics.similarity(dark, bright)["SSIM"]) == pytest.approx(luminance, rel=1e-5)


def test_a_classifier_of_few_images_trains_on_no_copies_of_them(monkeypatch):
    sizes = []
    monkeypatch.setattr(metrics.classifier, "as_floats", lambda images: sizes.append(len(images)) or as_floats(images))
    metrics.train_classifier(np.zeros((6, 8, 8, 1), np.uint8), [0, 1] * 3, epochs=150, batch_size=3)
    assert max(sizes) == 3
    assert len(sizes) >= 300  # steps, and what Keras asks for ahead


@pytest.mark.once
def test_training_a_classifier_leaves_the_random_states_as_they_are():
    before, numbers = random.getstate(), np.random.get_state()[1]
    metrics.train_classifier(np.zeros((4, 8, 8, 1), "float32"), [0, 1, 0, 1], epochs=1, batch_size=2)
    assert random.getstate() == before
    np.testing.assert_array_equal(np.random.get_state()[1], numbers)
