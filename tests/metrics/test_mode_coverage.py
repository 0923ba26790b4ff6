"""Mode coverage compared with values computed by hand."""

import math

import numpy as np
import pytest

from kerasgen.data.sources.mixtures import MIXTURES
from kerasgen.errors import UsageError
from kerasgen.metrics import class_coverage, mode_coverage

pytestmark = pytest.mark.once

RING = MIXTURES["ring-8"]


def test_samples_of_the_mixture_are_near_perfect():
    """The distance to the mean of a two-dimensional Gaussian has a Rayleigh distribution."""
    for mixture in (RING, MIXTURES["grid-25"]):
        modes = len(mixture.means)
        samples, _ = mixture.sample(100_000, seed=3)
        found = mode_coverage(samples, mixture)
        assert found.modes == modes
        assert found.high_quality == pytest.approx(1 - math.exp(-4.5), abs=0.001)
        assert found.reverse_kl == pytest.approx((modes - 1) / 2 / 100_000, rel=1)
    line = MIXTURES["gaussian-1d"]
    found = mode_coverage(line.sample(100_000)[0], line)
    assert found.high_quality == pytest.approx(math.erf(3 / 2**0.5), abs=0.001)
    assert found.reverse_kl == 0


def test_counts_and_divergence_of_a_collapse_by_hand():
    samples = np.repeat(RING.means[:3], [60, 30, 10], axis=0)
    found = mode_coverage(samples, RING)
    expected = sum(p * math.log(8 * p) for p in (0.6, 0.3, 0.1))
    assert (found.modes, found.high_quality) == (3, 1.0)
    assert found.reverse_kl == pytest.approx(expected)
    assert found.reverse_kl_of_all == pytest.approx(expected)
    assert mode_coverage(RING.means[:1], RING).reverse_kl == pytest.approx(math.log(8))
    assert mode_coverage(RING.means, RING).reverse_kl == pytest.approx(0)


def test_only_samples_within_three_standard_deviations_are_of_high_quality():
    direction = np.array([0.6, 0.8])
    near, far = (RING.means + RING.sigma * steps * direction for steps in (2.99, 3.01))
    assert mode_coverage(near, RING)[:2] == (8, 1.0)
    assert mode_coverage(far, RING) == (0, 0.0, math.inf, pytest.approx(0))
    found = mode_coverage(np.concatenate([near[:1], far]), RING)
    assert (found.modes, found.high_quality) == (1, pytest.approx(1 / 9))
    assert found.reverse_kl == pytest.approx(math.log(8))
    assert found.reverse_kl_of_all == pytest.approx(2 / 9 * math.log(16 / 9) + 7 / 9 * math.log(8 / 9))


def test_samples_that_are_not_finite_have_poor_quality():
    samples = np.concatenate([RING.means, [[np.nan, 0], [np.inf, 0]]]).astype("float32")
    assert mode_coverage(samples, RING)[:2] == (8, 0.8)
    assert mode_coverage(np.full((3, 2), np.nan), RING) == (0, 0.0, math.inf, math.inf)


@pytest.mark.parametrize("shape", [(0, 2), (4, 3), (4, 1, 1, 1)])
def test_samples_of_another_shape_are_refused(shape):
    with pytest.raises(UsageError, match="samples have shape"):
        mode_coverage(np.zeros(shape), RING)


def test_classes_are_counted_as_modes():
    modes, divergence = class_coverage(np.repeat([7, 2, 999], [60, 30, 10]), 1000)
    assert modes == 3
    assert divergence == pytest.approx(sum(p * math.log(1000 * p) for p in (0.6, 0.3, 0.1)))
    assert class_coverage(np.arange(1000), 1000) == (1000, pytest.approx(0))
    perfect = class_coverage(np.random.default_rng(0).integers(1000, size=25_600), 1000)
    assert perfect == (1000, pytest.approx(999 / 2 / 25_600, rel=0.1))
    with pytest.raises(UsageError, match="no samples"):
        class_coverage(np.zeros(0, int), 10)
