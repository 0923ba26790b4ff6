"""Frechet and kernel distances compared with closed forms and with other implementations."""

import numpy as np
import pytest
from scipy.linalg import sqrtm

from kerasgen import metrics
from kerasgen.errors import UsageError
from tests.metrics.normal import normal

pytestmark = pytest.mark.once


def test_the_frechet_distance_agrees_with_the_formula():
    real, fake = normal(500, 6) @ normal(6, 6, 1), normal(400, 6, 2) @ normal(6, 6, 3) + 0.5
    covariances = np.cov(real, rowvar=False), np.cov(fake, rowvar=False)
    expected = np.sum((real.mean(0) - fake.mean(0)) ** 2)
    expected += np.trace(covariances[0] + covariances[1] - 2 * sqrtm(covariances[0] @ covariances[1]).real)
    assert metrics.frechet_distance(real, fake) == pytest.approx(expected, rel=1e-6)
    assert metrics.frechet_distance(real, real) == pytest.approx(0, abs=1e-6)


def test_the_frechet_distance_of_two_gaussians_has_a_closed_form():
    # Isotropic: ||m1 - m2||^2 + D (s1 - s2)^2
    distance = metrics.frechet_distance(normal(200_000, 3), normal(200_000, 3, 1, scale=2.0, shift=1.0))
    assert distance == pytest.approx(3 * 1.0 + 3 * 1.0, rel=0.02)


def test_the_kernel_distance_is_unbiased():
    real, fake = normal(5, 3), normal(5, 3, 1, shift=0.5)

    def kernel(a, b):
        return (a @ b / 3 + 1) ** 3

    pairs = [(i, j) for i in range(5) for j in range(5)]
    expected = sum(kernel(x[i], x[j]) for x in (real, fake) for i, j in pairs if i != j) / 20
    expected -= 2 * sum(kernel(real[i], fake[j]) for i, j in pairs) / 25
    mean, deviation = metrics.kernel_distance(real, fake, subsets=3)
    assert mean == pytest.approx(expected, rel=1e-9)
    assert deviation is None  # each subset contains all samples
    assert metrics.kernel_distance(real, normal(9, 3), subset_size=5)[1] is None
    mean, deviation = metrics.kernel_distance(normal(2000, 3), normal(2000, 3, 1), subset_size=200)
    assert abs(mean) < deviation


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
        (  # fewer samples than features, and no negative features
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
def test_scores_agree_with_torch_fidelity(real, fake, frechet, kernel, precision, recall):
    """Values of version 0.4.0: `metric_fid`, `metric_kid` with all samples in each subset, `metric_prc`."""
    assert metrics.frechet_distance(real, fake) == pytest.approx(frechet, rel=1e-7)
    assert metrics.kernel_distance(real, fake, subsets=2)[0] == pytest.approx(kernel, rel=1e-7)
    assert metrics.overlap(real, fake)[:2] == pytest.approx((precision, recall))


@pytest.mark.parametrize(
    ("real", "fake", "says"),
    [
        (np.zeros((3, 2)), np.zeros((3, 4)), r"shapes \(3, 2\) and \(3, 4\)"),
        (np.zeros((1, 2)), np.zeros((3, 2)), "2 or more"),
        (np.full((3, 2), np.nan), np.zeros((3, 2)), "NaN"),
    ],
)
def test_features_without_a_distance_are_refused(real, fake, says):
    for distance in (metrics.frechet_distance, metrics.kernel_distance):
        with pytest.raises(UsageError, match=says):
            distance(real, fake)


def test_moved_points_have_the_squared_distance_of_the_move():
    points = np.random.default_rng(0).normal(size=(50, 3))
    moved = points[::-1] + np.array([3.0, 0.0, 4.0])
    assert metrics.squared_wasserstein_distance(points, moved) == pytest.approx(25.0)
    assert metrics.squared_wasserstein_distance(points, points[::-1]) == 0


def test_the_squared_wasserstein_distance_on_the_line_pairs_sorted_points():
    rng = np.random.default_rng(1)
    a, b = rng.normal(size=(40, 1)), rng.normal(2.0, 3.0, size=(40, 1))
    expected = np.mean((np.sort(a, axis=0) - np.sort(b, axis=0)) ** 2)
    assert metrics.squared_wasserstein_distance(a, b) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("real", "fake"), [(np.zeros((3, 2)), np.zeros((4, 2))), (np.zeros(3), np.zeros(3)), ([[0.0]], [[np.nan]])]
)
def test_the_squared_wasserstein_distance_refuses_other_points(real, fake):
    with pytest.raises(UsageError):
        metrics.squared_wasserstein_distance(real, fake)
