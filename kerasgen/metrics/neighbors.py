"""Nearest neighbours: how far real and generated features lie on each other, and what samples are copies of."""

from typing import NamedTuple

import numpy as np

from kerasgen.errors import UsageError

_ROWS = 1000  # of distances in memory at once
_ROUNDING = 1e-12  # of squared distances, in units of the squared norms; a copy must not lie outside for it
_VALUES = 2**22  # of what `nearest` looks among, in memory at once


class Overlap(NamedTuple):
    """What `overlap` finds; each is 1 for two sets from one distribution, as far as the samples tell.

    Attributes:
        precision: share of the generated samples inside a real sample's ball, up to its k-th real neighbour and with
            what lies as far as that.
        recall: share of the real samples inside a generated sample's ball, up to its k-th generated neighbour.
        density: how many real samples' balls hold a generated one, over k; can be above 1.
        coverage: share of the real samples whose ball holds a generated one.
    """

    precision: float
    recall: float
    density: float
    coverage: float


def overlap(real, fake, precision_neighbors=3, coverage_neighbors=5):
    """Return the `Overlap` of features (N, D) and (M, D).

    Source: precision and recall, Kynkaanniemi et al. 2019, arXiv:1904.06991, section 2, k = 3; density and coverage,
    Naeem et al. 2020, arXiv:2002.09797, section 3, k = 5. A sample is no neighbour of its own.

    Raises:
        UsageError: not more samples than neighbours.
    """
    most = max(precision_neighbors, coverage_neighbors)
    if min(len(real), len(fake)) <= most:
        raise UsageError(f"{len(real)} real and {len(fake)} generated samples; {most} neighbours need {most + 1}")
    real, fake = (np.asarray(features, "float64") for features in (real, fake))
    radii, wide_radii = (_to_neighbor(real, k) for k in (precision_neighbors, coverage_neighbors))  # squared
    radii_of_fake = _to_neighbor(fake, precision_neighbors)
    precise, balls = [], []
    recalled, covered = np.zeros(len(real), bool), np.zeros(len(real), bool)
    for start in range(0, len(fake), _ROWS):
        part = fake[start : start + _ROWS]
        squares = _squares(part, real) - _ROUNDING * (_norms(part)[:, None] + _norms(real))
        precise.append((squares <= radii).any(axis=1))
        balls.append((squares <= wide_radii).sum(axis=1))
        recalled |= (squares <= radii_of_fake[start : start + _ROWS, None]).any(axis=0)
        covered |= (squares <= wide_radii).any(axis=0)
    density = np.concatenate(balls).mean() / coverage_neighbors
    return Overlap(*map(float, (np.concatenate(precise).mean(), recalled.mean(), density, covered.mean())))


def nearest(queries, among, k=1):
    """Return `(indices, distances)`, each (N, k), of the k nearest of `among` to each of `queries`, nearest first.

    Distances are Euclidean, over all values; of bytes the 255th parts. `among` is read in pieces.

    Args:
        queries: (N, ...), such as images (N, H, W, C).
        among: array or `kerasgen.data.Images`, (M, ...).
        k: how many.

    Raises:
        UsageError: fewer than k among, shapes that differ, or queries that are not finite.
    """
    if len(among) < k:
        raise UsageError(f"the {k} nearest of {len(among)}: there must be {k} or more")
    if not np.isfinite(queries).all():
        raise UsageError("samples hold NaN or infinity; the model that made them is broken")
    indices, squares = np.zeros((len(queries), k), np.int64), np.full((len(queries), k), np.inf)
    step = min(4 * _ROWS, max(1, _VALUES // queries[0].size))
    for start in range(0, len(among), step):
        piece = among[start : start + step]
        if piece.shape[1:] != queries.shape[1:]:
            raise UsageError(f"samples are {queries.shape[1:]} and what is near them {piece.shape[1:]}: give the same")
        piece = _flat(piece)
        for first in range(0, len(queries), _ROWS):
            rows = slice(first, first + _ROWS)
            found = np.concatenate([squares[rows], _squares(_flat(queries[rows]), piece)], axis=1)
            kept = np.argpartition(found, k - 1, axis=1)[:, :k]
            squares[rows] = np.take_along_axis(found, kept, axis=1)
            known = np.take_along_axis(indices[rows], np.minimum(kept, k - 1), axis=1)
            indices[rows] = np.where(kept < k, known, start + kept - k)
    order = squares.argsort(axis=1)
    return np.take_along_axis(indices, order, axis=1), np.sqrt(np.take_along_axis(squares, order, axis=1))


class Closeness(NamedTuple):
    """What `closeness` finds.

    Attributes:
        score_samples: mean distance of a generated sample to its nearest training image.
        of_test: mean distance of a test image to its nearest training image.
    """

    score_samples: float
    of_test: float

    @property
    def ratio(self):
        """Return the first over the second. Below 1 samples are nearer than new images are: copies, or blurred."""
        return self.score_samples / self.of_test if self.of_test else float("inf")


def closeness(samples, test, train):
    """Return the `Closeness` of samples (N, H, W, C) to the images of `train`, beside that of `test` (M, H, W, C).

    Source: Meehan et al. 2020, arXiv:2004.05675, who compare the same distances by their ranks.
    """
    return Closeness(*(float(nearest(images, train)[1].mean()) for images in (samples, test)))


def _to_neighbor(features, k):
    """Return the squared distance (N,) of each sample to its k-th nearest other."""
    return np.concatenate(
        [
            np.partition(_squares(features[start : start + _ROWS], features), k, axis=1)[:, k]
            for start in range(0, len(features), _ROWS)
        ]
    )


def _squares(a, b):
    return (_norms(a)[:, None] + _norms(b) - 2.0 * a @ b.T).clip(0)


def _norms(a):
    return np.sum(a**2, axis=1)


def _flat(values):
    """Return (N, D), in double precision: a copy is then at a distance of 0 within 1e-6."""
    scale = 255.0 if values.dtype == np.uint8 else 1.0
    return values.reshape(len(values), -1).astype("float64") / scale
