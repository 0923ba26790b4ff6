"""Training loops written by hand, against which kerasgen's `fit` is timed: one file for each framework.

Each of `with_tensorflow`, `with_jax` and `with_torch` offers `vae(images, batch_size, seed)` and
`dcgan(images, batch_size, seed)`, which return `epoch()`: it trains one epoch on the NumPy array `images`
(N, 28, 28, 1), float32 in [0, 1], in an order of its own and by whole batches, and returns the mean losses as a
dict when the work is done. Networks, losses and optimizers are those of the recipes of the same names with `SETTINGS`;
`tests/test_loops.py` holds them to that.
"""

import importlib

SETTINGS = {"vae": {"latent_dim": 200}, "dcgan": {}}  # where a recipe's defaults are others


def load(backend, recipe):
    """Return the loop of that backend (`tensorflow`, `jax` or `torch`) and recipe (`vae` or `dcgan`)."""
    return getattr(importlib.import_module(f"{__name__}.with_{backend}"), recipe)
