"""The first weights of the networks of image-to-image translation: NumPy arrays in Keras's layout and order.

A network is a list of layers. A layer is a convolution, a tuple: its kernel (height, width, in, out), of a transposed
one (height, width, out, in), and its bias (out,); or its kernel, and scale and shift (out,) of what it makes,
normalised.
"""

import numpy as np


def pix2pix(image_shape, width, seed=0):
    """Return dict of name -> layers of the networks of the recipe `pix2pix`."""
    rng, (side, _, channels) = np.random.default_rng(seed), image_shape
    return {
        "generator": unet(rng, channels, width, side.bit_length() - 1),
        "discriminator": patch(rng, 2 * channels, width),
    }


def cyclegan(image_shape, width, blocks, seed=0):
    """Return dict of name -> layers of the networks of the recipe `cyclegan`."""
    rng, channels = np.random.default_rng(seed), image_shape[-1]
    generators = {f"generator_{way}": resnet(rng, channels, width, blocks) for way in ("ab", "ba")}
    return generators | {f"discriminator_{domain}": patch(rng, channels, width) for domain in "ab"}


def unet(rng, channels, width, depth):
    """Return the layers that halve the sides, `depth` of them, then as many that double them."""
    widths = [width * 2 ** min(step, 3) for step in range(depth)]
    layers = [
        _layer(rng, (4, 4, before, after), after, 0 < step < depth - 1)
        for step, (before, after) in enumerate(zip([channels, *widths], widths))
    ]
    before = widths[-1]
    for after in reversed(widths[:-1]):
        layers.append(_layer(rng, (4, 4, after, before), after))
        before = 2 * after
    return [*layers, _layer(rng, (4, 4, channels, before), channels, normalized=False)]


def resnet(rng, channels, width, blocks):
    """Return the layers: one, two that halve the sides, two for each of the `blocks`, two that double them, one."""
    inner = (3, 3, 4 * width, 4 * width)
    return [
        _layer(rng, (7, 7, channels, width), width),
        *(_layer(rng, (3, 3, before, 2 * before), 2 * before) for before in (width, 2 * width)),
        *(_layer(rng, inner, 4 * width) for _ in range(2 * blocks)),
        *(_layer(rng, (3, 3, after, 2 * after), after) for after in (2 * width, width)),
        _layer(rng, (7, 7, width, channels), channels, normalized=False),
    ]


def patch(rng, channels, width):
    """Return the layers: three that halve the sides, two that do not."""
    return [
        _layer(rng, (4, 4, channels, width), width, normalized=False),
        *(_layer(rng, (4, 4, before, 2 * before), 2 * before) for before in (width, 2 * width, 4 * width)),
        _layer(rng, (4, 4, 8 * width, 1), 1, normalized=False),
    ]


def _layer(rng, shape, channels, normalized=True):
    kernel, zeros = rng.normal(0.0, 0.02, shape).astype("float32"), np.zeros(channels, "float32")
    return (kernel, rng.normal(1.0, 0.02, channels).astype("float32"), zeros) if normalized else (kernel, zeros)
