"""Samples of an autoencoder: a mixture of Gaussians fitted to the latents of images."""

from pathlib import Path
from typing import Any

import numpy as np
from sklearn.mixture import GaussianMixture

from kerasgen.errors import UsageError, check_whole

_SMALLEST_SCALE = 1e-9  # of a latent that never varies


class LatentMixture:
    """Generator that draws latents from a mixture of Gaussians and decodes them.

    An autoencoder has no prior to draw latents from, and the mean latents of a VAE seldom fill its prior. A mixture
    with full covariances is fitted to the latents of images after training.

    Args:
        model: model without labels that encodes and decodes.
        images: images (N, H, W, C), two or more.
        components: number of Gaussians; fewer if there are not more distinct latents.
        seed: seed of the fit.

    Raises:
        UsageError: a model that cannot encode and decode or needs labels, or fewer than two images.

    Source:
        Ghosh et al. 2020, arXiv:1903.12436, section 4.

    Example:
        >>> import kerasgen
        >>> model = kerasgen.create("autoencoder", image_size=8, hidden_dim=4, latent_dim=2)
        >>> images = kerasgen.data.load("digits", image_size=8).train[:100]
        >>> LatentMixture(model, images, components=3).generate(5, seed=0).shape
        (5, 8, 8, 1)
    """

    num_classes = 0
    generate_options: dict[str, Any] = {}

    def __init__(self, model: Any, images: np.ndarray, components: int = 20, seed: int = 0):
        from kerasgen.models.base.abilities import Decodes, Encodes

        if not (isinstance(model, Encodes) and isinstance(model, Decodes)) or getattr(model, "num_classes", False):
            raise UsageError("a mixture of latents needs a model without labels that encodes and decodes")
        if len(images) < 2:
            raise UsageError(f"a mixture of latents needs two or more images; received {len(images)}")
        self.model: Any = model
        latents = model.encode(images).astype("float64")
        # Standardised, so that the floor of the variances means the same for every model
        self.mean, self.scale = latents.mean(axis=0), latents.std(axis=0) + _SMALLEST_SCALE
        latents = (latents - self.mean) / self.scale
        distinct = len(np.unique(latents.round(4), axis=0))
        components = max(1, min(components, distinct - 1))
        self.mixture = GaussianMixture(components, reg_covar=1e-4, random_state=seed)
        self.mixture.fit(latents)
        self._roots = np.linalg.cholesky(self.mixture.covariances_)  # (components, latent_dim, latent_dim)

    @property
    def sample_shape(self) -> tuple[int, ...]:
        """Return the shape of a sample."""
        return self.model.sample_shape

    def sample_latents(self, n: int, seed: int | None = None) -> np.ndarray:
        """Return `n` latents (n, latent_dim); latent i of a seed does not depend on `n`.

        Raises:
            UsageError: `n` is not a whole number above 0, or the seed is negative.
        """
        n = check_whole("n", n, 1, 2**31 - 1)
        sequence = np.random.SeedSequence(np.random.randint(2**31) if seed is None else check_whole("seed", seed))
        choice, noise = (np.random.default_rng(child) for child in sequence.spawn(2))
        # Each latent takes one uniform of the first generator, and one row of normals of the second
        uniforms, normals = choice.random(n), noise.standard_normal((n, len(self.mean)))
        chosen = np.searchsorted(np.cumsum(self.mixture.weights_), uniforms, side="right")
        chosen = chosen.clip(max=len(self._roots) - 1)  # the weights may sum to a little less than 1
        latents = np.empty_like(normals)
        for component, root in enumerate(self._roots):
            rows = chosen == component
            latents[rows] = self.mixture.means_[component] + normals[rows] @ root.T
        return latents * self.scale + self.mean

    def generate(self, n: int, seed: int | None = None, labels: None = None) -> np.ndarray:
        """Return `n` samples (n, *sample_shape); sample i of a seed does not depend on `n`.

        Raises:
            UsageError: labels, which the mixture does not have; and as `sample_latents`.
        """
        if labels is not None:
            raise UsageError("a mixture of latents has no classes; leave the labels out")
        return self.model.decode(self.sample_latents(n, seed))

    def save(self, folder: Path) -> None:
        """Write `mixture.npz` into a folder."""
        mixture = self.mixture
        arrays = {"weights": mixture.weights_, "means": mixture.means_, "covariances": mixture.covariances_}
        np.savez(folder / "mixture.npz", mean=self.mean, scale=self.scale, **arrays)

    @classmethod
    def load(cls, model: Any, folder: Path) -> "LatentMixture":
        """Return the mixture that `save` wrote.

        Raises:
            OSError, ValueError, KeyError: a missing or damaged file.
        """
        self = cls.__new__(cls)
        self.model = model
        with np.load(folder / "mixture.npz", allow_pickle=False) as arrays:
            self.mean, self.scale = arrays["mean"], arrays["scale"]
            self.mixture = GaussianMixture(len(arrays["weights"]))
            for name in ("weights", "means", "covariances"):
                setattr(self.mixture, f"{name}_", arrays[name])
        self._roots = np.linalg.cholesky(self.mixture.covariances_)
        return self
