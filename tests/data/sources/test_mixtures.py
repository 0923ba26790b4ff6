import numpy as np
import pytest

from kerasgen import data
from kerasgen.data.sources.mixtures import EIGHT_GAUSSIANS, MIXTURES, sample_moons

pytestmark = pytest.mark.once


@pytest.mark.parametrize(("name", "modes", "dimensions"), [("gaussian-1d", 1, 1), ("ring-8", 8, 2), ("grid-25", 25, 2)])
def test_points_are_drawn_from_the_mixture(name, modes, dimensions):
    dataset = data.load(name)
    assert (dataset.name, dataset.sample_shape, dataset.num_classes) == (name, (dimensions,), modes)
    assert (len(dataset.train), len(dataset.test)) == (100_000, 2_500)
    points, labels = dataset.train[:], dataset.train.labels
    assert (points.dtype, labels.dtype) == (np.float32, np.int64)
    means, sigma = MIXTURES[name].means, MIXTURES[name].sigma
    standard = (points - means[labels]) / sigma
    assert abs(standard.mean()) < 0.01
    assert standard.std() == pytest.approx(1, abs=0.01)
    assert np.bincount(labels, minlength=modes) == pytest.approx(100_000 / modes, rel=0.06)


def test_points_are_always_the_same_and_both_parts_differ():
    first, second = data.load("ring-8"), data.load("ring-8", image_size=28, validation_split=0.5)
    np.testing.assert_array_equal(first.train[:], second.train[:])
    np.testing.assert_array_equal(first.test[:], second.test[:])
    assert first.fingerprint == second.fingerprint != data.load("grid-25").fingerprint
    assert (first.train[:10] != first.test[:10]).any()


def test_the_modes_are_those_of_lin_et_al():
    ring, grid = MIXTURES["ring-8"], MIXTURES["grid-25"]
    assert np.hypot(*ring.means.T) == pytest.approx(1)
    assert ring.means[:3] == pytest.approx(np.array([[1, 0], [0.5**0.5, 0.5**0.5], [0, 1]]))
    assert {tuple(mean) for mean in grid.means} == {(x, y) for x in (-4, -2, 0, 2, 4) for y in (-4, -2, 0, 2, 4)}
    assert (ring.sigma, grid.sigma) == (0.01, 0.05)


def test_samples_repeat_with_the_seed():
    mixture = MIXTURES["grid-25"]
    (a, modes), (b, _), (c, _) = (mixture.sample(50, seed) for seed in (2, 2, 3))
    assert (a.shape, a.dtype, modes.shape) == ((50, 2), np.float32, (50,))
    np.testing.assert_array_equal(a, b)
    assert (a != c).any()


def test_batches_hold_points_and_their_modes():
    pytest.importorskip("keras")
    batches = data.load("ring-8").train.batches(100, shuffle=True, labels=True)
    points, modes = batches[3]
    assert points.shape == (100, 2)
    assert len(batches) == 1000
    assert np.abs(points - MIXTURES["ring-8"].means[modes]).max() < 0.06


def test_the_density_is_that_of_scipy():
    from scipy.stats import multivariate_normal

    mixture = MIXTURES["grid-25"]
    points, _ = mixture.sample(50, 3)
    densities = [multivariate_normal(mean, mixture.sigma**2).pdf(points) for mean in mixture.means]
    np.testing.assert_allclose(mixture.log_density(points), np.log(np.mean(densities, axis=0)), rtol=1e-5)


def test_moons_are_two_half_circles_moved_along_the_diagonal():
    points, moons = sample_moons(2000, seed=3)
    x, y = ((points + 1) / 3 - np.array([[0.0, 0.0], [1.0, 0.5]])[moons]).T * np.where(moons == 0, 1, -1)
    # The radius is 1 before each point is moved by (d, d), 0 <= d < 0.2; of the lower moon the signs are reversed.
    moved = [np.hypot(x - sign * d, y - sign * d) for d in np.linspace(0, 0.2, 201) for sign in (1, -1)]
    assert np.abs(np.array(moved) - 1).min(axis=0).max() < 0.002
    assert 0.45 < moons.mean() < 0.55
    np.testing.assert_array_equal(points, sample_moons(2000, seed=3)[0])


def test_moons_are_a_data_set_of_points():
    dataset = data.load("moons")
    assert (dataset.name, dataset.sample_shape, dataset.num_classes) == ("moons", (2,), 2)
    assert (len(dataset.train), len(dataset.test)) == (100_000, 2_500)
    assert data.sources.samples_of("moons") == "points"


def test_the_eight_gaussians_have_the_published_scale():
    assert np.hypot(*EIGHT_GAUSSIANS.means.T) == pytest.approx(5)
    assert EIGHT_GAUSSIANS.sigma**2 == pytest.approx(0.1**0.5)
