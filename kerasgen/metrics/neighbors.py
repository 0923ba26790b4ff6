"""Nearest-neighbour metrics: the overlap of real and generated features, and a test for copies."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from kerasgen.errors import UsageError

if TYPE_CHECKING:
    from kerasgen.data import Images

_ROWS = 1000  # rows of a distance matrix in memory
_VALUES = 2**22  # values that `nearest` reads together
_ROUNDING = 1e-12  # tolerance of squared distances relative to the squared norms, so that a copy is inside a ball


class Overlap(NamedTuple):
    """Result of `overlap`.

    For two large sets from one distribution the expected density is exactly 1 and the expected coverage, with k = 5,
    is 1 - 2^-5 = 0.97. Precision and recall have no such value. For two sets of 1,000 samples of a standard normal
    distribution, with k = 3, they are about 0.98 in 2 dimensions, 0.89 in 8 and 0.63 in 64.

    Attributes:
        precision: share of generated samples inside the ball of a real sample. The ball of a sample reaches to its
            k-th neighbour in the same set and includes its surface.
        recall: share of real samples inside the ball of a generated sample.
        density: mean number of real balls that contain a generated sample, divided by k; it can exceed 1.
        coverage: share of real samples with a generated sample inside their ball.
    """

    precision: float
    recall: float
    density: float
    coverage: float


def overlap(real: np.ndarray, fake: np.ndarray, precision_neighbors: int = 3, coverage_neighbors: int = 5) -> Overlap:
    """Return precision, recall, density and coverage of generated features.

    A sample is not its own neighbour.

    Args:
        real: features of real samples, (N, D).
        fake: features of generated samples, (M, D).
        precision_neighbors: k of precision and recall.
        coverage_neighbors: k of density and coverage.

    Raises:
        UsageError: a set has no more samples than neighbours.

    Source:
        Precision and recall: Kynkaanniemi et al. 2019, arXiv:1904.06991, section 2, k = 3. Density and coverage:
        Naeem et al. 2020, arXiv:2002.09797, section 3, k = 5.

    Example:
        >>> features = np.arange(8.0)[:, None]
        >>> overlap(features, features).precision
        1.0
    """
    needed = max(precision_neighbors, coverage_neighbors) + 1
    if min(len(real), len(fake)) < needed:
        raise UsageError(
            f"{len(real)} real and {len(fake)} generated samples; {needed - 1} neighbours need {needed} of each"
        )
    real, fake = (np.asarray(features, "float64") for features in (real, fake))
    mean = real.mean(axis=0)  # subtracted, because the rounding errors of distances grow with the norms
    real, fake = real - mean, fake - mean
    radii, wide_radii = (_squared_radii(real, k) for k in (precision_neighbors, coverage_neighbors))
    fake_radii = _squared_radii(fake, precision_neighbors)
    precise, balls = [], []
    recalled, covered = np.zeros(len(real), bool), np.zeros(len(real), bool)
    for start in range(0, len(fake), _ROWS):
        part = fake[start : start + _ROWS]
        squares = _squared_distances(part, real) - _ROUNDING * (_squared_norms(part)[:, None] + _squared_norms(real))
        precise.append((squares <= radii).any(axis=1))
        balls.append((squares <= wide_radii).sum(axis=1))
        recalled |= (squares <= fake_radii[start : start + _ROWS, None]).any(axis=0)
        covered |= (squares <= wide_radii).any(axis=0)
    density = np.concatenate(balls).mean() / coverage_neighbors
    return Overlap(*map(float, (np.concatenate(precise).mean(), recalled.mean(), density, covered.mean())))


def nearest(queries: np.ndarray, among: np.ndarray | Images, k: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Return the indices and distances of the k nearest neighbours of each query, nearest first.

    Distances are Euclidean over all values; uint8 values are divided by 255. `among` is read in pieces.

    Args:
        queries: (N, ...), such as images (N, H, W, C).
        among: array or `kerasgen.data.Images`, (M, ...).
        k: number of neighbours.

    Returns:
        Two arrays (N, k): int64 and float64.

    Raises:
        UsageError: fewer than k rows in `among`, different shapes, or queries that are not finite.

    Example:
        >>> nearest(np.array([[0.9]]), np.array([[0.0], [1.0], [5.0]]))[0]
        array([[1]])
    """
    if len(among) < k:
        raise UsageError(f"the {k} nearest neighbours need {k} or more images to choose from; received {len(among)}")
    if not np.isfinite(queries).all():
        raise UsageError("samples contain NaN or infinity; check the model that generated them")
    center = _flat(queries).mean(axis=0)
    indices, squares = np.zeros((len(queries), k), np.int64), np.full((len(queries), k), np.inf)
    step = min(4 * _ROWS, max(1, _VALUES // queries[0].size))
    for start in range(0, len(among), step):
        piece = among[start : start + step]
        if piece.shape[1:] != queries.shape[1:]:
            raise UsageError(f"samples have shape {queries.shape[1:]}, their neighbours {piece.shape[1:]}")
        piece = _flat(piece) - center
        for first in range(0, len(queries), _ROWS):
            rows = slice(first, first + _ROWS)
            candidates = np.concatenate(
                [squares[rows], _squared_distances(_flat(queries[rows]) - center, piece)], axis=1
            )
            kept = np.argpartition(candidates, k - 1, axis=1)[:, :k]
            squares[rows] = np.take_along_axis(candidates, kept, axis=1)
            earlier = np.take_along_axis(indices[rows], np.minimum(kept, k - 1), axis=1)
            indices[rows] = np.where(kept < k, earlier, start + kept - k)
    order = squares.argsort(axis=1)
    return np.take_along_axis(indices, order, axis=1), np.sqrt(np.take_along_axis(squares, order, axis=1))


class Closeness(NamedTuple):
    """Result of `closeness`.

    Attributes:
        sample_distance: mean distance of a generated sample to its nearest training image.
        test_distance: mean distance of a test image to its nearest training image.
    """

    sample_distance: float
    test_distance: float

    @property
    def ratio(self) -> float:
        """Return the first distance over the second; below 1, samples are copies of training images or blurred."""
        return self.sample_distance / self.test_distance if self.test_distance else float("inf")


def closeness(samples: np.ndarray, test: np.ndarray, train: np.ndarray | Images) -> Closeness:
    """Return the mean distances of samples and of test images to their nearest training images.

    Args:
        samples: generated images (N, H, W, C).
        test: test images (M, H, W, C).
        train: training images (K, H, W, C).

    Source:
        Meehan et al. 2020, arXiv:2004.05675, who compare the ranks of these distances.

    Example:
        >>> closeness(np.array([[1.0]]), np.array([[2.0]]), np.array([[0.0]])).ratio
        0.5
    """
    return Closeness(*(float(nearest(images, train)[1].mean()) for images in (samples, test)))


def _squared_radii(features, k):
    """Return the squared distance (N,) of each sample to its k-th nearest other sample."""
    return np.concatenate(
        [
            np.partition(_squared_distances(features[start : start + _ROWS], features), k, axis=1)[:, k]
            for start in range(0, len(features), _ROWS)
        ]
    )


def _squared_distances(a, b):
    return (_squared_norms(a)[:, None] + _squared_norms(b) - 2.0 * a @ b.T).clip(0)


def _squared_norms(a):
    return np.sum(a**2, axis=1)


def _flat(values):
    """Return (N, D) in double precision, so that a copy is at a distance below 1e-6."""
    scale = 255.0 if values.dtype == np.uint8 else 1.0
    return values.reshape(len(values), -1).astype("float64") / scale
