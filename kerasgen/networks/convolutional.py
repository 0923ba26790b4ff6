"""Convolutional encoder and decoder: strided convolutions down to 4x4 or 7x7, and back."""

from collections.abc import Sequence

import keras
from keras import layers

from kerasgen.layers import Conv2D, Conv2DTranspose, Dense
from kerasgen.networks.sizes import channel_widths, halvings

_ACTIVATION = "leaky_relu"  # with Keras's slope of 0.2


def conv_encoder(
    image_shape: Sequence[int],
    width: int,
    hidden_dim: int,
    latent_dim: int,
    heads: Sequence[str] = ("mean", "log_variance"),
) -> keras.Model:
    """Return a model from images (N, *image_shape) to one output (N, latent_dim) for each head.

    Args:
        image_shape: (H, W, C), square, with a side of 4 or 7 times a power of two.
        width: channels of the first layer; doubled with each halving of the side, up to 8 times.
        hidden_dim: units of the dense layer between the convolutions and the heads.
        latent_dim: size of each output.
        heads: names of the outputs; a single head gives a tensor instead of a list.

    Raises:
        UsageError: the image shape is not supported.

    Example:
        >>> from kerasgen import networks
        >>> networks.conv_encoder((28, 28, 1), width=4, hidden_dim=8, latent_dim=2, heads=["latents"]).output_shape
        (None, 2)
    """
    _, steps = halvings(image_shape, "a convolutional encoder")
    x = images = keras.Input(image_shape, name="images")
    for channels in channel_widths(width, steps):
        x = Conv2D(channels, 4, strides=2, padding="same", activation=_ACTIVATION)(x)
    x = Dense(hidden_dim, activation=_ACTIVATION)(layers.Flatten()(x))
    outputs = [Dense(latent_dim, name=head)(x) for head in heads]
    return keras.Model(images, outputs if len(outputs) > 1 else outputs[0], name="encoder")


def conv_decoder(image_shape: Sequence[int], width: int, hidden_dim: int, latent_dim: int) -> keras.Model:
    """Return the mirror image of `conv_encoder`, from latents (N, latent_dim) to raw outputs (N, *image_shape).

    The last layer has no activation.

    Args:
        image_shape: (H, W, C), square, with a side of 4 or 7 times a power of two.
        width: channels of the layer before the last; doubled with each halving of the side, up to 8 times.
        hidden_dim: units of the dense layer between the latents and the convolutions.
        latent_dim: size of the latent vector.

    Raises:
        UsageError: the image shape is not supported.

    Example:
        >>> from kerasgen import networks
        >>> networks.conv_decoder((28, 28, 1), width=4, hidden_dim=8, latent_dim=2).output_shape
        (None, 28, 28, 1)
    """
    base, steps = halvings(image_shape, "a convolutional decoder")
    widths = channel_widths(width, steps)
    x = latents = keras.Input((latent_dim,), name="latents")
    x = Dense(hidden_dim, activation=_ACTIVATION)(x)
    x = Dense(base * base * widths[-1], activation=_ACTIVATION)(x)
    x = layers.Reshape((base, base, widths[-1]))(x)
    for channels in reversed(widths[:-1]):
        x = Conv2DTranspose(channels, 4, strides=2, padding="same", activation=_ACTIVATION)(x)
    x = Conv2DTranspose(image_shape[-1], 4, strides=2, padding="same")(x)
    return keras.Model(latents, x, name="decoder")
