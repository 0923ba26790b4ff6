"""The loops in JAX: one jitted pure function for each step, its state donated."""

import functools

import jax
import jax.numpy as jnp
import numpy as np

from benchmarks.loops import LOSSES, NOISE, weights
from benchmarks.loops.with_jax import dcgan, pix2pix, vae

RECIPES = {"vae": vae, "dcgan": dcgan, "pix2pix": pix2pix}


def take_steps(recipe, players, batches, **settings):
    """Return the losses (steps, losses) of a step with each batch; see `benchmarks.loops`."""
    state = RECIPES[recipe].first_state(*jax.tree.map(jnp.array, players))
    step = jax.jit(functools.partial(RECIPES[recipe].step, **settings))
    losses = []
    for number, batch in enumerate(batches):
        state, of_step = step(state, jax.random.key(number), *batch)
        losses.append(np.asarray(of_step))
    return np.stack(losses)


def epochs(recipe, data, batch_size, seed, test=None):
    """Return a function that trains one epoch; see `benchmarks.loops`."""
    players = weights.first(recipe, seed, *data[0].shape[2:])
    state = RECIPES[recipe].first_state(*jax.tree.map(jnp.array, players))
    state |= {"totals": jnp.zeros(len(LOSSES[recipe])), "key": jax.random.key(seed)}

    def with_noise(function):
        def call(state, *batch):
            key, own, *keys = jax.random.split(state["key"], 2 + len(NOISE[recipe]))
            shapes = zip(keys, NOISE[recipe], strict=True)
            noise = [jax.random.normal(key, (batch_size, *shape)) for key, shape in shapes]
            after, losses = function(state, own, *batch, *noise)
            return state | after | {"key": key, "totals": state["totals"] + losses}

        return jax.jit(call, donate_argnums=0)

    def means(function, arrays, order):
        nonlocal state
        count = len(order) // batch_size
        state["totals"] = jnp.zeros(len(LOSSES[recipe]))
        for rows in order[: count * batch_size].reshape(count, batch_size):
            state = function(state, *(array[rows] for array in arrays))
        return {name: float(total) / count for name, total in zip(LOSSES[recipe], np.asarray(state["totals"]))}

    rng = np.random.default_rng(seed)
    step, validate = with_noise(RECIPES[recipe].step), with_noise(RECIPES[recipe].validate)

    def epoch():
        losses = means(step, data, rng.permutation(len(data[0])))
        if test is not None:
            validation = means(validate, test, np.arange(len(test[0])))
            losses |= {f"val_{name}": value for name, value in validation.items()}
        return losses

    return epoch
