"""The initial weights of the hand-written loops: NumPy arrays in Keras's layout and order.

A player is a dict of name -> array. Dense kernels are (in, out), kernels of convolutions (height, width, in, out), of
transposed ones (height, width, out, in). A convolution with `scale` and `shift` is followed by instance normalization.
"""

import itertools

import numpy as np

PIXELS = 784
HIDDEN = 400  # units of each layer of the VAE
LATENT = {"vae": 200, "dcgan": 100}

Shapes = dict[str, tuple[int, ...]]


def first(recipe: str, seed: int, side: int = 0, channels: int = 0, width: int = 64) -> list[dict[str, np.ndarray]]:
    """Return the initial weights of each player: the network that makes images, and its discriminator.

    Args:
        recipe: `vae`, `dcgan` or `pix2pix`.
        seed: Seed of the weights.
        side: Side of the images; by default 28, and 128 of `pix2pix`. `vae` takes 28 only.
        channels: Number of channels of the images; by default 1, and 3 of `pix2pix`.
        width: Channels of the layers next to the image of `dcgan` and `pix2pix`.
    """
    rng = np.random.default_rng(seed)
    sizes = (side or 128, channels or 3, width) if recipe == "pix2pix" else (side or 28, channels or 1, width)
    players = {"vae": lambda *_: _vae(), "dcgan": _dcgan, "pix2pix": _pix2pix}[recipe](*sizes)
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


def _dcgan(side: int, channels: int, width: int) -> list[Shapes]:
    """Return the generator, which doubles a side of 7 or 4, and the discriminator, which halves it to 4."""
    base = 4 if side & (side - 1) == 0 else 7
    steps = (side // base).bit_length() - 1
    ups = [width * 2 ** min(step, 3) for step in reversed(range(steps))]  # before each upsampling
    generator = _dense("project", LATENT["dcgan"], base * base * ups[0], "") | _norm("norm_1", ups[0])
    for step, (before, after) in enumerate(itertools.pairwise(ups), 1):
        generator |= _up(f"up_{step}", before, after, "") | _norm(f"norm_{step + 1}", after)
    generator |= _up(f"up_{steps}", width, channels)
    downs = [width * 2 ** min(step, 3) for step in range(steps + (base == 7))]
    discriminator = _down("down_1", channels, width)
    for step, (before, after) in enumerate(itertools.pairwise(downs), 2):
        discriminator |= _down(f"down_{step}", before, after, "") | _norm(f"norm_{steps + step - 1}", after)
    return [generator, discriminator | _dense("logit", 4 * 4 * downs[-1], 1)]


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
