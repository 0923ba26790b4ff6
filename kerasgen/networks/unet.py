"""The U-Net generator of pix2pix (Isola et al. 2017, arXiv:1611.07004, section 6.1.1)."""

import math
from collections.abc import Sequence

import keras
from keras import layers

from kerasgen.errors import UsageError
from kerasgen.layers import NoiseDropout
from kerasgen.networks.blocks import convolution, normalize, upsample
from kerasgen.networks.sizes import check_image_shape

_DROPOUT_BLOCKS = 3  # of the decoder, the innermost first


def unet_generator(
    image_shape: Sequence[int],
    width: int = 64,
    normalization: str = "instance",
    dropout: float = 0.5,
    upsampling: str = "transposed",
) -> keras.Model:
    """Return a U-Net from images (N, *image_shape) to images of the same shape, both in [-1, 1].

    The encoder is C64-C128-C256-C512-C512-..., with 4x4 convolutions that halve the sides down to 1. The decoder is its
    mirror image, with skip connections. The noise z is dropout in the first three blocks of the decoder, in generation
    too. The second input is standard normal noise (N, D), with one number for each feature that can be dropped. The
    innermost features are not normalized, because one image of one pixel would become constant.

    Args:
        image_shape: (H, W, C); sides are powers of two, and 8 or more.
        width: channels of the first layer; doubled with each halving of the side, up to 8 times.
        normalization: `"instance"`, which equals batch normalization with one image per batch; `"batch"`, with moving
            averages in generation; or `"none"`.
        dropout: probability that a feature is dropped; 0 for a network without the noise input.
        upsampling: `"transposed"` or `"resize"`, see `kerasgen.networks.blocks.upsample`.

    Raises:
        UsageError: the image shape is not supported, or another argument is out of range or unknown.

    Example:
        >>> from kerasgen import networks
        >>> network = networks.unet_generator((8, 8, 3), width=4)
        >>> network.input_shape
        [(None, 8, 8, 3), (None, 32)]
        >>> network.output_shape
        (None, 8, 8, 3)
    """
    depth = _depth(image_shape)
    if not 0 <= dropout < 1:
        raise UsageError(f"dropout is {dropout}; it is a probability, 0 or more and below 1")
    images = keras.Input(image_shape, name="images")
    *skips, x = _encode(images, depth, width, normalization)
    sizes = _dropped_sizes(skips) if dropout else []
    noise = keras.Input((sum(sizes),), name="noise") if sizes else None
    for index, skip in enumerate(reversed(skips)):
        x = upsample(layers.ReLU()(x), skip.shape[-1], 4, upsampling, use_bias=False)
        x = normalize(x, normalization)
        if index < len(sizes):
            x = NoiseDropout(dropout, start=sum(sizes[:index]))([x, noise])
        x = layers.Concatenate()([x, skip])
    x = upsample(layers.ReLU()(x), image_shape[-1], 4, upsampling)
    outputs = layers.Activation("tanh", dtype="float32")(x)
    return keras.Model(images if noise is None else [images, noise], outputs, name="generator")


def _encode(x, depth, width, normalization):
    """Return the features after each halving, the innermost last."""
    features = []
    for step in range(depth):
        inner = 0 < step < depth - 1
        if step:
            x = layers.LeakyReLU(0.2)(x)
        x = convolution(width * 2 ** min(step, 3), 4, strides=2, padding="same", use_bias=not inner)(x)
        x = normalize(x, normalization) if inner else x
        features.append(x)
    return features


def _dropped_sizes(skips):
    """Return the number of features of each decoder block with dropout, the innermost block first."""
    return [math.prod(skip.shape[1:]) for skip in skips[::-1][: min(_DROPOUT_BLOCKS, len(skips) - 1)]]


def _depth(image_shape):
    """Return the number of halvings that bring the smaller side down to 1.

    Raises:
        UsageError: a side is not a power of two, or too small.
    """
    sides = check_image_shape(image_shape, "a U-Net")[:2]
    if any(side < 8 or side & (side - 1) for side in sides):
        nearest = 2 ** max(3, round(math.log2(max(1, *sides))))
        raise UsageError(
            f"image size {sides[0]}x{sides[1]} does not suit a U-Net: it halves each side down to 1, "
            f"so sides are powers of two, 8 or more, such as {nearest}"
        )
    return int(math.log2(min(sides)))
