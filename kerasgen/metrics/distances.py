"""Distances between real and generated features: Frechet, kernel (maximum mean discrepancy) and Wasserstein."""

import numpy as np

from kerasgen.errors import UsageError, check_whole


def frechet_distance(real: np.ndarray, fake: np.ndarray) -> float:
    """Return the squared Frechet distance between Gaussians with the means and covariances of the features.

    The value is ||m1 - m2||^2 + tr(S1 + S2 - 2 (S1 S2)^(1/2)) with unbiased covariances; it is 0 for equal features.
    It grows when there are fewer samples: compare only values of equal sample sizes.

    Args:
        real: features of real samples, (N, D).
        fake: features of generated samples, (M, D).

    Raises:
        UsageError: fewer than two samples, different widths, or values that are not finite.

    Source:
        Heusel et al. 2017, arXiv:1706.08500, eq. 6, there on features of the Inception network (FID).

    Example:
        >>> frechet_distance(np.array([[0.0], [1.0]]), np.array([[2.0], [3.0]]))
        4.0
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


def kernel_distance(
    real: np.ndarray, fake: np.ndarray, subsets: int = 100, subset_size: int = 1000, seed: int = 0
) -> tuple[float, float | None]:
    """Return the mean and standard deviation, over random subsets, of the squared maximum mean discrepancy.

    The estimator is unbiased and the kernel is (x . y / D + 1)^3. The mean does not depend on the number of samples
    and can be negative. The deviation is None if a subset contains all samples of one of the two sets.

    Args:
        real: features of real samples, (N, D).
        fake: features of generated samples, (M, D).
        subsets: number of subsets.
        subset_size: number of samples in a subset; all samples, if there are fewer.
        seed: seed of the subsets.

    Raises:
        UsageError: as `frechet_distance`.

    Source:
        Binkowski et al. 2018, arXiv:1801.01401, section 4, there on features of the Inception network (KID).

    Example:
        >>> features = np.array([[0.0], [1.0]])
        >>> kernel_distance(features, features, subsets=1)
        (-3.5, None)
    """
    real, fake = _checked(real, fake)
    subsets, subset_size = check_whole("subsets", subsets, 1), check_whole("subset_size", subset_size, 2)
    size = min(subset_size, len(real), len(fake))
    generator = np.random.default_rng(check_whole("seed", seed))
    values = [
        _discrepancy(*(features[generator.choice(len(features), size, replace=False)] for features in (real, fake)))
        for _ in range(subsets)
    ]
    return float(np.mean(values)), float(np.std(values)) if size < min(len(real), len(fake)) else None


def squared_wasserstein_distance(real: np.ndarray, fake: np.ndarray) -> float:
    """Return the squared 2-Wasserstein distance between equally many points, by an exact assignment.

    Two sets of N points of one distribution have a distance above 0, which falls with N: compare only values of equal
    N. The time grows with about the third power of N; 4,000 points take seconds.

    Args:
        real: points (N, D).
        fake: points (N, D).

    Raises:
        UsageError: sets of different shapes, or values that are not finite.

    Source:
        The distance of Tong et al. 2024, arXiv:2302.00482, table 2, squared.

    Example:
        >>> squared_wasserstein_distance(np.array([[0.0], [1.0]]), np.array([[3.0], [2.0]]))
        4.0
    """
    real, fake = np.asarray(real, "float64"), np.asarray(fake, "float64")
    if real.ndim != 2 or real.shape != fake.shape or not len(real):
        raise UsageError(f"the points have shapes {real.shape} and {fake.shape}; give two sets (N, D) of one shape")
    if not (np.isfinite(real).all() and np.isfinite(fake).all()):
        raise UsageError("points are not finite")
    from scipy.optimize import linear_sum_assignment
    from scipy.spatial.distance import cdist

    costs = cdist(real, fake, "sqeuclidean")
    return float(costs[linear_sum_assignment(costs)].mean())


def _discrepancy(x, y):
    """Return the unbiased squared discrepancy of two sets (N, D) of equal size."""
    size, width = x.shape
    within_x, within_y, between = ((a @ b.T / width + 1.0) ** 3 for a, b in ((x, x), (y, y), (x, y)))
    within = (within_x.sum() - np.trace(within_x) + within_y.sum() - np.trace(within_y)) / (size * (size - 1))
    return within - 2.0 * between.mean()


def _checked(real, fake):
    real, fake = (np.asarray(features, "float64") for features in (real, fake))
    if real.ndim != 2 or fake.ndim != 2 or real.shape[1] != fake.shape[1] or min(len(real), len(fake)) < 2:
        raise UsageError(f"features have shapes {real.shape} and {fake.shape}; expected (N, D) and (M, D), 2 or more")
    if not (np.isfinite(real).all() and np.isfinite(fake).all()):
        raise UsageError("features contain NaN or infinity; check the images and the model that generated them")
    return real, fake
