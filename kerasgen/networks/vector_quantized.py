"""Convolutional encoder and decoder of a VQ-VAE: images to a grid of features, and back."""

from collections.abc import Sequence

import keras

from kerasgen.errors import UsageError
from kerasgen.layers import Conv2D, Conv2DTranspose
from kerasgen.networks.sizes import check_image_shape

_ACTIVATION = "leaky_relu"  # with Keras's slope of 0.2


def grid_encoder(image_shape: Sequence[int], width: int, dim: int, steps: int = 2) -> keras.Model:
    """Return a network from images (N, *image_shape) to features (N, H / 2**steps, W / 2**steps, dim).

    Args:
        image_shape: (H, W, C), with sides that are multiples of 2**steps.
        width: channels of the first layer; doubled with each halving of the sides, up to 8 times.
        dim: size of each feature vector.
        steps: number of halvings.

    Raises:
        UsageError: the image shape is not supported.

    Example:
        >>> from kerasgen import networks
        >>> networks.grid_encoder((28, 28, 1), width=4, dim=8).output_shape
        (None, 7, 7, 8)
    """
    check_grid(image_shape, steps)
    x = images = keras.Input(image_shape, name="images")
    for step in range(steps):
        x = Conv2D(width * 2 ** min(step, 3), 4, strides=2, padding="same", activation=_ACTIVATION)(x)
    x = Conv2D(width * 2 ** min(steps, 3), 3, padding="same", activation=_ACTIVATION)(x)
    return keras.Model(images, Conv2D(dim, 1)(x), name="encoder")


def grid_decoder(image_shape: Sequence[int], width: int, dim: int, steps: int = 2) -> keras.Model:
    """Return the mirror image of `grid_encoder`, from features to raw outputs (N, *image_shape).

    Args:
        image_shape: (H, W, C), with sides that are multiples of 2**steps.
        width: channels of the layer before the last; doubled with each halving of the sides, up to 8 times.
        dim: size of each feature vector.
        steps: number of halvings.

    Raises:
        UsageError: the image shape is not supported.

    Example:
        >>> from kerasgen import networks
        >>> networks.grid_decoder((28, 28, 1), width=4, dim=8).output_shape
        (None, 28, 28, 1)
    """
    height, side, channels = check_grid(image_shape, steps)
    x = features = keras.Input((height // 2**steps, side // 2**steps, dim), name="features")
    x = Conv2D(width * 2 ** min(steps, 3), 3, padding="same", activation=_ACTIVATION)(x)
    for step in reversed(range(1, steps)):
        x = Conv2DTranspose(width * 2 ** min(step, 3), 4, strides=2, padding="same", activation=_ACTIVATION)(x)
    x = Conv2DTranspose(width, 4, strides=2, padding="same", activation=_ACTIVATION)(x)
    # float32, because PyTorch's CPU lacks the float16 gradient of a one-output kernel
    return keras.Model(features, Conv2D(channels, 3, padding="same", dtype="float32")(x), name="decoder")


def check_grid(image_shape: Sequence[int], steps: int) -> tuple[int, int, int]:
    """Return `(H, W, C)`.

    Args:
        image_shape: shape of one sample.
        steps: number of halvings of the sides.

    Raises:
        UsageError: the samples are not images, or a side cannot be halved `steps` times.

    Example:
        >>> from kerasgen.networks.vector_quantized import check_grid
        >>> check_grid([28, 28, 1], 2)
        (28, 28, 1)
    """
    height, width, channels = check_image_shape(image_shape, "a VQ-VAE")
    if height % 2**steps or width % 2**steps:
        raise UsageError(
            f"image size {height}x{width} does not suit a VQ-VAE with {steps} halvings: its sides must be multiples of "
            f"{2**steps}"
        )
    return height, width, channels
