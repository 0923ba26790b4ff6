"""The training and the distances of the flow from eight Gaussians to two moons."""

import numpy as np
import pytest

from kerasgen.data.sources.mixtures import EIGHT_GAUSSIANS, sample_moons
from kerasgen.experiments.transport import FromEightGaussians

pytestmark = pytest.mark.once


def batch_of(pairing):
    points = sample_moons(100)[0]
    batch = FromEightGaussians(pairing).prepare((points,), np.random.default_rng(0))
    np.testing.assert_array_equal(batch["images"], points)
    return points, batch["noise"]["noise"]


def test_the_noise_of_a_batch_is_of_the_eight_gaussians():
    _, noise = batch_of("random")
    assert noise.shape == (100, 2)
    distances = np.linalg.norm(noise[:, None] - EIGHT_GAUSSIANS.means, axis=-1).min(axis=1)
    assert distances.max() < 5 * EIGHT_GAUSSIANS.sigma


def test_optimal_pairs_have_the_same_source_points_and_are_closer():
    points, random = batch_of("random")
    _, optimal = batch_of("optimal")
    np.testing.assert_array_equal(np.sort(random, axis=0), np.sort(optimal, axis=0))
    assert np.square(points - optimal).sum() < 0.6 * np.square(points - random).sum()
