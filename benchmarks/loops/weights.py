"""The first weights of the hand-written loops: NumPy arrays in Keras's layout and order.

Dense kernels are (in, out), kernels of convolutions (height, width, in, out), of transposed ones
(height, width, out, in).
"""

import numpy as np

PIXELS, CLASSES = 784, 10
HIDDEN = 400  # units of each layer of a perceptron
UNITS, PIECES = 200, 5  # maxout units of the perceptrons' discriminator, and the linear pieces of each
LATENT = {
    "autoencoder": 32,
    "autoencoder-conv": 32,
    "denoising-autoencoder": 4,
    "vae": 200,
    "vae-conv": 32,
    "cvae": 32,
    "vae-gan": 32,
    "gan": 64,
    "cgan": 64,
    "dcgan": 100,
    "wgan-gp": 100,
}


def first(recipe, seed):
    """Return a list of dicts of name -> array, one for each player: the one that makes images, its discriminator."""
    rng = np.random.default_rng(seed)
    return [
        {name: draw(rng, name.split(".")[1], shape).astype("float32") for name, shape in shapes.items()}
        for draw, shapes in PLAYERS[recipe]()
    ]


def _uniform(rng, kind, shape):
    """Return a kernel uniform in +-1/sqrt(inputs), scales of one, zeros."""
    if kind != "kernel":
        return np.ones(shape) if kind == "scale" else np.zeros(shape)
    inputs = np.prod(shape[:-1])
    return rng.uniform(-(inputs**-0.5), inputs**-0.5, shape)


def _normal(rng, kind, shape):
    """Return what Radford et al. 2016 (section 4) begin with: kernels and scales normal, of deviation 0.02."""
    mean, deviation = {"kernel": (0.0, 0.02), "scale": (1.0, 0.02)}.get(kind, (0.0, 0.0))
    return rng.normal(mean, deviation, shape)


def _dense(name, inputs, outputs, biased=True):
    return {f"{name}.kernel": (inputs, outputs)} | _bias(name, outputs, biased)


def _down(name, side, inputs, outputs, biased=True):
    return {f"{name}.kernel": (side, side, inputs, outputs)} | _bias(name, outputs, biased)


def _up(name, side, inputs, outputs, biased=True):
    return {f"{name}.kernel": (side, side, outputs, inputs)} | _bias(name, outputs, biased)


def _bias(name, outputs, biased):
    return {f"{name}.bias": (outputs,)} if biased else {}


def _norm(number, channels):
    return {f"norm_{number}.scale": (channels,), f"norm_{number}.shift": (channels,)}


def _heads(heads, inputs, recipe):
    return {name: shape for head in heads for name, shape in _dense(head, inputs, LATENT[recipe]).items()}


MOMENTS = ("mean", "log_variance")


def _perceptrons(recipe, heads, classes=0):
    """Return the encoder's and the decoder's weights."""
    return (
        _dense("encoder_1", PIXELS + classes, HIDDEN)
        | _dense("encoder_2", HIDDEN, HIDDEN)
        | _heads(heads, HIDDEN, recipe)
        | _dense("decoder_1", LATENT[recipe] + classes, HIDDEN)
        | _dense("decoder_2", HIDDEN, HIDDEN)
        | _dense("pixels", HIDDEN, PIXELS)
    )


def _convolutions(recipe, heads):
    """Return the encoder's and the decoder's weights: 28 -> 14 -> 7 and back, of 32 and 64 channels."""
    return (
        _down("down_1", 4, 1, 32)
        | _down("down_2", 4, 32, 64)
        | _dense("encoder", 7 * 7 * 64, 256)
        | _heads(heads, 256, recipe)
        | _dense("decoder", LATENT[recipe], 256)
        | _dense("project", 256, 7 * 7 * 64)
        | _up("up_1", 4, 64, 32)
        | _up("up_2", 4, 32, 1)
    )


def _denoising():
    """Return the encoder's and the decoder's weights: 28 -> 14 -> 7 -> 3 and back, of 8, 16 and 32 channels."""
    return (
        (_down("down_1", 3, 1, 8, biased=False) | _norm(1, 8))
        | (_down("down_2", 3, 8, 16, biased=False) | _norm(2, 16))
        | (_down("down_3", 3, 16, 32, biased=False) | _norm(3, 32))
        | _dense("encoder", 3 * 3 * 32, 128)
        | _heads(["latents"], 128, "denoising-autoencoder")
        | _dense("decoder", LATENT["denoising-autoencoder"], 128)
        | _dense("project", 128, 3 * 3 * 32)
        | (_up("up_1", 3, 32, 16, biased=False) | _norm(4, 16))
        | (_up("up_2", 3, 16, 8, biased=False) | _norm(5, 8))
        | _up("up_3", 3, 8, 1)
    )


def _gan(recipe, classes=0):
    """Return both players of the game of perceptrons; a class is one more channel of the discriminator's image."""
    generator = {}
    for number, inputs in enumerate([LATENT[recipe] + classes, HIDDEN, HIDDEN, HIDDEN], 1):
        generator |= _dense(f"dense_{number}", inputs, HIDDEN, biased=False) | _norm(number, HIDDEN)
    generator |= _dense("pixels", HIDDEN, PIXELS)
    discriminator = _dense("plane", classes, PIXELS, biased=False) if classes else {}
    for number, inputs in enumerate([2 * PIXELS if classes else PIXELS, UNITS, UNITS], 1):
        discriminator |= _dense(f"maxout_{number}", inputs, PIECES * UNITS)
    return [(_uniform, generator), (_uniform, discriminator | _dense("judge", UNITS, 1))]


def _dcgan(recipe):
    """Return both players of the game of convolutions."""
    generator = (
        (_dense("project", LATENT[recipe], 7 * 7 * 128, biased=False) | _norm(1, 128))
        | (_up("up_1", 4, 128, 64, biased=False) | _norm(2, 64))
        | _up("up_2", 4, 64, 1)
    )
    return [(_normal, generator), (_normal, _dcgan_discriminator(64))]


def _dcgan_discriminator(width):
    return (
        _down("down_1", 4, 1, width)
        | (_down("down_2", 4, width, 2 * width, biased=False) | _norm(3, 2 * width))
        | (_down("down_3", 4, 2 * width, 4 * width, biased=False) | _norm(4, 4 * width))
        | _dense("logit", 4 * 4 * 4 * width, 1)
    )


PLAYERS = {
    "autoencoder": lambda: [(_uniform, _perceptrons("autoencoder", ["latents"]))],
    "autoencoder-conv": lambda: [(_uniform, _convolutions("autoencoder-conv", ["latents"]))],
    "denoising-autoencoder": lambda: [(_uniform, _denoising())],
    "vae": lambda: [(_uniform, _perceptrons("vae", MOMENTS))],
    "vae-conv": lambda: [(_uniform, _convolutions("vae-conv", MOMENTS))],
    "cvae": lambda: [(_uniform, _perceptrons("cvae", MOMENTS, CLASSES))],
    "vae-gan": lambda: [(_uniform, _convolutions("vae-gan", MOMENTS)), (_normal, _dcgan_discriminator(32))],
    "gan": lambda: _gan("gan"),
    "cgan": lambda: _gan("cgan", CLASSES),
    "dcgan": lambda: _dcgan("dcgan"),
    "wgan-gp": lambda: _dcgan("wgan-gp"),
}
