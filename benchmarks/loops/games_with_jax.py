"""The games in JAX: the networks, and for each the step of both players."""

import functools

import jax
import jax.numpy as jnp
from jax.nn import softplus

from .autoencoders_with_jax import decode_by_convolution, encode_by_convolution, vae, with_class
from .layers_with_jax import (
    adam_state,
    adam_step,
    batch_norm,
    convolution,
    dense,
    first_statistics,
    layer_norm,
    leaky_relu,
    transposed_convolution,
)
from .weights import PIECES, UNITS

# -- the networks: images (N, 28, 28, 1) in [-1, 1], or logits (N, 1), and the running statistics


def generate_dense(w, statistics, latents, labels=None):
    """Return the perceptron's images."""
    x = with_class(latents, labels)
    for i in (1, 2, 3, 4):
        x, statistics = batch_norm(w, statistics, f"norm_{i}", x @ w[f"dense_{i}.kernel"])
        x = jax.nn.relu(x)
    return jnp.tanh(dense(w, "pixels", x)).reshape(-1, 28, 28, 1), statistics


def discriminate_dense(w, statistics, images, labels=None):
    """Return the maxout perceptron's logits."""
    x = images.reshape(len(images), -1)
    if labels is not None:
        x = jnp.concatenate([x, w["plane.kernel"][labels]], -1)
    for i in (1, 2, 3):
        x = dense(w, f"maxout_{i}", x).reshape(-1, PIECES, UNITS).max(1)
    return dense(w, "judge", x), statistics


def generate(w, statistics, latents):
    """Return the images of the transposed convolutions."""
    x = (latents @ w["project.kernel"]).reshape(-1, 7, 7, 128)
    x, statistics = batch_norm(w, statistics, "norm_1", x)
    x = transposed_convolution(jax.nn.relu(x), w["up_1.kernel"])
    x, statistics = batch_norm(w, statistics, "norm_2", x)
    x = transposed_convolution(jax.nn.relu(x), w["up_2.kernel"]) + w["up_2.bias"]
    return jnp.tanh(x), statistics


def discriminate(w, statistics, images, normalize=batch_norm):
    """Return the logits of the convolutions."""
    x = leaky_relu(convolution(images, w["down_1.kernel"]) + w["down_1.bias"])
    x, statistics = normalize(w, statistics, "norm_3", convolution(x, w["down_2.kernel"]))
    x, statistics = normalize(w, statistics, "norm_4", convolution(leaky_relu(x), w["down_3.kernel"]))
    return dense(w, "logit", leaky_relu(x).reshape(len(x), -1)), statistics


# -- the losses: of the discriminator by the logits of real and fake images, of the generator by those of fake ones


def classify(on_real, on_fake):
    """Return -log D(x) - log(1 - D(G(z)))."""
    return softplus(-on_real).mean() + softplus(on_fake).mean()


def pass_for_real(on_fake):
    """Return -log D(G(z))."""
    return softplus(-on_fake).mean()


def criticize(on_real, on_fake):
    """Return the negative distance that the critic of a Wasserstein GAN sees."""
    return on_fake.mean() - on_real.mean()


def penalty(judge, real, fake, shares):
    """Return what keeps the critic's gradients near 1 between real and fake images (Gulrajani et al. 2017)."""
    gradients = jax.grad(lambda x: judge(x).sum())(shares * real + (1 - shares) * fake)
    norms = jnp.sqrt((gradients**2).reshape(len(gradients), -1).sum(-1) + 1e-12)
    return 10 * ((norms - 1) ** 2).mean()


# -- the steps: each game is a function that makes `(state, step)` of arrays as `weights.first` has them


def first_state(maker, discriminator):
    """Return the state of the two players' weights, the first of whom makes the images."""
    maker, discriminator = jax.tree.map(jnp.array, (maker, discriminator))
    return {
        "maker": maker,
        "maker_adam": adam_state(maker),
        "made": first_statistics(maker),
        "discriminator": discriminator,
        "discriminator_adam": adam_state(discriminator),
        "judged": first_statistics(discriminator),
    }


def discriminator_step(state, judge, real, fake, shares=None, rate=2e-4):
    """Return the discriminator's part of the state after its step, and its loss.

    `judge(weights, statistics, images)` gives logits and statistics. `shares` (N, 1, 1, 1) of the real images make it
    the critic of a Wasserstein GAN.
    """

    def loss_of(d, statistics):
        on_real, statistics = judge(d, statistics, real)
        on_fake, statistics = judge(d, statistics, fake)
        if shares is None:
            return classify(on_real, on_fake), statistics
        return criticize(on_real, on_fake) + penalty(
            lambda x: judge(d, statistics, x)[0], real, fake, shares
        ), statistics

    gradient = jax.value_and_grad(loss_of, has_aux=True)
    (loss, statistics), gradients = gradient(state["discriminator"], state["judged"])
    d, adam = adam_step(state["discriminator"], gradients, state["discriminator_adam"], rate, beta_1=0.5)
    return {"discriminator": d, "discriminator_adam": adam, "judged": statistics}, loss


def gradient_at(fake, state, judge, loss):
    """Return the loss of the images that a discriminator judges, its gradient, and the running statistics."""

    def loss_of(fake):
        on_fake, statistics = judge(state["discriminator"], state["judged"], fake)
        return loss(on_fake), statistics

    (value, statistics), gradient = jax.value_and_grad(loss_of, has_aux=True)(fake)
    return value, gradient, statistics


def gan(generate, discriminate):
    """Return the game of these networks; a batch is of images, of labels if there are any, and of latents."""

    def step(state, images, *labels_and_latents):
        *labels, latents = labels_and_latents

        def make(g):
            return generate(g, state["made"], latents, *labels)

        def judge(d, statistics, x):
            return discriminate(d, statistics, x, *labels)

        fake, pull, made = jax.vjp(make, state["maker"], has_aux=True)
        after, d_loss = discriminator_step(state, judge, images * 2 - 1, fake)
        g_loss, of_fake, judged = gradient_at(fake, after, judge, pass_for_real)
        g, adam = adam_step(state["maker"], *pull(of_fake), state["maker_adam"], 2e-4, beta_1=0.5)
        totals = state["totals"] + jnp.stack([d_loss, g_loss])
        return state | after | {"maker": g, "maker_adam": adam, "made": made, "judged": judged, "totals": totals}

    return lambda arrays: (first_state(*arrays), step)


def wgan_gp(arrays):
    """Return `(state, step)`; a batch is of images, latents and shares (N, 1, 1, 1); the generator is averaged."""
    rate, judge = 5e-4, functools.partial(discriminate, normalize=layer_norm)

    def step(state, images, latents, shares):
        fake, pull, made = jax.vjp(lambda g: generate(g, state["made"], latents), state["maker"], has_aux=True)
        after, d_loss = discriminator_step(state, judge, images * 2 - 1, fake, shares, rate)
        g_loss, of_fake, judged = gradient_at(fake, after, judge, lambda on_fake: -on_fake.mean())
        g, adam = adam_step(state["maker"], *pull(of_fake), state["maker_adam"], rate, beta_1=0.5)
        t = state["maker_adam"]["t"]
        decay = jnp.minimum(0.995, (1 + t) / (10 + t))
        average = jax.tree.map(lambda mean, now: mean * decay + now * (1 - decay), state["average"], (g, made))
        after |= {"maker": g, "maker_adam": adam, "made": made, "judged": judged, "average": average}
        return state | after | {"totals": state["totals"] + jnp.stack([d_loss, g_loss])}

    state = first_state(*arrays)
    return state | {"average": jax.tree.map(jnp.copy, (state["maker"], state["made"]))}, step


def vae_gan(arrays):
    """Return `(state, step)`; a batch is of images, and of noise (N, 2, latents), the second of the prior."""
    bound = vae(encode_by_convolution, decode_by_convolution)

    def step(state, images, noise):
        def make(w):
            return jax.nn.sigmoid(decode_by_convolution(w, noise[:, 1])).reshape(images.shape) * 2 - 1

        fake, pull = jax.vjp(make, state["maker"])
        after, d_loss = discriminator_step(state, discriminate, images * 2 - 1, fake)
        g_loss, of_fake, judged = gradient_at(fake, after, discriminate, pass_for_real)
        gradient = jax.value_and_grad(bound, has_aux=True)
        (loss, (others, _)), gradients = gradient(state["maker"], {}, images, noise[:, 0])
        gradients = jax.tree.map(jnp.add, gradients, *pull(10 * of_fake))
        w, adam = adam_step(state["maker"], gradients, state["maker_adam"], 1e-3, beta_1=0.5)
        totals = state["totals"] + jnp.stack([loss, *others, d_loss, g_loss])
        return state | after | {"maker": w, "maker_adam": adam, "judged": judged, "totals": totals}

    return first_state(*arrays), step


GAMES = {
    "gan": gan(generate_dense, discriminate_dense),
    "cgan": gan(generate_dense, discriminate_dense),
    "dcgan": gan(generate, discriminate),
    "wgan-gp": wgan_gp,
    "vae-gan": vae_gan,
}
