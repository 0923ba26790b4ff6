"""Distances between two sets of features, real and generated: Frechet and kernel (maximum mean discrepancy)."""

import numpy as np

from kerasgen.errors import UsageError


def frechet_distance(real, fake):
    """Return the squared Frechet distance of the Gaussians that have the features' means and covariances.

    ||m1 - m2||^2 + tr(S1 + S2 - 2 (S1 S2)^(1/2)), with the unbiased covariances; 0 for the same features. It grows
    with fewer samples: compare values of equal numbers only.

    Source: Heusel et al. 2017, arXiv:1706.08500, eq. 6, there on features of the Inception network (FID).

    Args:
        real, fake: features (N, D) and (M, D).

    Raises:
        UsageError: fewer than two samples, widths that differ, or values that are not finite.
    """
    real, fake = _checked(real, fake)
    means = real.mean(axis=0), fake.mean(axis=0)
    # With S = R^T R the trace of (S1 S2)^(1/2) is the sum of the singular values of R1 R2^T
    roots = [
        np.linalg.qr(features - mean, mode="r") / np.sqrt(len(features) - 1)
        for features, mean in zip((real, fake), means)
    ]
    overlap = np.linalg.svd(roots[0] @ roots[1].T, compute_uv=False).sum()
    distance = np.sum((means[0] - means[1]) ** 2) + sum(np.sum(root**2) for root in roots) - 2 * overlap
    return max(0.0, float(distance))


def kernel_distance(real, fake, subsets=100, subset_size=1000, seed=0):
    """Return `(mean, standard deviation)` over random subsets of the unbiased squared maximum mean discrepancy.

    The kernel is (x . y / D + 1)^3. The mean does not depend on how many samples there are, and can be below 0. Where
    a subset is all there is, of one of the two sets or of both, subsets do not tell the deviation: it is None.

    Source: Binkowski et al. 2018, arXiv:1801.01401, section 4, there on features of the Inception network (KID).

    Args:
        real, fake: features (N, D) and (M, D).
        subsets, subset_size: how many subsets, and of how many samples; of all there are, if they are fewer.
        seed: of the subsets.

    Raises:
        UsageError: as `frechet_distance`.
    """
    real, fake = _checked(real, fake)
    size = min(subset_size, len(real), len(fake))
    generator = np.random.default_rng(seed)
    found = [
        _discrepancy(*(features[generator.choice(len(features), size, replace=False)] for features in (real, fake)))
        for _ in range(subsets)
    ]
    return float(np.mean(found)), float(np.std(found)) if size < min(len(real), len(fake)) else None


def _discrepancy(x, y):
    size, width = x.shape
    of_x, of_y, of_both = ((a @ b.T / width + 1.0) ** 3 for a, b in ((x, x), (y, y), (x, y)))
    within = (of_x.sum() - np.trace(of_x) + of_y.sum() - np.trace(of_y)) / (size * (size - 1))
    return within - 2.0 * of_both.mean()


def _checked(real, fake):
    real, fake = (np.asarray(features, "float64") for features in (real, fake))
    if real.ndim != 2 or fake.ndim != 2 or real.shape[1] != fake.shape[1] or min(len(real), len(fake)) < 2:
        raise UsageError(f"features have shapes {real.shape} and {fake.shape}; expected (N, D) and (M, D), 2 or more")
    if not (np.isfinite(real).all() and np.isfinite(fake).all()):
        raise UsageError("features hold NaN or infinity; the model that made them, or its images, are broken")
    return real, fake
