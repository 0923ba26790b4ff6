"""Training loops written by hand, against which kerasgen's `fit` is timed.

Each of `with_tensorflow`, `with_jax` and `with_torch` offers `epochs(recipe, data, batch_size, seed)` for each of the
recipes in `SETTINGS`. It returns `epoch()`, which trains one epoch on `data`, a list of NumPy arrays as `noise_images`
makes them, in an order of its own and by whole batches, and returns the mean losses as a dict when the work is done.
What a step takes beside them is in `NOISE`, and is drawn in each. Networks, losses and optimizers are those of the
recipes of the same names with these settings; `tests/test_loops.py` holds them to that.

Each of `translation_with_tensorflow`, `translation_with_jax` and `translation_with_torch` offers `prepare(images)`,
which returns NumPy images (N, H, W, C) in [0, 1] as a step takes them, and a function for each of the recipes in
`NETWORKS`: `pix2pix(image_shape, width, dropout=0.5, jitter=True)`, and `cyclegan` with `blocks=6` for `dropout`.
These return an object with

- `step(a, b)`, which takes one training step with a batch of one image of each domain, cut out of what `prepare`
  returns, and returns the generators' and the discriminators' loss, scalars of the framework;
- `load(name, arrays)`, which fills the network of that name with NumPy arrays, in the order of Keras's variables;
- `run(name, images)`, which returns what the network makes of images (N, H, W, C) in [-1, 1], NumPy arrays both: of
  a generator that was made without dropout, or of a discriminator, of pairs with the channels of both.

They are those of the recipes of the same names, at a learning rate that stays; `tests/test_translation_loops.py` holds
them to that.
"""

import importlib

import numpy as np

from .weights import CLASSES, LATENT

# by recipe, where its defaults are others
SETTINGS = {recipe: {} for recipe in LATENT} | {"vae": {"latent_dim": LATENT["vae"]}}
CONDITIONAL = ("cvae", "cgan")

# by recipe: the kind of each random array that a step takes, and its shape for each image
NOISE = {recipe: [("normal", (latents,))] for recipe, latents in LATENT.items()} | {
    "autoencoder": [],
    "autoencoder-conv": [],
    "denoising-autoencoder": [("normal", (28, 28, 1))],
    "wgan-gp": [("normal", (LATENT["wgan-gp"],)), ("uniform", (1, 1, 1))],
    "vae-gan": [("normal", (2, LATENT["vae-gan"]))],
}

# by recipe: the names of the losses that a step gives
_GAME = ("discriminator_loss", "generator_loss")
_VAE = ("loss", "reconstruction_error", "kl_divergence")
LOGGED = {recipe: ("loss", "mean_squared_error") for recipe in LATENT if "autoencoder" in recipe}
LOGGED |= dict.fromkeys(["vae", "vae-conv", "cvae"], _VAE) | {"vae-gan": (*_VAE, *_GAME)}
LOGGED |= dict.fromkeys(["gan", "cgan", "dcgan", "wgan-gp"], _GAME)

# of the recipes of translation
NETWORKS = {
    "pix2pix": ("generator", "discriminator"),
    "cyclegan": ("generator_ab", "generator_ba", "discriminator_a", "discriminator_b"),
}


def of(backend):
    """Return the module of the loops in that framework: `tensorflow`, `jax` or `torch`."""
    return importlib.import_module(f"{__name__}.with_{backend}")


def score_translation(framework):
    """Return the module of the loops of translation in that framework: `tensorflow`, `jax` or `torch`."""
    return importlib.import_module(f"{__name__}.translation_with_{framework}")


def noise_images(recipe, count):
    """Return a list of what the recipe trains on: images (N, 28, 28, 1), float32 in [0, 1], and labels, int32 (N,)."""
    rng = np.random.default_rng(0)
    images = rng.random((count, 28, 28, 1), dtype="float32")
    return [images, rng.integers(0, CLASSES, count, dtype="int32")] if recipe in CONDITIONAL else [images]
