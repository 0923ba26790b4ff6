"""The loops in JAX: one jitted pure function for each step, with its state donated."""

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jax.nn import softplus

from . import weights


def autoencoder(images, batch_size, seed):
    """Return `epoch()` that trains the dense autoencoder; see `loops`."""
    state = autoencoder_state(weights.autoencoder(seed))
    return _epochs(autoencoder_step, state, ("loss", "mean_squared_error"), images, batch_size, seed)


def vae(images, batch_size, seed):
    """Return `epoch()` that trains the dense VAE; see `loops`."""
    state = {"key": jax.random.key(seed), **vae_state(weights.vae(seed))}

    def step(state, batch):
        key, now = jax.random.split(state["key"])
        noise = jax.random.normal(now, (batch_size, weights.VAE_LATENT))
        return vae_step(state, batch, noise) | {"key": key}

    names = ("loss", "reconstruction_error", "kl_divergence")
    return _epochs(step, state, names, images, batch_size, seed)


def gan(images, batch_size, seed):
    """Return `epoch()` that trains the GAN of perceptrons; see `loops`."""
    state = gan_state(*weights.gan(seed))
    return _epochs_of_game(gan_step, state, weights.GAN_LATENT, images, batch_size, seed)


def dcgan(images, batch_size, seed):
    """Return `epoch()` that trains the DCGAN; see `loops`."""
    state = dcgan_state(*weights.dcgan(seed))
    return _epochs_of_game(dcgan_step, state, weights.DCGAN_LATENT, images, batch_size, seed)


def _epochs_of_game(step_with, state, latent_dim, images, batch_size, seed):
    def step(state, batch):
        key, now = jax.random.split(state["key"])
        return step_with(state, batch, jax.random.normal(now, (batch_size, latent_dim))) | {"key": key}

    state = {"key": jax.random.key(seed), **state}
    return _epochs(step, state, ("discriminator_loss", "generator_loss"), images, batch_size, seed)


def _epochs(step, state, names, images, batch_size, seed):
    step = jax.jit(step, donate_argnums=0)
    rng = np.random.default_rng(seed)
    count = len(images) // batch_size

    def epoch():
        nonlocal state
        state["totals"] = jnp.zeros(len(names))
        for rows in rng.permutation(len(images))[: count * batch_size].reshape(count, batch_size):
            state = step(state, images[rows])
        return {name: float(total) / count for name, total in zip(names, np.asarray(state["totals"]))}

    return epoch


# -- the autoencoder and the VAE


def autoencoder_state(weights):
    """Return the state that `autoencoder_step` takes and returns, from arrays as `weights.autoencoder` makes."""
    return _state(weights, losses=2)


def vae_state(weights):
    """Return the state that `vae_step` takes and returns, from arrays as `weights.vae` makes."""
    return _state(weights, losses=3)


def _state(weights, losses):
    weights = jax.tree.map(jnp.array, weights)
    return {"weights": weights, "adam": adam_state(weights), "totals": jnp.zeros(losses)}


def autoencoder_step(state, images):
    """Return the state after one step; the losses are added to its `totals`."""
    gradient = jax.value_and_grad(autoencoder_losses, has_aux=True)
    (loss, squared), gradients = gradient(state["weights"], images)
    trained, adam = adam_step(state["weights"], gradients, state["adam"], 1e-3)
    return {"weights": trained, "adam": adam, "totals": state["totals"] + jnp.stack([loss, squared])}


def autoencoder_losses(w, images):
    """Return `(loss, mean squared error)`."""
    pixels = images.reshape(len(images), -1)
    logits = decode(w, dense(w, "latents", encode(w, pixels)))
    return cross_entropy(pixels, logits), ((jax.nn.sigmoid(logits) - pixels) ** 2).mean()


def vae_step(state, images, noise):
    """Return the state after one step; the losses are added to its `totals`."""
    gradient = jax.value_and_grad(vae_losses, has_aux=True)
    (loss, (error, divergence)), gradients = gradient(state["weights"], images, noise)
    trained, adam = adam_step(state["weights"], gradients, state["adam"], 1e-3)
    totals = state["totals"] + jnp.stack([loss, error, divergence])
    return state | {"weights": trained, "adam": adam, "totals": totals}


def vae_losses(w, images, noise):
    """Return `(loss, (reconstruction error, KL divergence))`."""
    pixels = images.reshape(len(images), -1)
    hidden = encode(w, pixels)
    mean, log_variance = dense(w, "mean", hidden), dense(w, "log_variance", hidden)
    error = cross_entropy(pixels, decode(w, mean + jnp.exp(0.5 * log_variance) * noise))
    divergence = -0.5 * (1 + log_variance - mean**2 - jnp.exp(log_variance)).sum(-1).mean()
    return error + divergence, (error, divergence)


def encode(w, pixels):
    """Return the last hidden values of the encoder."""
    return leaky_relu(dense(w, "encoder_2", leaky_relu(dense(w, "encoder_1", pixels))))


def decode(w, latents):
    """Return the logits of the pixels."""
    return dense(w, "pixels", leaky_relu(dense(w, "decoder_2", leaky_relu(dense(w, "decoder_1", latents)))))


def cross_entropy(pixels, logits):
    """Return the mean over the batch of the sum over the pixels, in nats."""
    return (softplus(logits) - pixels * logits).sum(-1).mean()


# -- the GAN of perceptrons and the DCGAN


def gan_state(generator, discriminator):
    """Return the state that `gan_step` takes and returns, from arrays as `weights.gan` makes."""
    return _state_of_game(generator, discriminator, dict.fromkeys(range(1, 5), weights.HIDDEN))


def dcgan_state(generator, discriminator):
    """Return the state that `dcgan_step` takes and returns, from arrays as `weights.dcgan` makes."""
    return _state_of_game(generator, discriminator, {1: 128, 2: 64, 3: 128, 4: 256})


def _state_of_game(generator, discriminator, normalized):
    generator, discriminator = jax.tree.map(jnp.array, (generator, discriminator))
    return {
        "generator": generator,
        "discriminator": discriminator,
        "generator_adam": adam_state(generator),
        "discriminator_adam": adam_state(discriminator),
        "statistics": {f"norm_{i}": (jnp.zeros(width), jnp.ones(width)) for i, width in normalized.items()},
        "totals": jnp.zeros(2),
    }


def gan_step(state, images, latents):
    """Return the state after one step of each player; the losses are added to its `totals`."""
    return _step_of_game(state, images, latents, generate_dense, discriminate_dense)


def dcgan_step(state, images, latents):
    """Return the state after one step of each player; the losses are added to its `totals`."""
    return _step_of_game(state, images, latents, generate, discriminate)


def _step_of_game(state, images, latents, generate, discriminate):
    g, d, statistics = state["generator"], state["discriminator"], state["statistics"]
    real = images * 2 - 1
    fake, pull_generator, statistics = jax.vjp(lambda g: generate(g, statistics, latents), g, has_aux=True)

    def discriminator_loss(d, statistics):
        on_real, statistics = discriminate(d, statistics, real)
        on_fake, statistics = discriminate(d, statistics, fake)
        return softplus(-on_real).mean() + softplus(on_fake).mean(), statistics

    (d_loss, statistics), gradients = jax.value_and_grad(discriminator_loss, has_aux=True)(d, statistics)
    d, d_adam = adam_step(d, gradients, state["discriminator_adam"], 2e-4, beta_1=0.5)

    def generator_loss(fake, statistics):
        on_fake, statistics = discriminate(d, statistics, fake)
        return softplus(-on_fake).mean(), statistics

    (g_loss, statistics), of_fake = jax.value_and_grad(generator_loss, has_aux=True)(fake, statistics)
    g, g_adam = adam_step(g, *pull_generator(of_fake), state["generator_adam"], 2e-4, beta_1=0.5)
    return state | {
        "generator": g,
        "discriminator": d,
        "generator_adam": g_adam,
        "discriminator_adam": d_adam,
        "statistics": statistics,
        "totals": state["totals"] + jnp.stack([d_loss, g_loss]),
    }


def generate_dense(w, statistics, latents):
    """Return images (N, 28, 28, 1) in [-1, 1], and the running statistics."""
    x = latents
    for i in (1, 2, 3, 4):
        x, statistics = batch_norm(w, statistics, f"norm_{i}", x @ w[f"dense_{i}.kernel"])
        x = jax.nn.relu(x)
    return jnp.tanh(dense(w, "pixels", x)).reshape(-1, 28, 28, 1), statistics


def discriminate_dense(w, statistics, images):
    """Return logits (N, 1), and the running statistics, of which it has none."""
    x = images.reshape(len(images), -1)
    for i in (1, 2, 3):
        x = dense(w, f"maxout_{i}", x).reshape(-1, weights.PIECES, weights.UNITS).max(1)
    return dense(w, "judge", x), statistics


def generate(w, statistics, latents):
    """Return images (N, 28, 28, 1) in [-1, 1], and the running statistics."""
    x = (latents @ w["project.kernel"]).reshape(-1, 7, 7, 128)
    x, statistics = batch_norm(w, statistics, "norm_1", x)
    x = transposed_convolution(jax.nn.relu(x), w["up_1.kernel"])
    x, statistics = batch_norm(w, statistics, "norm_2", x)
    x = transposed_convolution(jax.nn.relu(x), w["up_2.kernel"]) + w["up_2.bias"]
    return jnp.tanh(x), statistics


def discriminate(w, statistics, images):
    """Return logits (N, 1), and the running statistics."""
    x = leaky_relu(convolution(images, w["down_1.kernel"]) + w["down_1.bias"])
    x, statistics = batch_norm(w, statistics, "norm_3", convolution(x, w["down_2.kernel"]))
    x, statistics = batch_norm(w, statistics, "norm_4", convolution(leaky_relu(x), w["down_3.kernel"]))
    return dense(w, "logit", leaky_relu(x).reshape(len(x), -1)), statistics


# -- layers and Adam


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


def transposed_convolution(x, kernel):
    """Double the side."""
    layout = ("NHWC", "HWIO", "NHWC")
    return lax.conv_transpose(x, kernel, (2, 2), "SAME", dimension_numbers=layout, transpose_kernel=True)


def batch_norm(w, statistics, name, x):
    """Normalise by the batch's statistics; return the running ones too."""
    axes = tuple(range(x.ndim - 1))
    mean, variance = x.mean(axes), x.var(axes)
    x = (x - mean) * (w[f"{name}.scale"] * lax.rsqrt(variance + 1e-5)) + w[f"{name}.shift"]
    old_mean, old_variance = statistics[name]
    return x, statistics | {name: (0.9 * old_mean + 0.1 * mean, 0.9 * old_variance + 0.1 * variance)}


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
