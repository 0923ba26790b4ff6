"""The DCGAN in JAX: the fakes are made once for both players."""

import jax
import jax.numpy as jnp
from jax.nn import softplus

from benchmarks.loops.with_jax.layers import (
    adam_state,
    adam_step,
    batch_norm,
    dense,
    down,
    first_statistics,
    leaky_relu,
    up,
)


def first_state(generator, discriminator):
    """Return the state of a training."""
    return {
        "g": generator,
        "g_adam": adam_state(generator),
        "g_statistics": first_statistics(generator),
        "d": discriminator,
        "d_adam": adam_state(discriminator),
        "d_statistics": first_statistics(discriminator),
    }


def step(state, key, images, latents):
    """Return the state after a step of both players, and the losses; nothing is drawn with the key."""
    real = images * 2 - 1
    fake, pull, g_statistics = jax.vjp(lambda g: _generate(g, state["g_statistics"], latents), state["g"], has_aux=True)

    def discriminator_loss(d):
        on_real, statistics = _discriminate(d, state["d_statistics"], real)
        on_fake, statistics = _discriminate(d, statistics, fake)
        return softplus(-on_real).mean() + softplus(on_fake).mean(), statistics

    (d_loss, statistics), gradients = jax.value_and_grad(discriminator_loss, has_aux=True)(state["d"])
    d, d_adam = adam_step(state["d"], gradients, state["d_adam"], 2e-4, beta_1=0.5)

    def generator_loss(fake):
        on_fake, after = _discriminate(d, statistics, fake)
        return softplus(-on_fake).mean(), after

    (g_loss, d_statistics), gradient = jax.value_and_grad(generator_loss, has_aux=True)(fake)
    g, g_adam = adam_step(state["g"], *pull(gradient), state["g_adam"], 2e-4, beta_1=0.5)
    state = {"g": g, "g_adam": g_adam, "g_statistics": g_statistics}
    state |= {"d": d, "d_adam": d_adam, "d_statistics": d_statistics}
    return state, jnp.stack([d_loss, g_loss])


def validate(state, key, images, latents):
    """Return no changes of the state, and the losses with the running statistics."""
    fake, _ = _generate(state["g"], state["g_statistics"], latents, training=False)
    on_real, on_fake = (
        _discriminate(state["d"], state["d_statistics"], x, training=False)[0] for x in (images * 2 - 1, fake)
    )
    d_loss = softplus(-on_real).mean() + softplus(on_fake).mean()
    return {}, jnp.stack([d_loss, softplus(-on_fake).mean()])


def _generate(w, statistics, latents, training=True):
    """Return images (N, 28, 28, 1) in [-1, 1], and the running statistics."""
    x = dense(w, "project", latents).reshape(-1, 7, 7, 128)
    x, statistics = batch_norm(w, statistics, "norm_1", x, training)
    x, statistics = batch_norm(w, statistics, "norm_2", up(w, "up_1", jax.nn.relu(x)), training)
    return jnp.tanh(up(w, "up_2", jax.nn.relu(x))), statistics


def _discriminate(w, statistics, images, training=True):
    """Return logits (N, 1), and the running statistics."""
    x = leaky_relu(down(w, "down_1", images))
    x, statistics = batch_norm(w, statistics, "norm_3", down(w, "down_2", x), training)
    x, statistics = batch_norm(w, statistics, "norm_4", down(w, "down_3", leaky_relu(x)), training)
    return dense(w, "logit", leaky_relu(x).reshape(len(x), -1)), statistics
