"""Images from a model that only reconstructs: a mixture of Gaussians fitted to its latents, and sampled."""

import numpy as np
from sklearn.mixture import GaussianMixture

from kerasgen.errors import UsageError


class LatentMixture:
    """Generates with an encoder and a decoder, from the density that the latents of images really have.

    An autoencoder has no prior to draw latents from; of a VAE the mean latents seldom fill theirs. A mixture with
    full covariances is fitted to the latents after training (Ghosh et al. 2020, arXiv:1903.12436, section 4).

    Args:
        model: with `encode` and `decode`, and without labels.
        images: (N, H, W, C) to fit to, two or more.
        components: how many Gaussians; fewer where there are not more latents that differ.
        seed: of the fit.

    Raises:
        UsageError: a model that cannot encode and decode or that needs labels, or too few images.
    """

    def __init__(self, model, images, components=20, seed=0):
        if not (hasattr(model, "encode") and hasattr(model, "decode")) or getattr(model, "num_classes", 0):
            raise UsageError("a mixture of latents needs an autoencoder or a VAE without labels")
        if len(images) < 2:
            raise UsageError(f"{len(images)} images; a mixture of their latents needs two or more: give more images")
        self.model = model
        latents = model.encode(images).astype("float64")
        # In units of their own spread, so that the floor under the variances means the same for every model
        self.mean, self.scale = latents.mean(axis=0), latents.std(axis=0) + 1e-9
        latents = (latents - self.mean) / self.scale
        different = len(np.unique(latents.round(4), axis=0))
        components = max(1, min(components, different - 1))
        self.mixture = GaussianMixture(components, reg_covar=1e-4, random_state=seed)
        self.mixture.fit(latents)

    @property
    def sample_shape(self):
        """Return (H, W, C) of the images."""
        return self.model.sample_shape

    @property
    def is_of_points(self):
        """Whether the samples are points (D,)."""
        return self.model.is_of_points

    def sample(self, n, seed=None):
        """Return `n` latents (n, latent_dim); the same seed gives the same ones."""
        self.mixture.random_state = seed
        latents, _ = self.mixture.sample(n)  # one component after the other
        return np.random.default_rng(seed).permutation(latents) * self.scale + self.mean

    def generate(self, n, seed=None):
        """Return `n` images (n, H, W, C); the same seed gives the same images."""
        return self.model.decode(self.sample(n, seed))
