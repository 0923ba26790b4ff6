"""Samples of an autoencoder or VAE: flow matching on the latents of images."""

from pathlib import Path
from typing import Any

import numpy as np

from kerasgen.errors import UsageError

BATCH = 256
_SMALLEST_SCALE = 1e-9  # of a latent that never varies


class LatentFlow:
    """Generator that draws latents by a flow matching model and decodes them.

    The flow is an MLP that is trained on the standardised mean latents of images.

    Args:
        model: model without labels that encodes and decodes.
        images: images (N, H, W, C), two or more; None if the flow is given.
        steps: number of training steps.
        hidden_dim: units of each hidden layer.
        seed: seed of the training.
        parts: `(mean, scale, flow)` of an earlier training, or None.

    Raises:
        UsageError: a model that cannot encode and decode or needs labels, or fewer than two images.

    Source:
        Lipman et al. 2023, arXiv:2210.02747; flows of latents as in Dao et al. 2023, arXiv:2307.08698.

    Example:
        >>> import kerasgen
        >>> model = kerasgen.create("autoencoder", image_size=8, hidden_dim=4, latent_dim=2)
        >>> images = kerasgen.data.load("digits", image_size=8).train[:100]
        >>> LatentFlow(model, images, steps=2, hidden_dim=8).generate(5, seed=0).shape
        (5, 8, 8, 1)
    """

    num_classes = 0

    def __init__(
        self,
        model: Any,
        images: np.ndarray | None,
        steps: int = 4000,
        hidden_dim: int = 256,
        seed: int = 0,
        parts: tuple[np.ndarray, np.ndarray, Any] | None = None,
    ):
        from kerasgen.models.base.abilities import Decodes, Encodes

        if not (isinstance(model, Encodes) and isinstance(model, Decodes)) or getattr(model, "num_classes", False):
            raise UsageError("a flow of latents needs a model without labels that encodes and decodes")
        self.model: Any = model
        if parts is not None:
            self.mean, self.scale, self.flow = parts
            return
        if images is None or len(images) < 2:
            count = 0 if images is None else len(images)
            raise UsageError(f"a flow of latents needs two or more images; received {count}")
        latents = model.encode(images).astype("float64")
        self.mean, self.scale = latents.mean(axis=0), latents.std(axis=0) + _SMALLEST_SCALE
        self.flow = _train(((latents - self.mean) / self.scale).astype("float32"), steps, hidden_dim, seed)

    @property
    def sample_shape(self) -> tuple[int, ...]:
        """Return the shape of a sample."""
        return self.model.sample_shape

    @property
    def generate_options(self) -> Any:
        """Return the options of the flow's `generate`."""
        return self.flow.generate_options

    def sample_latents(self, n: int, seed: int | None = None, **options: Any) -> np.ndarray:
        """Return `n` latents (n, latent_dim); latent i of a seed does not depend on `n`.

        Raises:
            UsageError: see `Diffusion.generate`.
        """
        return self.flow.generate(n, seed=seed, **options) * self.scale + self.mean

    def generate(self, n: int, seed: int | None = None, labels: None = None, **options: Any) -> np.ndarray:
        """Return `n` samples (n, *sample_shape); sample i of a seed does not depend on `n`.

        Raises:
            UsageError: labels, which the flow does not know; and as `sample_latents`.
        """
        if labels is not None:
            raise UsageError("a flow of latents has no classes; leave the labels out")
        return self.model.decode(self.sample_latents(n, seed, **options))

    def save(self, folder: Path) -> None:
        """Write `flow.keras` and `latents.npz` into a folder."""
        self.flow.save(folder / "flow.keras")
        np.savez(folder / "latents.npz", mean=self.mean, scale=self.scale)

    @classmethod
    def load(cls, model: Any, folder: Path) -> "LatentFlow":
        """Return the flow that `save` wrote.

        Raises:
            ModelFileError: a damaged file.
        """
        import kerasgen

        with np.load(folder / "latents.npz", allow_pickle=False) as arrays:
            mean, scale = arrays["mean"], arrays["scale"]
        return cls(model, None, parts=(mean, scale, kerasgen.load(folder / "flow.keras")))


def _train(latents, steps, hidden_dim, seed):
    """Return a flow matching model trained on latents (N, D); the learning rate falls to 0."""
    import keras

    from kerasgen import zoo
    from kerasgen.data.batches import Batches
    from kerasgen.data.dataset import ArraySource, Images

    keras.utils.set_random_seed(seed)
    flow = zoo.get("flow").create(latents.shape[1:], 1, hidden_dim=hidden_dim)
    flow.compile(keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(1e-3, steps)))
    batches = Batches(Images(ArraySource(latents)), min(BATCH, len(latents)), shuffle=True, seed=seed)
    epochs, rest = divmod(steps, len(batches))
    if epochs:
        flow.fit(batches, epochs=epochs, shuffle=False, verbose=0)
    if rest:
        flow.fit(batches, steps_per_epoch=rest, shuffle=False, verbose=0)
    return flow
