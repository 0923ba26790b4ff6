"""How far two sets of features, real and generated, lie on each other, judged by nearest neighbours."""

from typing import NamedTuple

import numpy as np

from kerasgen.errors import UsageError

_ROWS = 1000  # of distances in memory at once


class Overlap(NamedTuple):
    """What `overlap` finds; each is 1 for two sets from one distribution, as far as the samples tell.

    Attributes:
        precision: share of the generated samples inside a real sample's ball, up to its k-th real neighbour.
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

    Source: precision and recall, Kynkaanniemi et al. 2019, arXiv:1904.06991, eq. 1 to 3, k = 3; density and
    coverage, Naeem et al. 2020, arXiv:2002.09797, eq. 4 and 6, k = 5. A sample is no neighbour of its own.

    Raises:
        UsageError: not more samples than neighbours.
    """
    most = max(precision_neighbors, coverage_neighbors)
    if min(len(real), len(fake)) <= most:
        raise UsageError(f"{len(real)} real and {len(fake)} generated samples; {most} neighbours need {most + 1}")
    real, fake = (np.asarray(features, "float64") for features in (real, fake))
    radii, wide_radii = (_to_neighbor(real, k) for k in (precision_neighbors, coverage_neighbors))
    radii_of_fake = _to_neighbor(fake, precision_neighbors)
    precise, balls = [], []
    recalled, covered = np.zeros(len(real), bool), np.zeros(len(real), bool)
    for start in range(0, len(fake), _ROWS):
        distances = _distances(fake[start : start + _ROWS], real)
        precise.append((distances < radii).any(axis=1))
        balls.append((distances < wide_radii).sum(axis=1))
        recalled |= (distances < radii_of_fake[start : start + _ROWS, None]).any(axis=0)
        covered |= (distances < wide_radii).any(axis=0)
    density = np.concatenate(balls).mean() / coverage_neighbors
    return Overlap(*map(float, (np.concatenate(precise).mean(), recalled.mean(), density, covered.mean())))


def nearest(queries, among):
    """Return `(indices, distances)`, each (N,), of the nearest of `among` (M, D) to each of `queries` (N, D)."""
    indices, distances = [], []
    for start in range(0, len(queries), _ROWS):
        found = _distances(queries[start : start + _ROWS], among)
        indices.append(found.argmin(axis=1))
        distances.append(found.min(axis=1))
    return np.concatenate(indices), np.concatenate(distances)


def _to_neighbor(features, k):
    """Return the distance (N,) of each sample to its k-th nearest other."""
    return np.concatenate(
        [
            np.partition(_distances(features[start : start + _ROWS], features), k, axis=1)[:, k]
            for start in range(0, len(features), _ROWS)
        ]
    )


def _distances(a, b):
    squares = np.sum(a**2, axis=1)[:, None] + np.sum(b**2, axis=1) - 2.0 * a @ b.T
    return np.sqrt(squares.clip(0))
