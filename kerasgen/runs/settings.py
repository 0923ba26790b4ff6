"""What a run is told: a recipe with every default filled in."""

from dataclasses import dataclass

from kerasgen import zoo
from kerasgen.errors import UsageError, unknown
from kerasgen.io import checkpoints

PRECISIONS = ("float32", "mixed_bfloat16", "mixed_float16")


@dataclass(frozen=True)
class Settings:
    """All that a run is told: a recipe with every default filled in."""

    recipe: str
    options: dict
    dataset: str
    data_dir: str | None
    image_size: int
    epochs: int
    batch_size: int
    seed: int
    precision: str
    checkpoint_every: str | None = None
    devices: int = 1
    deterministic: bool = False


def resolve(recipe, options=None, seed=0, precision="float32", devices=1, deterministic=False, **overrides):
    """Return the `Settings` of a run: the recipe's own, with what is given and not None put in.

    Args:
        recipe: a recipe's name.
        options: dict of option -> value, or its text.
        seed: of the weights, the noise and the order of the data.
        precision: of the computations, one of `PRECISIONS`; weights are float32.
        devices: how many to train on; each takes its part of every batch.
        deterministic: whether to use no operation whose result depends on chance, such as the order of a sum on a GPU.
        overrides: `dataset`, `data_dir`, `image_size`, `epochs`, `batch_size`, `checkpoint_every`.

    Raises:
        UsageError: unknown recipe or option, a value of the wrong type, a number below 1.
    """
    found = zoo.get(recipe)
    values = {name: getattr(found, name) for name in ("dataset", "image_size", "epochs", "batch_size")}
    values |= {"data_dir": None, "checkpoint_every": None} | {
        name: value for name, value in overrides.items() if value is not None
    }
    for name in ("image_size", "epochs", "batch_size"):
        if values[name] < 1:
            raise UsageError(f"{name} is {values[name]}; it must be 1 or more")
    if devices < 1:
        raise UsageError(f"devices is {devices}; it must be 1 or more")
    if not 0 <= seed < 2**32:
        raise UsageError(f"seed is {seed}; it must lie between 0 and 2**32 - 1")
    if precision not in PRECISIONS:
        raise unknown("precision", precision, PRECISIONS)
    checkpoints.interval(values["checkpoint_every"])
    options = found.resolve(options or {})
    if values["batch_size"] % options.get("packing", 1):
        raise UsageError(f"packing {options['packing']} does not divide the batch size {values['batch_size']}")
    told = {"seed": seed, "precision": precision, "devices": devices, "deterministic": deterministic}
    return Settings(recipe, options, **told, **values)
