"""Training loops written by hand, in three frameworks, that kerasgen's `fit` is timed against.

There are three archetypes: a dense VAE, a DCGAN and pix2pix. Networks, losses and optimizers are those of the recipes
of the same names; `python -m checks.loops` verifies it. Each of the packages `with_tensorflow`, `with_jax` and
`with_torch` has two functions:

- `epochs(recipe, data, batch_size, seed, test=None)` returns a function that trains one epoch on `data`, a list of
  NumPy arrays as `noise_images` returns them, in random order and in whole batches, and returns the mean losses as a
  dict. With `test`, a list of the same kind, the epoch ends with a validation, and the dict has `val_` losses too.
- `take_steps(recipe, players, batches, **settings)` takes a step with each batch, NumPy arrays of data and noise, and
  returns the losses (steps, losses). `players` are weights as `weights.first` returns them; the settings of `pix2pix`
  are `dropout` and `jitter`.
"""

import importlib
from types import ModuleType

import numpy as np

from benchmarks.loops.weights import LATENT

# Recipe -> arguments of `kerasgen.create`
SETTINGS = {
    "vae": {"latent_dim": LATENT["vae"]},
    "dcgan": {"width": 64, "hidden_dim": 0, "learning_rate": 2e-4, "average": 0.0},
    "pix2pix": {"image_size": 128, "channels": 3, "width": 64},
}
BATCH_SIZE = {"vae": 100, "dcgan": 128, "pix2pix": 1}
# Recipe -> number of images in an epoch; epochs of all recipes take about the same time
IMAGES = {"vae": 60_000, "dcgan": 5_120, "pix2pix": 20}
# Recipe -> shapes of the normal noise of a step, for each image
NOISE = {"vae": [(LATENT["vae"],)], "dcgan": [(LATENT["dcgan"],)], "pix2pix": []}
# Recipe -> names of the losses of a step
LOSSES = {
    "vae": ("loss", "reconstruction_error", "kl_divergence"),
    "dcgan": ("discriminator_loss", "generator_loss"),
    "pix2pix": ("discriminator_loss", "generator_loss"),
}


def framework(backend: str) -> ModuleType:
    """Return the package of the loops in a framework: `tensorflow`, `jax` or `torch`."""
    return importlib.import_module(f"{__name__}.with_{backend}")


def noise_images(recipe: str, count: int) -> list[np.ndarray]:
    """Return the data that a recipe trains on: noise in [0, 1], one array of images, or two of a translation."""
    rng, settings = np.random.default_rng(0), SETTINGS[recipe]
    size, channels = settings.get("image_size", 28), settings.get("channels", 1)
    return [rng.random((count, size, size, channels), dtype="float32") for _ in range(1 + (recipe == "pix2pix"))]
