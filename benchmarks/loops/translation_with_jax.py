"""The steps of pix2pix and of CycleGAN in JAX: one jitted pure function, its state donated."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jax.nn import relu, softplus

from . import translation_weights as weights
from .layers_with_jax import adam_state, adam_step, convolution, leaky_relu, transposed_convolution

DROPPED = 3  # blocks of the U-Net with dropout
POOL_SIZE = 50


def pix2pix(image_shape, width=64, dropout=0.5, jitter=True):
    """Return the `Trainer` of the recipe `pix2pix`; see `loops`."""
    networks = jax.tree.map(jnp.array, weights.pix2pix(image_shape, width))
    state = {"weights": networks, "adams": {name: adam_state(layers) for name, layers in networks.items()}}
    step = functools.partial(pix2pix_step, dropout=dropout, jitter=jitter)
    return Trainer({"generator": unet, "discriminator": patch}, step, state)


def cyclegan(image_shape, width=64, blocks=6, jitter=True):
    """Return the `Trainer` of the recipe `cyclegan`; see `loops`."""
    networks = jax.tree.map(jnp.array, weights.cyclegan(image_shape, width, blocks))
    generators, discriminators = players(networks)
    state = {
        "weights": networks,
        "adams": {"generators": adam_state(generators), "discriminators": adam_state(discriminators)},
        "pools": {name: (jnp.zeros((POOL_SIZE, *image_shape)), jnp.zeros((), "int32")) for name in "ab"},
    }
    functions = {name: resnet if name in generators else patch for name in networks}
    return Trainer(functions, functools.partial(cyclegan_step, jitter=jitter), state)


class Trainer:
    """The compiled step and its state; see `loops`.

    Args:
        functions: dict of name -> function `(layers, images)` that is this network.
        step: function `(state, a, b)` that returns the state after it, and its losses.
        state: dict; its `weights` are a dict of name -> layers.
    """

    def __init__(self, functions, step, state):
        self._functions, self._step = functions, jax.jit(step, donate_argnums=0)
        self._state = state | {"key": jax.random.key(0)}

    def step(self, a, b):
        """Take one step and return `(generator loss, discriminator loss)`."""
        self._state, losses = self._step(self._state, a, b)
        return losses

    def load(self, name, arrays):
        """Fill a network's weights with arrays in Keras's layout and order."""
        structure = jax.tree.structure(self._state["weights"][name])
        self._state["weights"][name] = jax.tree.unflatten(structure, map(jnp.array, arrays))

    def run(self, name, images):
        """Return what a network makes of images (N, H, W, C), NumPy arrays both."""
        return np.asarray(jax.jit(self._functions[name])(self._state["weights"][name], images))


def prepare(images):
    """Return images (N, H, W, C) in [0, 1] as `step` takes them, in [-1, 1]."""
    return jnp.asarray(images) * 2 - 1


# -- the networks


def unet(layers, images, key=None, dropout=0.0):
    """Return the translations, (N, H, W, C) in [-1, 1] as the images; dropout takes a key."""
    depth = len(layers) // 2
    *up, last = layers[depth:]
    x, skips = images, []
    for step, layer in enumerate(layers[:depth]):
        x = convolved(layer, leaky_relu(x) if step else x)
        skips.append(x)
    for place, (layer, skip) in enumerate(zip(up, reversed(skips[:-1]), strict=True)):
        x = doubled(layer, relu(x))
        if dropout and place < min(DROPPED, depth - 2):
            kept = jax.random.bernoulli(jax.random.fold_in(key, place), 1 - dropout, x.shape)
            x = jnp.where(kept, x / (1 - dropout), 0)
        x = jnp.concatenate([x, skip], -1)
    return jnp.tanh(doubled(last, relu(x)))


def resnet(layers, images):
    """Return the translations, (N, H, W, C) in [-1, 1] as the images."""
    first, *down = layers[:3]
    *up, last = layers[-3:]
    x = relu(reflected(first, images))
    for layer in down:
        x = relu(convolved(layer, x))
    for one, other in zip(layers[3:-3:2], layers[4:-3:2], strict=True):
        x = x + reflected(other, relu(reflected(one, x)))
    for layer in up:
        x = relu(doubled(layer, x))
    return jnp.tanh(reflected(last, x))


def patch(layers, images):
    """Return logits (N, h, w, 1), one for each patch of 70x70."""
    *down, before, last = layers
    x = images
    for layer in down:
        x = leaky_relu(convolved(layer, x))
    x = leaky_relu(convolved(before, x, 1, ((1, 1), (1, 1))))
    return convolved(last, x, 1, ((1, 1), (1, 1)))


def convolved(layer, x, stride=2, padding="SAME"):
    """Return a layer's features of half the side; or what `stride` and `padding` say."""
    kernel, *rest = layer
    return finished(convolution(x, kernel, stride, padding), *rest)


def doubled(layer, x):
    """Return a layer's features of twice the side."""
    kernel, *rest = layer
    return finished(transposed_convolution(x, kernel), *rest)


def reflected(layer, x):
    """Return a layer's features of the same side, of what is padded by reflection."""
    border = (len(layer[0]) // 2,) * 2
    return convolved(layer, jnp.pad(x, ((0, 0), border, border, (0, 0)), "reflect"), 1, "VALID")


def finished(x, *rest):
    """Return x with its bias; or normalised for each image, with its scale and shift."""
    if len(rest) == 1:
        return x + rest[0]
    scale, shift = rest
    mean, variance = x.mean((1, 2), keepdims=True), x.var((1, 2), keepdims=True)
    return (x - mean) * (scale * lax.rsqrt(variance + 1e-5)) + shift


# -- the steps


def jittered(images, key):
    """Return images (N, H, W, C), square, enlarged by 286/256, cropped and mirrored at random, all alike.

    Each is a sum over rows or over columns: all are two products with matrices.
    """
    side = images.shape[1]
    larger = round(side * 286 / 256)
    enlarging = jax.image.resize(jnp.eye(side), (larger, side), "bilinear")
    of_crop, of_mirror = jax.random.split(key)
    top, left = jax.random.randint(of_crop, (2,), 0, larger - side + 1)
    rows, columns = (lax.dynamic_slice(enlarging, (begin, 0), (side, side)) for begin in (top, left))
    columns = jnp.where(jax.random.bernoulli(of_mirror), columns[::-1], columns)
    return jnp.einsum("xj,nyjc->nyxc", columns, jnp.einsum("yi,nijc->nyjc", rows, images))


def adam_of(player, gradients, state):
    """Return `(weights, state)` of a player after one step of Adam."""
    return adam_step(player, gradients, state, 2e-4, beta_1=0.5)


def pix2pix_step(state, a, b, dropout, jitter):
    """Return the state after a step of the discriminator and one of the generator, and the losses, generator's first.

    The images (N, H, W, C) are in [-1, 1].
    """
    key, of_jitter, of_dropout = jax.random.split(state["key"], 3)
    if jitter:
        a, b = jnp.split(jittered(jnp.concatenate([a, b], -1), of_jitter), 2, -1)
    g, d, adams = state["weights"]["generator"], state["weights"]["discriminator"], state["adams"]
    fake, pull_generator = jax.vjp(lambda g: unet(g, a, of_dropout, dropout), g)

    def discriminator_loss(d):
        on_real, on_fake = (patch(d, jnp.concatenate([a, x], -1)) for x in (b, fake))
        return (softplus(-on_real).mean() + softplus(on_fake).mean()) / 2

    d_loss, gradients = jax.value_and_grad(discriminator_loss)(d)
    d, d_adam = adam_of(d, gradients, adams["discriminator"])

    def generator_loss(fake):
        on_fake = patch(d, jnp.concatenate([a, fake], -1))
        return softplus(-on_fake).mean() + 100 * distance(fake, b)

    g_loss, of_fake = jax.value_and_grad(generator_loss)(fake)
    g, g_adam = adam_of(g, *pull_generator(of_fake), adams["generator"])
    state = {
        "weights": {"generator": g, "discriminator": d},
        "adams": {"generator": g_adam, "discriminator": d_adam},
        "key": key,
    }
    return state, (g_loss, d_loss)


def distance(images, others):
    """Return the mean absolute difference."""
    return jnp.abs(images - others).mean()


def players(networks):
    """Return the networks of both generators, and those of both discriminators, dicts."""
    return [{name: w for name, w in networks.items() if name.startswith(kind)} for kind in ("gen", "dis")]


def cyclegan_step(state, a, b, jitter):
    """Return the state after a step of the generators and one of the discriminators, and the losses, those of G first.

    The images (1, H, W, C) are in [-1, 1].
    """
    key, *keys = jax.random.split(state["key"], 5)
    if jitter:
        a, b = jittered(a, keys[0]), jittered(b, keys[1])
    (generators, discriminators), adams = players(state["weights"]), state["adams"]
    gradient = jax.value_and_grad(generators_loss, has_aux=True)
    (g_loss, (fake_a, fake_b)), gradients = gradient(generators, discriminators, a, b)
    generators, of_generators = adam_of(generators, gradients, adams["generators"])

    pool_a, fake_a = exchange(state["pools"]["a"], fake_a, keys[2])
    pool_b, fake_b = exchange(state["pools"]["b"], fake_b, keys[3])
    d_loss, gradients = jax.value_and_grad(discriminators_loss)(discriminators, a, b, fake_a, fake_b)
    discriminators, of_discriminators = adam_of(discriminators, gradients, adams["discriminators"])
    state = {
        "weights": generators | discriminators,
        "adams": {"generators": of_generators, "discriminators": of_discriminators},
        "pools": {"a": pool_a, "b": pool_b},
        "key": key,
    }
    return state, (g_loss, d_loss)


def generators_loss(generators, discriminators, a, b):
    """Return `(loss, (fake a, fake b))`."""
    g, f = generators["generator_ab"], generators["generator_ba"]
    fake_b, fake_a = resnet(g, a), resnet(f, b)
    on_a, on_b = patch(discriminators["discriminator_a"], fake_a), patch(discriminators["discriminator_b"], fake_b)
    adversarial = ((on_a - 1) ** 2).mean() + ((on_b - 1) ** 2).mean()
    cycle = distance(resnet(f, fake_b), a) + distance(resnet(g, fake_a), b)
    identity = distance(resnet(f, a), a) + distance(resnet(g, b), b)
    return adversarial + 10 * (cycle + 0.5 * identity), (fake_a, fake_b)


def discriminators_loss(discriminators, a, b, fake_a, fake_b):
    """Return the sum over both domains."""
    loss = 0
    for name, real, fake in (("discriminator_a", a, fake_a), ("discriminator_b", b, fake_b)):
        on_real, on_fake = patch(discriminators[name], real), patch(discriminators[name], fake)
        loss += (((on_real - 1) ** 2).mean() + (on_fake**2).mean()) / 2
    return loss


def exchange(pool, image, key):
    """Return the pool and an image (1, H, W, C), once it is full an older one with probability 1/2.

    Args:
        pool: images (size, H, W, C), and how many of them are there.
        image: (1, H, W, C).
        key: of the place and of whether it is exchanged.
    """
    images, count = pool
    of_place, of_exchange = jax.random.split(key)
    is_full = count == len(images)
    place = jnp.where(is_full, jax.random.randint(of_place, (), 0, len(images)), count)
    exchanged = is_full & jax.random.bernoulli(of_exchange)
    old = lax.dynamic_slice_in_dim(images, place, 1)
    kept = jnp.where(is_full & ~exchanged, old, image)
    images = lax.dynamic_update_slice_in_dim(images, kept, place, 0)
    return (images, jnp.minimum(count + 1, len(images))), jnp.where(exchanged, old, image)
