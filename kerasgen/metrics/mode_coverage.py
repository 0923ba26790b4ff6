"""How many modes a generator makes: of a mixture of Gaussians, or of classes that a classifier tells apart.

Source: Lin et al. 2018 (PacGAN), arXiv:1712.04086, sections 4.1 and 4.2, and the authors' code.
"""

from typing import NamedTuple

import numpy as np

from kerasgen.errors import UsageError

WITHIN = 3.0  # standard deviations


class ModeCoverage(NamedTuple):
    """What `mode_coverage` finds.

    Attributes:
        modes: how many modes have at least one high-quality sample.
        high_quality: share of the samples that are less than 3 standard deviations away from their nearest mode;
            for the mixture itself 1 - exp(-9/2) = 0.989 in two dimensions, 0.997 in one.
        reverse_kl: KL(generated || target) in nats over the modes, where the target is uniform: log K - H(counts of
            the high-quality samples at each mode). Infinite if there are none.
        reverse_kl_of_all: the same where every finite sample counts for its nearest mode, of high quality or not.
    """

    modes: int
    high_quality: float
    reverse_kl: float
    reverse_kl_of_all: float


def mode_coverage(samples, mixture):
    """Return the `ModeCoverage` of `samples`, (N, D) or (N, D), of the modes of a `Mixture`.

    This is the estimator of the authors' code: distances are Euclidean, in units of sigma; counts that are of poor
    quality enter `high_quality` alone; nothing corrects the plug-in entropy, which on average puts `reverse_kl` of
    perfect samples at (K - 1) / 2N. Samples that are not finite are of no quality.

    Raises:
        UsageError: no samples, or points of another dimension than the mixture's.
    """
    modes, dimensions = mixture.means.shape
    samples = np.asarray(samples, "float64")
    if not samples.size or samples.shape[-1] != dimensions:
        raise UsageError(f"samples have shape {samples.shape}; this mixture needs (N, {dimensions}), N of 1 or more")
    samples = samples.reshape(-1, dimensions)
    finite = samples[np.isfinite(samples).all(axis=1)]
    distances = np.linalg.norm(finite[:, None] - mixture.means, axis=-1) / mixture.sigma  # (N, K)
    nearest = distances.argmin(axis=1)
    good = nearest[distances.min(axis=1) < WITHIN]
    counts, counts_of_all = (np.bincount(found, minlength=modes) for found in (good, nearest))
    return ModeCoverage(
        int(np.count_nonzero(counts)), len(good) / len(samples), _from_uniform(counts), _from_uniform(counts_of_all)
    )


def class_coverage(labels, num_classes):
    """Return `(modes, reverse KL)` of the labels (N,) that a classifier reads off samples; each class is a mode.

    A mode is found if one sample has its label. The divergence, in nats, is that of the labels' shares from the
    uniform distribution: nothing corrects it, and N perfect samples are on average at (num_classes - 1) / 2N.

    Raises:
        UsageError: no labels.
    """
    if not len(labels):
        raise UsageError("no samples: give 1 or more")
    counts = np.bincount(labels, minlength=num_classes)
    return int(np.count_nonzero(counts)), _from_uniform(counts)


def _from_uniform(counts):
    """Return KL(counts / N || uniform) in nats."""
    if not counts.any():
        return float("inf")
    shares = counts[counts > 0] / counts.sum()
    return float(np.sum(shares * np.log(shares * len(counts))))
