"""Samples of an autoencoder or VAE: a flow that is trained on the latents of images."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from kerasgen.errors import ModelFileError, UsageError, check_whole

RECIPES = ("flow", "realnvp")
BATCH = 256
_SMALLEST_SCALE = 1e-9  # of a latent that never varies


class LatentFlow:
    """Generator that draws latents from a flow and decodes them.

    The flow is trained on the standardised mean latents of images. It is flow matching with an MLP, or a RealNVP. Flow
    matching also learns the classes of labelled images. If `generate` gets no labels, it draws classes with their
    frequencies among the images.

    Args:
        model: model without labels that encodes and decodes.
        images: images (N, H, W, C), two or more; None if the flow is given.
        labels: classes of the images, int (N,), for flow matching; or None.
        class_names: names of the classes; by default their numbers.
        recipe: recipe of the flow, `"flow"` or `"realnvp"`.
        steps: number of training steps.
        seed: seed of the training.
        parts: `(mean, scale, frequencies, flow)` of an earlier training, or None.
        options: options of the recipe, such as `hidden_dim`.

    Raises:
        UsageError: a model that cannot encode and decode or needs labels, fewer than two images, or labels for a
            recipe without classes.

    Source:
        Lipman et al. 2023, arXiv:2210.02747; flows of latents as in Dao et al. 2023, arXiv:2307.08698.

    Example:
        >>> import kerasgen
        >>> model = kerasgen.create("autoencoder", image_size=8, hidden_dim=4, latent_dim=2)
        >>> images = kerasgen.data.load("digits", image_size=8).train[:100]
        >>> LatentFlow(model, images, steps=2, hidden_dim=8).generate(5, seed=0).shape
        (5, 8, 8, 1)
    """

    def __init__(
        self,
        model: Any,
        images: np.ndarray | None,
        labels: np.ndarray | None = None,
        class_names: Sequence[str] | None = None,
        recipe: str = "flow",
        steps: int = 4000,
        seed: int = 0,
        parts: tuple[np.ndarray, np.ndarray, np.ndarray, Any] | None = None,
        **options: Any,
    ):
        from kerasgen.models.base.abilities import Decodes, Encodes

        if not (isinstance(model, Encodes) and isinstance(model, Decodes)) or getattr(model, "num_classes", False):
            raise UsageError("a flow of latents needs a model without labels that encodes and decodes")
        self.model: Any = model
        if parts is not None:
            self.mean, self.scale, self.frequencies, self.flow = parts
            return
        if images is None or len(images) < 2:
            count = 0 if images is None else len(images)
            raise UsageError(f"a flow of latents needs two or more images; received {count}")
        self.frequencies, classes = np.zeros(0), {}
        if labels is not None:
            if "conditional" not in _recipe(recipe).options:
                raise UsageError(f"a {recipe} of latents has no classes; leave the labels out")
            labels, classes = _check_labels(labels, class_names, len(images))
            self.frequencies = np.bincount(labels, minlength=classes["num_classes"]) / len(labels)
        latents = model.encode(images).astype("float64")
        self.mean, self.scale = latents.mean(axis=0), latents.std(axis=0) + _SMALLEST_SCALE
        latents = ((latents - self.mean) / self.scale).astype("float32")
        self.flow = _train(latents, labels, recipe, steps, seed, classes | options)

    @property
    def sample_shape(self) -> tuple[int, ...]:
        """Return the shape of a sample."""
        return self.model.sample_shape

    @property
    def num_classes(self) -> int:
        """Return the number of classes; 0 if the flow has none."""
        return self.flow.num_classes

    @property
    def origin(self) -> dict[str, Any] | None:
        """Return the recipe of the flow, with the names of the classes."""
        return self.flow.origin

    @property
    def generate_options(self) -> Any:
        """Return the options of the flow's `generate`."""
        return self.flow.generate_options

    def sample_latents(self, n: int, seed: int | None = None, labels: Any = None, **options: Any) -> np.ndarray:
        """Return `n` latents (n, latent_dim); latent i of a seed does not depend on `n`.

        Args:
            n: number of latents.
            seed: seed of the noise and of the classes.
            labels: one class or classes (n,); by default they are drawn with their frequencies.
            options: values of `generate_options`.

        Raises:
            UsageError: labels, and the flow has no classes; and see the `generate` of the flow.
        """
        if labels is not None and not self.num_classes:
            raise UsageError("this flow of latents has no classes; leave the labels out")
        if labels is None and self.num_classes:
            labels = self._draw_labels(check_whole("n", n, 1, 2**31 - 1), seed)
        return self.flow.generate(n, seed=seed, labels=labels, **options) * self.scale + self.mean

    def _draw_labels(self, n, seed):
        sequence = np.random.SeedSequence(np.random.randint(2**31) if seed is None else check_whole("seed", seed))
        uniforms = np.random.default_rng(sequence.spawn(1)[0]).random(n)
        cumulative = np.cumsum(self.frequencies)
        return np.searchsorted(cumulative / cumulative[-1], uniforms, side="right")

    def generate(self, n: int, seed: int | None = None, labels: Any = None, **options: Any) -> np.ndarray:
        """Return `n` samples (n, *sample_shape); sample i of a seed does not depend on `n`.

        Args:
            n: number of samples.
            seed: seed of the noise and of the classes.
            labels: one class or classes (n,); by default they are drawn with their frequencies.
            options: values of `generate_options`, such as `steps` and `guidance`.

        Raises:
            UsageError: as `sample_latents`.
        """
        return self.model.decode(self.sample_latents(n, seed, labels, **options))

    def save(self, folder: Path) -> None:
        """Write `flow.keras` and `latents.npz` into a folder."""
        self.flow.save(folder / "flow.keras")
        np.savez(folder / "latents.npz", mean=self.mean, scale=self.scale, frequencies=self.frequencies)

    @classmethod
    def load(cls, model: Any, folder: Path) -> "LatentFlow":
        """Return the flow that `save` wrote.

        Raises:
            OSError, ValueError, KeyError: a missing or damaged file.
            ModelFileError: a damaged file, or a flow of other latents.
        """
        import kerasgen

        with np.load(folder / "latents.npz", allow_pickle=False) as arrays:
            mean, scale, frequencies = arrays["mean"], arrays["scale"], arrays["frequencies"]
        flow = kerasgen.load(folder / "flow.keras")
        if not (flow.sample_shape == mean.shape == scale.shape and frequencies.shape == (flow.num_classes,)):
            raise ModelFileError(f"{folder} has a flow of {flow.sample_shape} and latents of {mean.shape}")
        return cls(model, None, parts=(mean, scale, frequencies, flow))


def _recipe(name):
    """Return the recipe of a flow.

    Raises:
        UsageError: another recipe.
    """
    from kerasgen import zoo
    from kerasgen.errors import unknown

    if name not in RECIPES:
        raise unknown("recipe of a flow of latents", name, RECIPES)
    return zoo.get(name)


def _check_labels(labels, class_names, count):
    """Return labels, int64 (N,), and the classes as arguments of `Recipe.create`.

    Raises:
        UsageError: not one class for each image.
    """
    labels = np.asarray(labels)
    if labels.shape != (count,) or labels.dtype.kind not in "iu" or labels.min() < 0:
        raise UsageError(
            f"labels have shape {labels.shape} and type {labels.dtype}; {count} images need ({count},) class indices"
        )
    num_classes = int(labels.max()) + 1 if class_names is None else len(class_names)
    if labels.max() >= num_classes:
        raise UsageError(f"labels are at most {labels.max()}, and there are {num_classes} names of classes")
    return labels.astype("int64"), {"conditional": True, "num_classes": num_classes, "class_names": class_names}


def _train(latents, labels, recipe, steps, seed, options):
    """Return a flow trained on latents (N, D); the learning rate falls to 0."""
    import keras

    from kerasgen.data.array_source import ArraySource
    from kerasgen.data.batches import Batches
    from kerasgen.data.dataset import Images

    keras.utils.set_random_seed(seed)
    flow = _recipe(recipe).create(latents.shape[1:], **{"num_classes": 1} | options)
    rate = keras.optimizers.schedules.CosineDecay(1e-3, steps)
    flow.compile(keras.optimizers.Adam(rate, clipnorm=flow.optimizer.clipnorm))
    images = Images(ArraySource(latents), labels=labels)
    size = min(BATCH, len(latents))
    batches = Batches(images, size, shuffle=True, seed=seed, labels=labels is not None)
    epochs, rest = divmod(steps, len(batches))
    if epochs:
        flow.fit(batches, epochs=epochs, shuffle=False, verbose=0)
    if rest:
        flow.fit(batches, steps_per_epoch=rest, shuffle=False, verbose=0)
    return flow
