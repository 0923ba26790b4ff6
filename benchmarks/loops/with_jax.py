"""The loops in JAX: one jitted pure function for each step, with its state donated."""

import jax
import jax.numpy as jnp
import numpy as np

from . import LOGGED, NOISE, weights
from .autoencoders_with_jax import AUTOENCODERS
from .games_with_jax import GAMES

DRAW = {"normal": jax.random.normal, "uniform": jax.random.uniform}


def trainer(recipe, arrays):
    """Return `(state, step)`, with arrays as `weights.first` makes.

    `step(state, *batch)` returns the state after it, for a batch of data and noise; it adds the losses to `totals`.
    """
    state, step = (AUTOENCODERS | GAMES)[recipe](arrays)
    return state | {"totals": jnp.zeros(len(LOGGED[recipe]))}, step


def epochs(recipe, data, batch_size, seed):
    """Return `epoch()` that trains the recipe; see `loops`."""
    state, step_with = trainer(recipe, weights.first(recipe, seed))

    def step(state, *batch):
        key, *keys = jax.random.split(state["key"], 1 + len(NOISE[recipe]))
        kinds = zip(keys, NOISE[recipe], strict=True)
        noise = [DRAW[kind](key, (batch_size, *shape)) for key, (kind, shape) in kinds]
        return step_with(state, *batch, *noise) | {"key": key}

    step = jax.jit(step, donate_argnums=0)
    state["key"] = jax.random.key(seed)
    rng, count = np.random.default_rng(seed), len(data[0]) // batch_size

    def epoch():
        nonlocal state
        state["totals"] = jnp.zeros(len(LOGGED[recipe]))
        for rows in rng.permutation(len(data[0]))[: count * batch_size].reshape(count, batch_size):
            state = step(state, *(array[rows] for array in data))
        return {name: float(total) / count for name, total in zip(LOGGED[recipe], np.asarray(state["totals"]))}

    return epoch
