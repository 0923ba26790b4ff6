"""Training loops written by hand, against which kerasgen's `fit` is timed: one file for each framework.

Each of `with_tensorflow`, `with_jax` and `with_torch` offers a function for each of the recipes in `SETTINGS`, such as
`vae(images, batch_size, seed)`, which returns `epoch()`: it trains one epoch on the NumPy array `images`
(N, 28, 28, 1), float32 in [0, 1], in an order of its own and by whole batches, and returns the mean losses as a
dict when the work is done. Networks, losses and optimizers are those of the recipes of the same names with these
settings; `tests/test_loops.py` holds them to that.
"""

import importlib

# by recipe, where its defaults are others
SETTINGS = {"autoencoder": {}, "vae": {"latent_dim": 200}, "gan": {}, "dcgan": {}}


def load(backend, recipe):
    """Return the loop of that backend (`tensorflow`, `jax` or `torch`) and recipe, one of `SETTINGS`."""
    return getattr(importlib.import_module(f"{__name__}.with_{backend}"), recipe)
