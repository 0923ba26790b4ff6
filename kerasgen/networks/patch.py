"""The PatchGAN discriminator (Isola et al. 2017, arXiv:1611.07004, sections 3.4 and 6.1.2)."""

from collections.abc import Sequence

import keras
from keras import layers

from kerasgen.errors import UsageError
from kerasgen.networks.blocks import convolution, normalize
from kerasgen.networks.sizes import check_image_shape

# Receptive field of one logit, in pixels -> number of 4x4 convolutions of stride 2; two of stride 1 follow.
RECEPTIVE_FIELDS = {9 * 2**halvings - 2: halvings for halvings in range(1, 8)}  # 16, 34, 70, 142, 286, ...


def patch_discriminator(
    image_shape: Sequence[int],
    width: int = 64,
    receptive_field: int | str = 70,
    normalization: str = "instance",
    conditional: bool = False,
    name: str = "discriminator",
) -> keras.Model:
    """Return a network from images (N, *image_shape) in [-1, 1] to logits (N, h, w, 1), one for each patch.

    C64-C128-C256-C512 for patches of 70x70, C64-C128 for 16x16, and C64-C128 with 1x1 convolutions for single pixels.
    All layers have LeakyReLU(0.2); all but the first and the last have normalization.

    Args:
        image_shape: (H, W, C).
        width: channels of the first layer; doubled with each layer, up to 8 times.
        receptive_field: side of the patches, 1, 16, 34, 70, 142, ...; or `"image"`, the smallest of these that covers
            the whole image: 70 for 64x64, 286 for 256x256.
        normalization: `"instance"`, `"batch"` or `"none"`.
        conditional: whether there is a second input: the source images (N, *image_shape) that the first images are
            translations of. They are concatenated in the order (source, image) along the channels.
        name: name of the network.

    Raises:
        UsageError: the receptive field is unknown or too large for the images, or the normalization is unknown.

    Example:
        >>> from kerasgen import networks
        >>> networks.patch_discriminator((64, 64, 3), width=4).output_shape
        (None, 6, 6, 1)
    """
    halvings = _halvings(image_shape, receptive_field)
    x = inputs = keras.Input(image_shape, name="images")
    if conditional:
        source = keras.Input(image_shape, name="source")
        inputs, x = [inputs, source], layers.Concatenate()([source, inputs])
    logits = _patch_logits(x, width, halvings, normalization) if halvings else _pixel_logits(x, width, normalization)
    return keras.Model(inputs, logits, name=name)


def _pixel_logits(x, width, normalization):
    x = layers.LeakyReLU(0.2)(convolution(width, 1)(x))
    x = normalize(convolution(2 * width, 1, use_bias=False)(x), normalization)
    return convolution(1, 1, dtype="float32")(layers.LeakyReLU(0.2)(x))


def _patch_logits(x, width, halvings, normalization):
    for layer in range(halvings):
        x = convolution(width * 2 ** min(layer, 3), 4, strides=2, padding="same", use_bias=layer == 0)(x)
        x = layers.LeakyReLU(0.2)(normalize(x, normalization) if layer else x)
    x = convolution(width * 2 ** min(halvings, 3), 4, use_bias=False)(layers.ZeroPadding2D(1)(x))
    x = layers.LeakyReLU(0.2)(normalize(x, normalization))
    return convolution(1, 4, dtype="float32")(layers.ZeroPadding2D(1)(x))


def _halvings(image_shape, receptive_field):
    """Return the number of layers that halve the sides; 0 for single pixels.

    Raises:
        UsageError: the receptive field is unknown, or too large for the images.
    """
    height, width, _ = check_image_shape(image_shape, "a PatchGAN discriminator")
    fields = {1: 0} | RECEPTIVE_FIELDS
    if receptive_field == "image":
        receptive_field = next((field for field in RECEPTIVE_FIELDS if field >= max(height, width)), None)
    elif isinstance(receptive_field, str) and receptive_field.isdigit():
        receptive_field = int(receptive_field)
    if receptive_field not in fields:
        raise UsageError(
            f"unknown receptive field {receptive_field!r}; known: {', '.join(map(str, fields))} pixels, or image"
        )
    halvings, side = fields[receptive_field], min(height, width)
    minimum = _minimum_side(halvings)
    if side < minimum:
        fitting = max(field for field, number in fields.items() if _minimum_side(number) <= side)
        raise UsageError(
            f"a discriminator of patches of {receptive_field}x{receptive_field} needs images of {minimum} pixels or "
            f"more on a side; received {height}x{width}: take receptive_field={fitting}"
        )
    return halvings


def _minimum_side(halvings):
    return 3 * 2**halvings if halvings else 1  # the last two layers remove one pixel each
