"""Flows of couplings with dense or convolutional networks."""

import math
from collections.abc import Sequence

import keras
from keras import layers

from kerasgen.layers import Conv2D, Coupling, Dense, Flow
from kerasgen.layers.element_transforms import element_transform
from kerasgen.networks.sizes import check_image_shape

_ACTIVATION = "relu"


def dense_conditioner(sample_shape: Sequence[int], hidden_dims: Sequence[int], parameters: int) -> keras.Model:
    """Return an MLP from points (N, D) to parameters (N, D * parameters), which are 0 at the start.

    Args:
        sample_shape: (D,).
        hidden_dims: units of each hidden layer.
        parameters: number of parameters for each value.

    Example:
        >>> from kerasgen import networks
        >>> networks.dense_conditioner((3,), [8], parameters=2).output_shape
        (None, 6)
    """
    x = points = keras.Input(sample_shape, name="points")
    for units in hidden_dims:
        x = Dense(units, activation=_ACTIVATION, kernel_initializer="he_normal")(x)
    x = Dense(math.prod(sample_shape) * parameters, kernel_initializer="zeros")(x)
    return keras.Model(points, x, name="conditioner")


def conv_conditioner(image_shape: Sequence[int], width: int, parameters: int, context: bool = False) -> keras.Model:
    """Return convolutions from images (N, H, W, C) to parameters (N, H, W, C * parameters), which are 0 at the start.

    Args:
        image_shape: (H, W, C).
        width: channels of the hidden layers.
        parameters: number of parameters for each value.
        context: whether there is a second input of the same shape.

    Example:
        >>> from kerasgen import networks
        >>> networks.conv_conditioner((4, 4, 3), width=8, parameters=2).output_shape
        (None, 4, 4, 6)
    """
    x = images = keras.Input(image_shape, name="images")
    inputs = [images, keras.Input(image_shape, name="context")] if context else images
    x = layers.Concatenate()(inputs) if context else x
    x = hidden = Conv2D(width, 3, padding="same", activation=_ACTIVATION, kernel_initializer="he_normal")(x)
    x = Conv2D(width, 3, padding="same", activation=_ACTIVATION, kernel_initializer="he_normal")(x)
    x = layers.Add()([hidden, x])
    x = Conv2D(image_shape[-1] * parameters, 3, padding="same", kernel_initializer="zeros")(x)
    return keras.Model(inputs, x, name="conditioner")


def dense_flow(
    sample_shape: Sequence[int],
    couplings: int,
    hidden_dims: Sequence[int],
    transform: str = "affine",
    bins: int = 8,
) -> Flow:
    """Return a flow of points (N, D) with dense networks; it is the identity at the start.

    Args:
        sample_shape: (D,).
        couplings: number of couplings.
        hidden_dims: units of each hidden layer of a network.
        transform: `"affine"` or `"spline"`.
        bins: number of pieces of a spline.

    Raises:
        UsageError: an unknown transform.

    Example:
        >>> from kerasgen import networks
        >>> networks.dense_flow((3,), couplings=2, hidden_dims=[8]).latent_dim
        3
    """
    parameters = element_transform(transform, bins).parameters
    return Flow(
        [
            Coupling(dense_conditioner(sample_shape, hidden_dims, parameters), "bits", index, transform, bins)
            for index in range(couplings)
        ]
    )


def conv_flow(
    image_shape: Sequence[int],
    couplings: int,
    width: int,
    scales: int = 3,
    transform: str = "affine",
    bins: int = 8,
) -> Flow:
    """Return a flow of images (N, H, W, C) with convolutional networks; it is the identity at the start.

    At each scale there are couplings with checkerboard masks, and after a squeeze with channel masks; then half of the
    channels become latents. The last scale has twice as many couplings with checkerboard masks.

    Args:
        image_shape: (H, W, C).
        couplings: number of couplings of each mask at a scale, 2 or more.
        width: channels of the networks at the first scale; doubled with each scale.
        scales: largest number of scales; fewer if a side cannot be halved, or would be 2 pixels or less.
        transform: `"affine"` or `"spline"`.
        bins: number of pieces of a spline.

    Raises:
        UsageError: the samples are not images, or an unknown transform.

    Source:
        Dinh et al. 2017, arXiv:1605.08803, section 3.6.

    Example:
        >>> from kerasgen import networks
        >>> networks.conv_flow((8, 8, 1), couplings=2, width=4).latent_dim
        64
    """
    height, breadth, channels = check_image_shape(image_shape, "a convolutional flow")
    parameters = element_transform(transform, bins).parameters

    def chain(shape, mask, count, width):
        return [
            Coupling(conv_conditioner(shape, width, parameters), mask, index, transform, bins) for index in range(count)
        ]

    shape = (height, breadth, channels)
    if scales == 1 or height % 2 or breadth % 2 or min(height, breadth) <= 2:
        return Flow(chain(shape, "checkerboard", 2 * couplings, width))
    squeezed = (height // 2, breadth // 2, 4 * channels)
    rest = conv_flow((*squeezed[:2], 2 * channels), couplings, 2 * width, scales - 1, transform, bins)
    first = chain(shape, "checkerboard", couplings, width)
    return Flow([*first, *chain(squeezed, "channels", couplings, 2 * width)], len(first), rest)


def dequantization_flow(image_shape: Sequence[int], couplings: int, width: int) -> Flow:
    """Return a flow from noise (N, H, W, C), with images as context, for variational dequantization.

    Args:
        image_shape: (H, W, C).
        couplings: number of affine couplings with checkerboard masks.
        width: channels of the networks.

    Raises:
        UsageError: the samples are not images.

    Source:
        Ho et al. 2019, arXiv:1902.00275, section 3.1.

    Example:
        >>> from kerasgen import networks
        >>> networks.dequantization_flow((8, 8, 1), couplings=2, width=4).latent_dim
        64
    """
    check_image_shape(image_shape, "a convolutional flow")
    networks = [conv_conditioner(image_shape, width, 2, context=True) for _ in range(couplings)]
    return Flow([Coupling(network, "checkerboard", index) for index, network in enumerate(networks)])
