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
    """Return images (N, H, W, C) in [-1, 1], and the running statistics."""
    channels = len(w["norm_1.scale"])
    side = int((w["project.kernel"].shape[1] // channels) ** 0.5)
    x = dense(w, "project", latents).reshape(-1, side, side, channels)
    for number in range(1, 1 + len(statistics)):
        x, statistics = batch_norm(w, statistics, f"norm_{number}", x, training)
        x = up(w, f"up_{number}", jax.nn.relu(x))
    return jnp.tanh(x), statistics


def _discriminate(w, statistics, images, training=True):
    """Return logits (N, 1), and the running statistics."""
    x, number = leaky_relu(down(w, "down_1", images)), 1
    for norm in sorted(statistics):
        number += 1
        x, statistics = batch_norm(w, statistics, norm, down(w, f"down_{number}", x), training)
        x = leaky_relu(x)
    return dense(w, "logit", x.reshape(len(x), -1)), statistics
