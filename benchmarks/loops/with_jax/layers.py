"""Layers as pure functions, running statistics and Adam in JAX. `w` is a dict of name -> array of a player."""

import jax
import jax.numpy as jnp
from jax import lax

_LAYOUT = ("NHWC", "HWIO", "NHWC")


def dense(w, name, x):
    """Return x W + b; without a bias if there is none."""
    return _finished(w, name, x @ w[f"{name}.kernel"])


def leaky_relu(x):
    """Return x where positive, x / 5 elsewhere."""
    return jax.nn.leaky_relu(x, 0.2)


def down(w, name, x, stride=2, padding="SAME"):
    """Return a convolution, by default one that halves the side, with its bias or its instance normalization."""
    kernel = w[f"{name}.kernel"]
    return _finished(w, name, lax.conv_general_dilated(x, kernel, (stride, stride), padding, dimension_numbers=_LAYOUT))


def up(w, name, x):
    """Return a transposed convolution that doubles the side, with its bias or its instance normalization."""
    kernel = w[f"{name}.kernel"]
    x = lax.conv_transpose(x, kernel, (2, 2), "SAME", dimension_numbers=_LAYOUT, transpose_kernel=True)
    return _finished(w, name, x)


def _finished(w, name, x):
    if f"{name}.scale" in w:
        mean, variance = x.mean((1, 2), keepdims=True), x.var((1, 2), keepdims=True)
        return (x - mean) * (w[f"{name}.scale"] * lax.rsqrt(variance + 1e-5)) + w[f"{name}.shift"]
    return x + w[f"{name}.bias"] if f"{name}.bias" in w else x


def batch_norm(w, statistics, name, x, training=True):
    """Return x normalized by the statistics of the batch, and the updated running statistics.

    Without `training`, the running statistics normalize x and do not change.
    """
    axes = tuple(range(x.ndim - 1))
    old_mean, old_variance = statistics[name]
    mean, variance = (x.mean(axes), x.var(axes)) if training else (old_mean, old_variance)
    x = (x - mean) * (w[f"{name}.scale"] * lax.rsqrt(variance + 1e-5)) + w[f"{name}.shift"]
    if not training:
        return x, statistics
    return x, statistics | {name: (0.9 * old_mean + 0.1 * mean, 0.9 * old_variance + 0.1 * variance)}


def first_statistics(w):
    """Return the initial running mean and variance of each batch normalization."""
    shapes = {name.removesuffix(".scale"): array.shape for name, array in w.items() if name.endswith(".scale")}
    return {name: (jnp.zeros(shape), jnp.ones(shape)) for name, shape in shapes.items()}


def adam_state(w):
    """Return the number of steps and the two moments of each weight."""
    return {"t": jnp.zeros((), "int32"), "m": jax.tree.map(jnp.zeros_like, w), "v": jax.tree.map(jnp.zeros_like, w)}


def adam_step(w, gradients, state, learning_rate, beta_1=0.9, beta_2=0.999, epsilon=1e-7):
    """Return `(weights, state)` after one step (Kingma and Ba 2015, algorithm 1, in the form of section 2)."""
    t = state["t"] + 1
    m = jax.tree.map(lambda m, g: beta_1 * m + (1 - beta_1) * g, state["m"], gradients)
    v = jax.tree.map(lambda v, g: beta_2 * v + (1 - beta_2) * g * g, state["v"], gradients)
    rate = learning_rate * jnp.sqrt(1 - beta_2**t) / (1 - beta_1**t)
    w = jax.tree.map(lambda w, m, v: w - rate * m / (jnp.sqrt(v) + epsilon), w, m, v)
    return w, {"t": t, "m": m, "v": v}
