"""The settings of a run: a recipe with every default filled in."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from numbers import Integral
from typing import Any

from kerasgen import zoo
from kerasgen.errors import UsageError, unknown
from kerasgen.io.checkpoints import parse_interval

PRECISIONS = ("float32", "mixed_bfloat16", "mixed_float16")
# Smallest and largest value of each whole number
_LIMITS = {
    "image_size": (2, 2**13),
    "epochs": (1, 10**7),
    "batch_size": (1, 2**20),
    "devices": (1, 2**12),
    "seed": (0, 2**32 - 1),
}


@dataclass(frozen=True)
class Settings:
    """All settings of a run.

    Attributes:
        recipe: name of the recipe.
        options: option of the recipe -> value.
        dataset: name or path of the data set.
        data_dir: directory in which TensorFlow Datasets keeps its data sets, or None.
        image_size: side of the square images in pixels. None means that images that all have one size keep it if the
            recipe can make it; others get the size of the recipe.
        epochs: number of epochs.
        batch_size: number of examples in a batch.
        seed: seed of the weights, the noise and the order of the data.
        precision: precision of the computations, one of `PRECISIONS`; weights are float32.
        checkpoint_every: interval of additional checkpoints, such as `500steps`, or None.
        devices: number of devices; each takes its part of every batch.
        deterministic: whether all operations are deterministic.

    Raises:
        UsageError: unknown recipe or option, a value of the wrong type, or a number out of range.

    Example:
        >>> resolve("vae", epochs=3).epochs
        3
    """

    recipe: str
    options: dict[str, Any]
    dataset: str | os.PathLike
    data_dir: str | os.PathLike | None
    image_size: int | None
    epochs: int
    batch_size: int
    seed: int
    precision: str
    checkpoint_every: str | None = None
    devices: int = 1
    deterministic: bool = False

    def __post_init__(self) -> None:
        """Check all values, and fill in options that are missing."""
        object.__setattr__(self, "options", zoo.get(self.recipe).resolve(self.options))
        for name, (minimum, maximum) in _LIMITS.items():
            value = getattr(self, name)
            if name == "image_size" and value is None:
                continue
            whole = isinstance(value, Integral) and not isinstance(value, bool)
            if not whole or not minimum <= int(value) <= maximum:
                limits = f"of {minimum} or more and at most {maximum:,}"
                raise UsageError(f"{name} is {value!r}; it must be a whole number {limits}")
            object.__setattr__(self, name, int(value))
        if self.precision not in PRECISIONS:
            raise unknown("precision", self.precision, PRECISIONS)
        parse_interval(self.checkpoint_every)
        packing = self.options.get("packing", 1)
        if self.batch_size % packing:
            raise UsageError(f"packing {packing} does not divide the batch size {self.batch_size}")


def resolve(
    recipe: str,
    options: Mapping[str, Any] | None = None,
    *,
    dataset: str | os.PathLike | None = None,
    data_dir: str | os.PathLike | None = None,
    image_size: int | None = None,
    epochs: int | None = None,
    batch_size: int | None = None,
    seed: int = 0,
    precision: str = "float32",
    checkpoint_every: str | None = None,
    devices: int = 1,
    deterministic: bool = False,
) -> Settings:
    """Return the `Settings` of a run: the defaults of the recipe, replaced by the arguments that are not None.

    Args:
        recipe: name of a recipe.
        options: option of the recipe -> value, or the text of the value.
        dataset: name or path of the data set.
        data_dir: directory in which TensorFlow Datasets keeps its data sets.
        image_size: side of the square images in pixels. By default that of the recipe for a bundled set; images of
            other sets that all have one size keep it if the recipe can make it.
        epochs: number of epochs.
        batch_size: number of examples in a batch.
        seed: seed of the weights, the noise and the order of the data.
        precision: precision of the computations, one of `PRECISIONS`; weights are float32.
        checkpoint_every: interval of additional checkpoints, such as `500steps` or `10min`.
        devices: number of devices; each takes its part of every batch.
        deterministic: whether to use only deterministic operations, which is slower on a GPU.

    Raises:
        UsageError: unknown recipe or option, a value of the wrong type, or a number out of range.

    Example:
        >>> settings = resolve("vae", {"latent_dim": "2"}, epochs=3)
        >>> settings.options["latent_dim"], settings.dataset
        (2, 'mnist-10k')
    """
    from kerasgen.data import sources

    defaults = zoo.get(recipe)
    kind = sources.samples_of(dataset or defaults.dataset)
    of_kind = {"points": defaults.points, "codes": defaults.codes}.get(kind, {})
    given: dict[str, Any] = {"dataset": dataset, "epochs": epochs, "batch_size": batch_size}
    if image_size is None and sources.is_bundled(dataset or defaults.dataset):
        image_size = defaults.image_size
    return Settings(
        recipe,
        {name: value for name, value in of_kind.items() if name not in given} | dict(options or {}),
        data_dir=data_dir,
        image_size=image_size,
        seed=seed,
        precision=precision,
        checkpoint_every=checkpoint_every,
        devices=devices,
        deterministic=deterministic,
        **{
            name: of_kind.get(name, getattr(defaults, name)) if value is None else value
            for name, value in given.items()
        },
    )
