"""What the loops in JAX are built of: layers as pure functions, the running statistics, and Adam."""

import jax
import jax.numpy as jnp
from jax import lax
from jax.nn import softplus


def dense(w, name, x):
    """Return x W + b."""
    return x @ w[f"{name}.kernel"] + w[f"{name}.bias"]


def leaky_relu(x):
    """Return x where positive, x / 5 elsewhere."""
    return jax.nn.leaky_relu(x, 0.2)


def convolution(x, kernel, stride=2, padding="SAME"):
    """Halve the side; or what `stride` and `padding` say."""
    layout = ("NHWC", "HWIO", "NHWC")
    return lax.conv_general_dilated(x, kernel, (stride, stride), padding, dimension_numbers=layout)


def transposed_convolution(x, kernel, padding="SAME"):
    """Double the side; or with "VALID", and a kernel of 3, make it one larger than that."""
    layout = ("NHWC", "HWIO", "NHWC")
    return lax.conv_transpose(x, kernel, (2, 2), padding, dimension_numbers=layout, transpose_kernel=True)


def batch_norm(w, statistics, name, x):
    """Normalise by the batch's statistics; return the running ones too."""
    axes = tuple(range(x.ndim - 1))
    mean, variance = x.mean(axes), x.var(axes)
    x = (x - mean) * (w[f"{name}.scale"] * lax.rsqrt(variance + 1e-5)) + w[f"{name}.shift"]
    old_mean, old_variance = statistics[name]
    return x, statistics | {name: (0.9 * old_mean + 0.1 * mean, 0.9 * old_variance + 0.1 * variance)}


def layer_norm(w, statistics, name, x):
    """Normalise each image by itself; return the running statistics, of which it has none."""
    mean, variance = x.mean((1, 2, 3), keepdims=True), x.var((1, 2, 3), keepdims=True)
    return (x - mean) * lax.rsqrt(variance + 1e-5) * w[f"{name}.scale"] + w[f"{name}.shift"], statistics


def first_statistics(weights):
    """Return the running mean and variance of each batch normalisation."""
    shapes = {name.removesuffix(".scale"): w.shape for name, w in weights.items() if name.endswith(".scale")}
    return {name: (jnp.zeros(shape), jnp.ones(shape)) for name, shape in shapes.items()}


def cross_entropy(pixels, logits):
    """Return the mean over the batch of the sum over the pixels, in nats; both (N, pixels)."""
    return (softplus(logits) - pixels * logits).sum(-1).mean()


def adam_state(weights):
    """Return the step's number and the two moments of each weight."""
    return {
        "t": jnp.zeros((), "int32"),
        "m": jax.tree.map(jnp.zeros_like, weights),
        "v": jax.tree.map(jnp.zeros_like, weights),
    }


def adam_step(weights, gradients, state, learning_rate, beta_1=0.9, beta_2=0.999, epsilon=1e-7):
    """Return `(weights, state)` after one step (Kingma and Ba 2015, algorithm 1, in the form of section 2)."""
    t = state["t"] + 1
    m = jax.tree.map(lambda m, g: beta_1 * m + (1 - beta_1) * g, state["m"], gradients)
    v = jax.tree.map(lambda v, g: beta_2 * v + (1 - beta_2) * g * g, state["v"], gradients)
    rate = learning_rate * jnp.sqrt(1 - beta_2**t) / (1 - beta_1**t)
    weights = jax.tree.map(lambda w, m, v: w - rate * m / (jnp.sqrt(v) + epsilon), weights, m, v)
    return weights, {"t": t, "m": m, "v": v}
