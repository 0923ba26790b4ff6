"""Training loops written by hand, against which kerasgen's `fit` is timed: one file for each framework.

Each of `with_tensorflow`, `with_jax` and `with_torch` offers a function for each of the recipes in `SETTINGS`, such as
`vae(images, batch_size, seed)`, which returns `epoch()`: it trains one epoch on the NumPy array `images`
(N, 28, 28, 1), float32 in [0, 1], in an order of its own and by whole batches, and returns the mean losses as a
dict when the work is done. Networks, losses and optimizers are those of the recipes of the same names with these
settings; `tests/test_loops.py` holds them to that.

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

# by recipe, where its defaults are others
SETTINGS = {"autoencoder": {}, "vae": {"latent_dim": 200}, "gan": {}, "dcgan": {}}

# of the recipes of translation
NETWORKS = {
    "pix2pix": ("generator", "discriminator"),
    "cyclegan": ("generator_ab", "generator_ba", "discriminator_a", "discriminator_b"),
}


def load(backend, recipe):
    """Return the loop of that backend (`tensorflow`, `jax` or `torch`) and recipe, one of `SETTINGS`."""
    return getattr(importlib.import_module(f"{__name__}.with_{backend}"), recipe)


def of_translation(framework):
    """Return the module of the loops of translation in that framework: `tensorflow`, `jax` or `torch`."""
    return importlib.import_module(f"{__name__}.translation_with_{framework}")
