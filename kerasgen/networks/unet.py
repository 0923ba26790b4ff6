"""The U-Net generator of pix2pix (Isola et al. 2017, arXiv:1611.07004, section 6.1.1)."""

import math

import keras
from keras import layers

from kerasgen.errors import UsageError
from kerasgen.layers import NoiseDropout
from kerasgen.networks.blocks import convolution, doubled, normalized

_DROPPED = 3  # decoder blocks with dropout


def unet_generator(image_shape, width=64, normalization="instance", dropout=0.5, upsampling="transposed"):
    """Return a U-Net from images (N, *image_shape) to images of the same shape, both in [-1, 1].

    The encoder is C64-C128-C256-C512-C512-..., with 4x4 convolutions that halve the sides down to 1; the decoder is
    its mirror image, and takes the encoder's features of each size beside its own. The noise z is dropout in the
    decoder's first three blocks, in generation too: with it, the network has the noise as a second input, standard
    normal (N, D), with D as many numbers as there are features to drop. The innermost features are not normalised:
    with one image of one pixel that would leave nothing.

    Args:
        image_shape: (H, W, C), sides powers of two of 8 or more.
        width: channels of the first layer; doubled with each halving, to 8 times.
        normalization: `"instance"`, which is batch normalisation with a batch of one image; `"batch"`, with moving
            averages in generation; or `"none"`.
        dropout: share of the features that is dropped; 0 for a network without noise.
        upsampling: `"transposed"` or `"resize"`, see `kerasgen.networks.blocks.doubled`.

    Raises:
        UsageError: a side that does not halve down to 1, or an argument that cannot be.
    """
    depth = _depth(image_shape)
    if not 0 <= dropout < 1:
        raise UsageError(f"dropout is {dropout}; it is the share of the features that is dropped, 0 or more, below 1")
    x = images = keras.Input(image_shape, name="images")
    skips = []
    for step in range(depth):
        inner = 0 < step < depth - 1
        if step:
            x = layers.LeakyReLU(0.2)(x)
        x = convolution(width * 2 ** min(step, 3), 4, strides=2, padding="same", use_bias=not inner)(x)
        x = normalized(x, normalization) if inner else x
        skips.append(x)
    noise = _noise_input(skips[:-1], dropout)
    start = 0
    for place, skip in enumerate(reversed(skips[:-1])):
        x = doubled(layers.ReLU()(x), skip.shape[-1], 4, upsampling, use_bias=False)
        x = normalized(x, normalization)
        if noise is not None and place < min(_DROPPED, depth - 2):
            x = NoiseDropout(dropout, start)([x, noise])
            start += math.prod(skip.shape[1:])
        x = layers.Concatenate()([x, skip])
    x = doubled(layers.ReLU()(x), image_shape[-1], 4, upsampling)
    outputs = layers.Activation("tanh", dtype="float32")(x)
    return keras.Model(images if noise is None else [images, noise], outputs, name="generator")


def _noise_input(skips, dropout):
    """Return the input for the noise of the blocks that `skips` join, or None without dropout."""
    if not dropout:
        return None
    dropped = skips[::-1][: min(_DROPPED, len(skips) - 1)]
    return keras.Input((sum(math.prod(skip.shape[1:]) for skip in dropped),), name="noise")


def _depth(image_shape):
    """Return how often both sides can be halved.

    Raises:
        UsageError: they do not come down to 1.
    """
    sides = image_shape[:2]
    if any(side < 8 or side & (side - 1) for side in sides):
        nearest = 2 ** max(3, round(math.log2(max(1, *sides))))
        raise UsageError(
            f"image size {sides[0]}x{sides[1]} does not suit a U-Net: it halves each side down to 1, "
            f"so sides are powers of two, 8 or more, such as {nearest}"
        )
    return int(math.log2(min(sides)))
