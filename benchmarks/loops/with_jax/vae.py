"""The dense VAE in JAX."""

import jax
import jax.numpy as jnp

from benchmarks.loops.with_jax.layers import adam_state, adam_step, dense, leaky_relu


def first_state(weights):
    """Return the state of a training."""
    return {"weights": weights, "adam": adam_state(weights)}


def step(state, key, images, noise):
    """Return the state after a step, and the losses; nothing is drawn with the key."""
    gradient = jax.value_and_grad(_losses, has_aux=True)
    (_, losses), gradients = gradient(state["weights"], images.reshape(len(images), -1), noise)
    weights, adam = adam_step(state["weights"], gradients, state["adam"], 1e-3)
    return {"weights": weights, "adam": adam}, losses


def validate(state, key, images, noise):
    """Return no changes of the state, and the losses."""
    return {}, _losses(state["weights"], images.reshape(len(images), -1), noise)[1]


def _losses(w, pixels, noise):
    """Return the negative bound in nats, and it with its two parts."""
    hidden = leaky_relu(dense(w, "encoder_2", leaky_relu(dense(w, "encoder_1", pixels))))
    mean, log_variance = dense(w, "mean", hidden), dense(w, "log_variance", hidden)
    hidden = leaky_relu(dense(w, "decoder_1", mean + jnp.exp(0.5 * log_variance) * noise))
    logits = dense(w, "pixels", leaky_relu(dense(w, "decoder_2", hidden)))
    error = (jax.nn.softplus(logits) - pixels * logits).sum(-1).mean()
    divergence = -0.5 * (1 + log_variance - mean**2 - jnp.exp(log_variance)).sum(-1).mean()
    return error + divergence, jnp.stack([error + divergence, error, divergence])
