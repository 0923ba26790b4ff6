"""Networks that remove noise: encoder and decoder of an autoencoder, and a U-Net, for images of any size."""

from collections.abc import Sequence

import keras
from keras import layers

from kerasgen.errors import UsageError
from kerasgen.layers import BatchNormalization, Conv2D, Conv2DTranspose, Dense
from kerasgen.networks.sizes import check_image_shape


def _sides(image_shape, steps):
    """Return the sides of the features after 0 to `steps` halvings, rounded down: 28 -> 14 -> 7 -> 3.

    Raises:
        UsageError: the image is not square, or too small.
    """
    height, width, _ = check_image_shape(image_shape, "a denoising autoencoder")
    sides = [height]
    for _ in range(steps):
        sides.append(sides[-1] // 2)
    if height != width or sides[-1] < 1:
        raise UsageError(
            f"image size {height}x{width} does not suit a denoising autoencoder: "
            f"it halves the side {steps} times and needs square images with a side of {2**steps} or more"
        )
    return sides


def _padding(side):
    # With a kernel of 3 and a stride of 2, "same" maps 14 to 7 and back; "valid" maps 7 to 3 and back.
    return "same" if side % 2 == 0 else "valid"


def _batch_norm_relu(x):
    return layers.ReLU()(BatchNormalization(momentum=0.9, epsilon=1e-5)(x))


def denoising_encoder(
    image_shape: Sequence[int], widths: Sequence[int], hidden_dim: int, latent_dim: int
) -> keras.Model:
    """Return a model from images (N, *image_shape) to latents (N, latent_dim).

    3x3 convolutions of stride 2 with batch normalization and ReLU, a dense layer with ReLU, and a linear layer.

    Args:
        image_shape: (H, W, C), square; each convolution halves the side and rounds down.
        widths: channels of the convolutions, the layer nearest the image first.
        hidden_dim: units of the dense layer.
        latent_dim: size of the latent vector.

    Raises:
        UsageError: the image is not square, or too small.

    Example:
        >>> from kerasgen import networks
        >>> networks.denoising_encoder((28, 28, 1), widths=[8, 16, 32], hidden_dim=8, latent_dim=4).output_shape
        (None, 4)
    """
    x = images = keras.Input(image_shape, name="images")
    for channels, side in zip(widths, _sides(image_shape, len(widths))):
        x = _batch_norm_relu(Conv2D(channels, 3, strides=2, padding=_padding(side), use_bias=False)(x))
    x = Dense(hidden_dim, activation="relu")(layers.Flatten()(x))
    return keras.Model(images, Dense(latent_dim, name="latents")(x), name="encoder")


def denoising_decoder(
    image_shape: Sequence[int], widths: Sequence[int], hidden_dim: int, latent_dim: int
) -> keras.Model:
    """Return the mirror image of `denoising_encoder`, from latents (N, latent_dim) to raw outputs (N, *image_shape).

    The last layer has no activation.

    Args:
        image_shape: (H, W, C), square.
        widths: channels of the convolutions as for the encoder; the decoder uses them in reverse order.
        hidden_dim: units of the dense layer.
        latent_dim: size of the latent vector.

    Raises:
        UsageError: the image is not square, or too small.

    Example:
        >>> from kerasgen import networks
        >>> networks.denoising_decoder((9, 9, 1), widths=[8, 16], hidden_dim=8, latent_dim=4).output_shape
        (None, 9, 9, 1)
    """
    *sides, base = _sides(image_shape, len(widths))
    x = latents = keras.Input((latent_dim,), name="latents")
    x = Dense(hidden_dim, activation="relu")(x)
    x = Dense(base * base * widths[-1], activation="relu")(x)
    x = layers.Reshape((base, base, widths[-1]))(x)
    for channels, side in reversed(list(zip(widths[:-1], sides[1:]))):
        x = _batch_norm_relu(Conv2DTranspose(channels, 3, strides=2, padding=_padding(side), use_bias=False)(x))
    x = Conv2DTranspose(image_shape[-1], 3, strides=2, padding=_padding(sides[0]))(x)
    return keras.Model(latents, x, name="decoder")


def denoising_unet(image_shape: Sequence[int], widths: Sequence[int]) -> keras.Model:
    """Return a U-Net from images (N, *image_shape) to raw outputs of the same shape.

    Each level has two 3x3 convolutions with ReLU on the way down, and two on the way up, which also receive the
    features from the way down. A convolution of stride 2 leads to the next level, nearest neighbours lead back. The
    last layer is a 1x1 convolution without activation.

    Args:
        image_shape: (H, W, C); the sides may be odd and may differ.
        widths: channels of the levels, the level of the image first.

    Raises:
        UsageError: the samples are not images, or there is a level without pixels to halve.

    Source:
        Ronneberger et al. 2015, arXiv:1505.04597, figure 1, with padding and fewer channels.

    Example:
        >>> from kerasgen import networks
        >>> networks.denoising_unet((28, 28, 1), widths=[4, 8]).output_shape
        (None, 28, 28, 1)
    """
    height, width, channels = check_image_shape(image_shape, "a denoising U-Net")
    if min(height, width) < 2 ** (len(widths) - 1):
        raise UsageError(
            f"image size {height}x{width} does not suit a denoising U-Net of {len(widths)} levels: "
            f"it needs sides of {2 ** (len(widths) - 1)} or more"
        )
    *outer, inner = widths
    x = images = keras.Input(image_shape, name="images")
    skips = []
    for units in outer:
        x = _relu_convolution(_relu_convolution(x, units), units)
        skips.append(x)
        x = _relu_convolution(x, units, strides=2)
    x = _relu_convolution(_relu_convolution(x, inner), inner)
    for units, skip in zip(reversed(outer), reversed(skips)):
        x = layers.UpSampling2D(2, interpolation="nearest")(x)
        x = layers.Cropping2D([(0, x.shape[axis] - skip.shape[axis]) for axis in (1, 2)])(x)
        x = layers.Concatenate()([x, skip])
        x = _relu_convolution(_relu_convolution(x, units), units)
    return keras.Model(images, Conv2D(channels, 1)(x), name="network")


def _relu_convolution(x, channels, strides=1):
    return Conv2D(channels, 3, strides=strides, padding="same", activation="relu", kernel_initializer="he_normal")(x)
