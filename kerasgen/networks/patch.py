"""The PatchGAN discriminator (Isola et al. 2017, arXiv:1611.07004, sections 3.4 and 6.1.2)."""

import keras
from keras import layers

from kerasgen.errors import UsageError
from kerasgen.networks.blocks import convolution, normalized

# Pixels on a side of what one logit sees -> 4x4 convolutions that halve the sides; two that do not follow.
RECEPTIVE_FIELDS = {9 * 2**halvings - 2: halvings for halvings in range(1, 8)}  # 16, 34, 70, 142, 286, ...


def patch_discriminator(
    image_shape, width=64, receptive_field=70, normalization="instance", conditional=False, name="discriminator"
):
    """Return a network from images (N, *image_shape) in [-1, 1] to logits (N, h, w, 1), one for each patch.

    C64-C128-C256-C512 for patches of 70x70, C64-C128 for 16x16, and the same of 1x1 convolutions for single pixels,
    with LeakyReLU(0.2) and without normalisation in the first layer.

    Args:
        image_shape: (H, W, C).
        width: channels of the first layer; doubled with each layer, to 8 times.
        receptive_field: int, side of the patches: 1, 16, 34, 70, 142, ...; or `"image"`, the smallest of these that
            sees the whole image: 70 of an image of 64x64, 286 of one of 256x256.
        normalization: see `unet_generator`.
        conditional: whether it judges pairs: the images that the others were made of are the first of two inputs.
        name: of the network.

    Raises:
        UsageError: an unknown receptive field, or one for larger images.
    """
    halvings = _halvings(image_shape, receptive_field)
    images = keras.Input(image_shape, name="images")
    sources = keras.Input(image_shape, name="sources") if conditional else None
    x = layers.Concatenate()([sources, images]) if conditional else images
    if halvings == 0:
        x = layers.LeakyReLU(0.2)(convolution(width, 1)(x))
        x = normalized(convolution(2 * width, 1, use_bias=False)(x), normalization)
        x = convolution(1, 1, dtype="float32")(layers.LeakyReLU(0.2)(x))
        return keras.Model([sources, images] if conditional else images, x, name=name)
    for layer in range(halvings):
        x = convolution(width * 2 ** min(layer, 3), 4, strides=2, padding="same", use_bias=layer == 0)(x)
        x = layers.LeakyReLU(0.2)(normalized(x, normalization) if layer else x)
    x = convolution(width * 2 ** min(halvings, 3), 4, use_bias=False)(layers.ZeroPadding2D(1)(x))
    x = layers.LeakyReLU(0.2)(normalized(x, normalization))
    logits = convolution(1, 4, dtype="float32")(layers.ZeroPadding2D(1)(x))
    return keras.Model([sources, images] if conditional else images, logits, name=name)


def _halvings(image_shape, receptive_field):
    """Return how many layers halve the sides; 0 for single pixels.

    Raises:
        UsageError: no network has this receptive field, or the images are too small for it.
    """
    side = min(image_shape[:2])
    fields = {1: 0} | RECEPTIVE_FIELDS
    if receptive_field == "image":
        receptive_field = next((field for field in RECEPTIVE_FIELDS if field >= max(image_shape[:2])), None)
    elif isinstance(receptive_field, str) and receptive_field.isdigit():
        receptive_field = int(receptive_field)
    if receptive_field not in fields:
        raise UsageError(
            f"unknown receptive field {receptive_field!r}; known: {', '.join(map(str, fields))} pixels, or image"
        )
    halvings = fields[receptive_field]
    least = 3 * 2**halvings if halvings else 1  # the last two layers take a pixel off each side
    if side < least:
        fitting = max(field for field, number in fields.items() if number == 0 or 3 * 2**number <= side)
        raise UsageError(
            f"a discriminator of patches of {receptive_field}x{receptive_field} needs images of {least} pixels or "
            f"more on a side; received {image_shape[0]}x{image_shape[1]}: take receptive_field={fitting}"
        )
    return halvings
