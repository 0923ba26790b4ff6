"""Number of modes that a generator covers: modes of a mixture of Gaussians, or classes predicted by a classifier.

Source: Lin et al. 2018 (PacGAN), arXiv:1712.04086, sections 4.1 and 4.2, and the authors' code.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from kerasgen.errors import UsageError

if TYPE_CHECKING:
    from kerasgen.data import Mixture

WITHIN = 3.0  # standard deviations


class ModeCoverage(NamedTuple):
    """Result of `mode_coverage`.

    Attributes:
        modes: number of modes with at least one high-quality sample.
        high_quality: share of samples less than 3 standard deviations away from their nearest mode. For samples of
            the mixture it is 1 - exp(-9/2) = 0.989 in two dimensions and 0.997 in one.
        reverse_kl: KL(generated || target) in nats over the modes, with a uniform target: log K - H(number of
            high-quality samples at each mode). It is infinite if there are no high-quality samples.
        reverse_kl_of_all: the same, with every finite sample counted for its nearest mode.
    """

    modes: int
    high_quality: float
    reverse_kl: float
    reverse_kl_of_all: float


def mode_coverage(samples: np.ndarray, mixture: Mixture) -> ModeCoverage:
    """Return the coverage of the modes of a mixture by points.

    The estimator is that of the authors' code. Distances are Euclidean, in units of sigma. Samples of poor quality
    count only in `high_quality`; samples that are not finite have poor quality. The plug-in entropy is not
    corrected: the expected `reverse_kl` of N perfect samples is (K - 1) / 2N.

    Args:
        samples: points (N, D).
        mixture: `kerasgen.data.Mixture` with K modes in D dimensions.

    Raises:
        UsageError: no samples, or points of a different dimension.

    Example:
        >>> from kerasgen.data.sources.mixtures import MIXTURES
        >>> mode_coverage(MIXTURES["ring-8"].means[:3], MIXTURES["ring-8"]).modes
        3
    """
    modes, dimensions = mixture.means.shape
    samples = np.asarray(samples, "float64")
    if samples.ndim != 2 or not len(samples) or samples.shape[1] != dimensions:
        raise UsageError(f"samples have shape {samples.shape}; this mixture needs (N, {dimensions}), N of 1 or more")
    finite = samples[np.isfinite(samples).all(axis=1)]
    distances = np.linalg.norm(finite[:, None] - mixture.means, axis=-1) / mixture.sigma  # (N, K)
    nearest = distances.argmin(axis=1)
    good = nearest[distances.min(axis=1) < WITHIN]
    counts, counts_of_all = (np.bincount(indices, minlength=modes) for indices in (good, nearest))
    return ModeCoverage(
        int(np.count_nonzero(counts)), len(good) / len(samples), _kl_to_uniform(counts), _kl_to_uniform(counts_of_all)
    )


def class_coverage(labels: np.ndarray, num_classes: int) -> tuple[int, float]:
    """Return the number of classes with a sample, and the reverse KL divergence from the uniform distribution.

    The divergence is in nats and not corrected: its expected value for N perfect samples is (num_classes - 1) / 2N.

    Args:
        labels: int (N,), the classes that a classifier predicts for samples.
        num_classes: number of classes; each class is a mode.

    Raises:
        UsageError: no labels.

    Example:
        >>> class_coverage(np.array([0, 1]), num_classes=2)
        (2, 0.0)
    """
    if not len(labels):
        raise UsageError("no samples: give 1 or more")
    counts = np.bincount(labels, minlength=num_classes)
    return int(np.count_nonzero(counts)), _kl_to_uniform(counts)


def _kl_to_uniform(counts):
    """Return KL(counts / N || uniform) in nats."""
    if not counts.any():
        return float("inf")
    shares = counts[counts > 0] / counts.sum()
    return float(np.sum(shares * np.log(shares * len(counts))))
