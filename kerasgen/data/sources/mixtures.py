"""Points in the plane and on the line: mixtures of Gaussians with known modes, and two moons.

The mixtures show which modes a GAN loses.
"""

from dataclasses import dataclass

import numpy as np

from kerasgen.data.array_source import ArraySource
from kerasgen.data.dataset import Dataset, Images
from kerasgen.data.load_options import LoadOptions
from kerasgen.errors import check_whole

TRAIN, TEST = 100_000, 2_500  # points, as in Lin et al. 2018


@dataclass(frozen=True, eq=False)
class Mixture:
    """Gaussians of equal weight and equal standard deviation in every direction.

    Attributes:
        means: float array (K, D), one row for each mode.
        sigma: standard deviation, above 0.

    Example:
        >>> points, modes = Mixture(np.array([[0.0, 0.0], [1.0, 0.0]]), 0.1).sample(5)
        >>> points.shape, modes.shape
        ((5, 2), (5,))
    """

    means: np.ndarray
    sigma: float

    def sample(self, n: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
        """Return `n` points, float32 (n, D), and their modes, int64 (n,)."""
        generator = np.random.default_rng(check_whole("seed", seed))
        modes = generator.integers(len(self.means), size=check_whole("n", n))
        points = self.means[modes] + self.sigma * generator.standard_normal((n, self.means.shape[1]))
        return points.astype("float32"), modes

    def log_density(self, points: np.ndarray) -> np.ndarray:
        """Return the logarithm of the density at points (N, D) in nats, float64 (N,).

        Example:
            >>> Mixture(np.zeros((1, 2)), 1.0).log_density(np.zeros((1, 2))).round(3)
            array([-1.838])
        """
        modes, dimensions = self.means.shape
        squares = [np.square((points - mean) / self.sigma).sum(axis=1, dtype="float64") for mean in self.means]
        constant = 0.5 * dimensions * np.log(2 * np.pi) + dimensions * np.log(self.sigma) + np.log(modes)
        return np.logaddexp.reduce(-0.5 * np.stack(squares), axis=0) - constant


def _ring(modes: int, radius: float) -> np.ndarray:
    angles = 2 * np.pi * np.arange(modes) / modes
    return radius * np.stack([np.cos(angles), np.sin(angles)], axis=1)


def _grid(side: int, spacing: float) -> np.ndarray:
    ticks = spacing * (np.arange(side) - (side - 1) / 2)
    return np.stack(np.meshgrid(ticks, ticks, indexing="ij"), axis=-1).reshape(-1, 2)


MIXTURES = {
    # Away from 0, where generators begin, so that the samples visibly move: figure 1 of Goodfellow et al. 2014.
    "gaussian-1d": Mixture(np.array([[3.0]]), 1.0),
    # Lin et al. 2018 (PacGAN, arXiv:1712.04086), section 4.1, after Srivastava et al. 2017 (VEEGAN).
    "ring-8": Mixture(_ring(8, radius=1.0), 0.01),
    "grid-25": Mixture(_grid(5, spacing=2.0), 0.05),
}


# Source of flows to the moons: figure 1 of Cheng and Schwing 2025, arXiv:2503.10636, with the variance 0.1 ** 0.5 of
# its code, which is that of Tong et al. 2024, arXiv:2302.00482.
EIGHT_GAUSSIANS = Mixture(_ring(8, radius=5.0), 0.1**0.25)
MOONS = "moons"


def sample_moons(n: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Return `n` points of two half circles of radius 3, float32 (n, 2), and the index of each half circle, int64 (n,).

    Each point is moved along the diagonal by a uniform distance.

    Args:
        n: number of points.
        seed: seed of the points.

    Source:
        Cheng and Schwing 2025, arXiv:2503.10636, figure 1, with the noise 0.2 of its code.

    Example:
        >>> points, moons = sample_moons(5)
        >>> points.shape, moons.shape
        ((5, 2), (5,))
    """
    generator = np.random.default_rng(check_whole("seed", seed))
    moons = generator.integers(2, size=check_whole("n", n))
    angles = np.pi * generator.random(n)
    circle = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    points = np.where(moons[:, None] == 0, circle, [1.0, 0.5] - circle) + 0.2 * generator.random((n, 1))
    return (3.0 * points - 1.0).astype("float32"), moons


def load(name: str, options: LoadOptions) -> Dataset:
    """Return 100,000 points to train and 2,500 to test with, always the same; the labels are their modes or moons.

    A sample is a point (D,), float32 of any range. The set has no image size and a test part of its own, so that the
    options have no effect.
    """
    sample = sample_moons if name == MOONS else MIXTURES[name].sample
    parts = [sample(n, seed) for seed, n in enumerate((TRAIN, TEST))]
    train, test = (Images(ArraySource(points), labels=modes) for points, modes in parts)
    if name == MOONS:
        return Dataset(name, train, test, ["upper moon", "lower moon"], content="noise 0.2")
    mixture = MIXTURES[name]
    class_names = [f"mode {mode}" for mode in range(len(mixture.means))]
    return Dataset(name, train, test, class_names, content=f"sigma {mixture.sigma}")
