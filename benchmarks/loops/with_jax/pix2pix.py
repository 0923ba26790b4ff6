"""pix2pix in JAX: a U-Net and a discriminator of patches, instance normalization, L1."""

import jax
import jax.numpy as jnp
from jax import lax
from jax.nn import relu, softplus

from benchmarks.loops.with_jax.layers import adam_state, adam_step, down, leaky_relu, up

DROPPED = 3  # blocks of the U-Net with dropout


def first_state(generator, discriminator):
    """Return the state of a training."""
    return {"g": generator, "g_adam": adam_state(generator), "d": discriminator, "d_adam": adam_state(discriminator)}


def step(state, key, a, b, dropout=0.5, jitter=True):
    """Return the state after a step of the discriminator and one of the generator, and the losses."""
    jitter_key, dropout_key = jax.random.split(key)
    a, b = a * 2 - 1, b * 2 - 1
    if jitter:
        a, b = jnp.split(jittered(jnp.concatenate([a, b], -1), jitter_key), 2, -1)
    fake, pull = jax.vjp(lambda g: _generate(g, a, dropout_key, dropout), state["g"])

    def discriminator_loss(d):
        on_real, on_fake = (_discriminate(d, a, x) for x in (b, fake))
        return (softplus(-on_real).mean() + softplus(on_fake).mean()) / 2

    d_loss, gradients = jax.value_and_grad(discriminator_loss)(state["d"])
    d, d_adam = adam_step(state["d"], gradients, state["d_adam"], 2e-4, beta_1=0.5)

    def generator_loss(fake):
        return softplus(-_discriminate(d, a, fake)).mean() + 100 * jnp.abs(fake - b).mean()

    g_loss, gradient = jax.value_and_grad(generator_loss)(fake)
    g, g_adam = adam_step(state["g"], *pull(gradient), state["g_adam"], 2e-4, beta_1=0.5)
    return {"g": g, "g_adam": g_adam, "d": d, "d_adam": d_adam}, jnp.stack([d_loss, g_loss])


def validate(state, key, a, b, dropout=0.5):
    """Return no changes of the state, and the losses without jitter."""
    a, b = a * 2 - 1, b * 2 - 1
    fake = _generate(state["g"], a, key, dropout)
    on_real, on_fake = (_discriminate(state["d"], a, x) for x in (b, fake))
    d_loss = (softplus(-on_real).mean() + softplus(on_fake).mean()) / 2
    return {}, jnp.stack([d_loss, softplus(-on_fake).mean() + 100 * jnp.abs(fake - b).mean()])


def _generate(w, images, key, dropout):
    """Return the translations, (N, H, W, C) in [-1, 1] like the images."""
    depth = sum(name.startswith("down") and name.endswith("kernel") for name in w)
    x, skips = images, []
    for number in range(1, depth + 1):
        x = down(w, f"down_{number}", leaky_relu(x) if number > 1 else x)
        skips.append(x)
    for number, skip in enumerate(reversed(skips[:-1]), 1):
        x = up(w, f"up_{number}", relu(x))
        if dropout and number <= min(DROPPED, depth - 2):
            kept = jax.random.bernoulli(jax.random.fold_in(key, number), 1 - dropout, x.shape)
            x = jnp.where(kept, x / (1 - dropout), 0)
        x = jnp.concatenate([x, skip], -1)
    return jnp.tanh(up(w, f"up_{depth}", relu(x)))


def _discriminate(w, a, b):
    """Return logits (N, h, w, 1), one for each patch of 70x70."""
    x, around = jnp.concatenate([a, b], -1), ((1, 1), (1, 1))
    for name in ("down_1", "down_2", "down_3"):
        x = leaky_relu(down(w, name, x))
    x = leaky_relu(down(w, "down_4", x, 1, around))
    return down(w, "logit", x, 1, around)


def jittered(images, key):
    """Return images (N, H, W, C), square, enlarged by 286/256, cropped and mirrored at random, all in the same way.

    Enlarging, cropping and mirroring are linear in rows and in columns: two products with matrices.
    """
    side = images.shape[1]
    larger = round(side * 286 / 256)
    enlarging = jax.image.resize(jnp.eye(side), (larger, side), "bilinear")
    crop_key, mirror_key = jax.random.split(key)
    top, left = jax.random.randint(crop_key, (2,), 0, larger - side + 1)
    rows, columns = (lax.dynamic_slice(enlarging, (begin, 0), (side, side)) for begin in (top, left))
    columns = jnp.where(jax.random.bernoulli(mirror_key), columns[::-1], columns)
    return jnp.einsum("xj,nyjc->nyxc", columns, jnp.einsum("yi,nijc->nyjc", rows, images))
