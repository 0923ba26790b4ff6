"""The initial weights of the hand-written loops: NumPy arrays in Keras's layout and order.

A player is a dict of name -> array. Dense kernels are (in, out), kernels of convolutions (height, width, in, out), of
transposed ones (height, width, out, in). A convolution with `scale` and `shift` is followed by instance normalization.
"""

import numpy as np

PIXELS = 784
HIDDEN = 400  # units of each layer of the VAE
LATENT = {"vae": 200, "dcgan": 100}

Shapes = dict[str, tuple[int, ...]]


def first(recipe: str, seed: int, side: int = 128, channels: int = 3, width: int = 64) -> list[dict[str, np.ndarray]]:
    """Return the initial weights of each player: the network that makes images, and its discriminator.

    Args:
        recipe: `vae`, `dcgan` or `pix2pix`.
        seed: Seed of the weights.
        side: Side of the images of `pix2pix`.
        channels: Number of channels of the images of `pix2pix`.
        width: Channels of the first layer of `pix2pix`.
    """
    rng = np.random.default_rng(seed)
    players = {"vae": _vae, "dcgan": _dcgan}[recipe]() if recipe != "pix2pix" else _pix2pix(side, channels, width)
    draw = _uniform if recipe == "vae" else _normal
    return [
        {name: draw(rng, name.split(".")[1], shape).astype("float32") for name, shape in shapes.items()}
        for shapes in players
    ]


def _uniform(rng, kind, shape):
    """Return a kernel uniform in +-1/sqrt(inputs), or a bias of zeros."""
    limit = np.prod(shape[:-1]) ** -0.5
    return rng.uniform(-limit, limit, shape) if kind == "kernel" else np.zeros(shape)


def _normal(rng, kind, shape):
    """Return the initial values of Radford et al. 2016 (section 4): normal kernels and scales of deviation 0.02."""
    mean, deviation = {"kernel": (0.0, 0.02), "scale": (1.0, 0.02)}.get(kind, (0.0, 0.0))
    return rng.normal(mean, deviation, shape)


def _vae() -> list[Shapes]:
    return [
        _dense("encoder_1", PIXELS, HIDDEN)
        | _dense("encoder_2", HIDDEN, HIDDEN)
        | _dense("mean", HIDDEN, LATENT["vae"])
        | _dense("log_variance", HIDDEN, LATENT["vae"])
        | _dense("decoder_1", LATENT["vae"], HIDDEN)
        | _dense("decoder_2", HIDDEN, HIDDEN)
        | _dense("pixels", HIDDEN, PIXELS)
    ]


def _dcgan(width: int = 64) -> list[Shapes]:
    generator = (
        (_dense("project", LATENT["dcgan"], 7 * 7 * 2 * width, "") | _norm("norm_1", 2 * width))
        | (_up("up_1", 2 * width, width, "") | _norm("norm_2", width))
        | _up("up_2", width, 1)
    )
    discriminator = (
        _down("down_1", 1, width)
        | (_down("down_2", width, 2 * width, "") | _norm("norm_3", 2 * width))
        | (_down("down_3", 2 * width, 4 * width, "") | _norm("norm_4", 4 * width))
        | _dense("logit", 4 * 4 * 4 * width, 1)
    )
    return [generator, discriminator]


def _pix2pix(side: int, channels: int, width: int) -> list[Shapes]:
    """Return the U-Net, which halves the side to 1 and doubles it again, and the discriminator of patches."""
    depth = side.bit_length() - 1
    widths = [channels, *(width * 2 ** min(step, 3) for step in range(depth))]
    generator: Shapes = {}
    for step in range(1, depth + 1):
        generator |= _down(f"down_{step}", widths[step - 1], widths[step], "norm" if 1 < step < depth else "bias")
    before = widths[-1]
    for step, after in enumerate(reversed(widths[1:-1]), 1):
        generator |= _up(f"up_{step}", before, after, "norm")
        before = 2 * after
    generator |= _up(f"up_{depth}", before, channels)
    discriminator = _down("down_1", 2 * channels, width)
    for step, before in enumerate((width, 2 * width, 4 * width), 2):
        discriminator |= _down(f"down_{step}", before, 2 * before, "norm")
    return [generator, discriminator | _down("logit", 8 * width, 1)]


def _dense(name: str, inputs: int, outputs: int, then: str = "bias") -> Shapes:
    return {f"{name}.kernel": (inputs, outputs)} | _after(name, outputs, then)


def _down(name: str, inputs: int, outputs: int, then: str = "bias") -> Shapes:
    return {f"{name}.kernel": (4, 4, inputs, outputs)} | _after(name, outputs, then)


def _up(name: str, inputs: int, outputs: int, then: str = "bias") -> Shapes:
    return {f"{name}.kernel": (4, 4, outputs, inputs)} | _after(name, outputs, then)


def _after(name: str, outputs: int, then: str) -> Shapes:
    return {"bias": {f"{name}.bias": (outputs,)}, "norm": _norm(name, outputs), "": {}}[then]


def _norm(name: str, channels: int) -> Shapes:
    return {f"{name}.scale": (channels,), f"{name}.shift": (channels,)}
