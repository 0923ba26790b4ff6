"""Nearest-neighbour metrics compared with direct computations."""

import numpy as np
import pytest

from kerasgen import metrics
from kerasgen.errors import UsageError
from kerasgen.metrics import neighbors
from tests.metrics.normal import normal

pytestmark = pytest.mark.once


def test_overlap_distinguishes_missing_from_wrong_samples():
    left, right, far = normal(300, 2), normal(300, 2, 1, shift=100.0), normal(300, 2, 2, shift=-500.0)
    real = np.concatenate([left, right])
    found = metrics.overlap(real, normal(600, 2, 3))  # one of two modes, and nothing wrong
    assert found.precision > 0.9
    assert found.recall == pytest.approx(0.5, abs=0.05)
    assert found.coverage == pytest.approx(0.5, abs=0.05)
    found = metrics.overlap(left, np.concatenate([normal(300, 2, 4), far]))  # all modes, and half of the samples wrong
    assert found.precision == pytest.approx(0.5, abs=0.05)
    assert found.recall > 0.9
    assert found.density == pytest.approx(0.5, abs=0.1)
    assert metrics.overlap(left, far) == (0.0, 0.0, 0.0, 0.0)


def test_overlap_of_equal_distributions_has_the_documented_values():
    overlaps = [metrics.overlap(normal(500, 8, seed), normal(500, 8, 100 + seed)) for seed in range(8)]
    assert np.mean([each.density for each in overlaps]) == pytest.approx(1.0, abs=0.03)
    assert np.mean([each.coverage for each in overlaps]) == pytest.approx(1 - 2**-5, abs=0.01)
    assert np.mean([each.precision for each in overlaps]) < 0.95


@pytest.mark.parametrize("offset", [1e5, 1e7])
def test_overlap_does_not_depend_on_an_offset(offset):
    real, fake = normal(400, 4), normal(400, 4, 1, shift=0.3)
    assert metrics.overlap(real + offset, fake + offset) == pytest.approx(metrics.overlap(real, fake), abs=1e-9)
    _, distances = metrics.nearest(fake + offset, real + offset)
    np.testing.assert_allclose(distances, metrics.nearest(fake, real)[1], rtol=1e-6)


def test_repeated_samples_are_covered_by_their_copies():
    repeated = np.repeat(normal(50, 64, scale=30.0, shift=7.0), 6, axis=0)
    found = metrics.overlap(repeated, repeated.copy())
    assert (found.precision, found.recall, found.coverage) == (1.0, 1.0, 1.0)
    assert found.density == pytest.approx(6 / 5)
    bits = (normal(300, 8) > 0).astype("float32")
    assert metrics.overlap(bits, bits.copy())[:2] == (1.0, 1.0)


def test_density_and_coverage_use_the_fifth_neighbour():
    real, fake = normal(60, 3), normal(50, 3, 1, shift=1.0)
    radii = np.sort(np.linalg.norm(real[:, None] - real, axis=2), axis=1)[:, 5]  # the first is the sample
    inside = np.linalg.norm(fake[:, None] - real, axis=2) <= radii
    found = metrics.overlap(real, fake)
    assert found.density == pytest.approx(inside.sum() / (5 * 50))
    assert found.coverage == pytest.approx(inside.any(axis=0).mean())


def test_nearest_finds_the_same_neighbours_piece_by_piece(monkeypatch):
    images = np.random.default_rng(0).integers(0, 256, (50, 4, 4, 3), np.uint8)
    queries = np.concatenate([images[[7, 31]] / 255.0, np.random.default_rng(1).random((5, 4, 4, 3))]).astype("float32")
    expected = np.linalg.norm((queries[:, None] - images / 255.0).reshape(7, 50, -1), axis=-1)
    for values, rows in ((2**22, 1000), (48 * 6, 2)):  # all together, and in pieces of 6 images by 2 queries
        monkeypatch.setattr(neighbors, "_VALUES", values)
        monkeypatch.setattr(neighbors, "_ROWS", rows)
        indices, distances = metrics.nearest(queries, images, 3)
        np.testing.assert_array_equal(indices, expected.argsort(axis=1)[:, :3])
        np.testing.assert_allclose(distances, np.sort(expected, axis=1)[:, :3], atol=1e-6)
    assert distances[:2, 0].max() < 1e-6


def test_copies_are_closer_than_new_images():
    images = np.random.default_rng(0).random((900, 4, 4, 1), dtype="float32")
    train, test = images[:300], images[300:]
    assert metrics.closeness(train[:20] + 1e-3, test, train).ratio < 0.05
    assert metrics.closeness(test[:300], test[300:], train).ratio == pytest.approx(1, abs=0.05)
    assert metrics.closeness(test, train[:5], train[:5]).ratio > 1e3
    assert metrics.Closeness(1.0, 0.0).ratio == float("inf")


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: metrics.overlap(np.zeros((4, 2)), np.zeros((9, 2))), "5 neighbours need 6"),
        (lambda: metrics.nearest(np.zeros((1, 2)), np.zeros((2, 2)), 3), "3 nearest neighbours .* received 2"),
        (lambda: metrics.nearest(np.zeros((1, 2)), np.zeros((2, 4))), r"shape \(2,\), their neighbours \(4,\)"),
        (lambda: metrics.nearest(np.full((1, 2), np.nan), np.zeros((2, 2))), "NaN"),
    ],
)
def test_samples_without_neighbours_are_refused(call, says):
    with pytest.raises(UsageError, match=says):
        call()
