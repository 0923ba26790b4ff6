"""Networks of diffusion and flow models: functions of a noisy sample, the time and an optional class.

A network with classes takes one more label than there are classes; it means "no class" (Ho and Salimans 2022,
arXiv:2207.12598, section 3.2).
"""

import math
from collections.abc import Sequence

import keras
from keras import layers

from kerasgen.errors import UsageError, unknown
from kerasgen.layers import Conv2D, Dense, FourierFeatures, GroupNormalization, SelfAttention, TimeEmbedding
from kerasgen.networks.labels import label_input
from kerasgen.networks.sizes import check_image_shape

HALVINGS = 2  # of the side, by patches or by strided convolutions
PATCHES = (1, 2, 4)
_GROUP = 8  # channels
_SMOOTH = 10.0  # largest frequency of times with respect to which the network is differentiated


def diffusion_mlp(
    sample_shape: Sequence[int],
    hidden_dim: int = 256,
    depth: int = 3,
    num_classes: int = 0,
    intervals: bool = False,
    frequencies: int = 0,
) -> keras.Model:
    """Return an MLP from points (N, D), times (N,) and optional labels (N,) to outputs (N, D).

    Each hidden layer after the first adds its output to its input.

    Args:
        sample_shape: (D,).
        hidden_dim: units of each hidden layer.
        depth: number of hidden layers.
        num_classes: number of classes; 0 for no labels.
        intervals: whether the network also takes lengths of intervals of time (N,), after the times.
        frequencies: number of frequencies of the sines and cosines of each coordinate; 0 for the coordinates alone.

    Raises:
        UsageError: the samples are not points.

    Example:
        >>> from kerasgen import networks
        >>> networks.diffusion_mlp((2,), hidden_dim=8).output_shape
        (None, 2)
    """
    if len(sample_shape) != 1:
        raise UsageError(f"the MLP of a diffusion model takes points (D,); received samples of {tuple(sample_shape)}")
    points = keras.Input(sample_shape, name="images")
    inputs, embedded = _embed(points, 2 * hidden_dim, num_classes, intervals, largest=100.0)
    features = FourierFeatures(frequencies)(points) if frequencies else points
    x = layers.Activation("silu")(layers.Add()([Dense(hidden_dim)(features), Dense(hidden_dim)(embedded)]))
    for _ in range(depth - 1):
        scale, shift = _modulation(embedded, hidden_dim)
        y = layers.Add()([layers.Multiply()([Dense(hidden_dim)(x), scale]), shift])
        x = layers.Add()([x, layers.Activation("silu")(y)])
    outputs = Dense(sample_shape[0], kernel_initializer="zeros")(x)
    return keras.Model(inputs, outputs, name="network")


def diffusion_unet(
    image_shape: Sequence[int],
    width: int = 32,
    num_classes: int = 0,
    patch: int = 2,
    attention: bool = True,
    intervals: bool = False,
) -> keras.Model:
    """Return a U-Net from images (N, H, W, C), times (N,) and optional labels (N,) to outputs (N, H, W, C).

    The sides are divided by four: by patches of pixels that become channels, and by strided convolutions. On the way
    back the sides are doubled by nearest neighbours and a convolution, to avoid checkerboard patterns. Each side has a
    residual block on the way down and one on the way up.

    Args:
        image_shape: (H, W, C); H and W are multiples of 4.
        width: channels at the largest side; the others have twice that.
        num_classes: number of classes; 0 for no labels.
        patch: side of the patches, 1, 2 or 4. With 2, the first convolution works at half the size and takes a quarter
            of the time.
        attention: whether the coarsest side has self-attention.
        intervals: whether the network also takes lengths of intervals of time (N,), after the times.

    Raises:
        UsageError: the samples are not such images, or the patch has another side.

    Source:
        Ho et al. 2020, arXiv:2006.11239, appendix B; patches after Hoogeboom et al. 2023, arXiv:2301.11093, section 3.

    Example:
        >>> from kerasgen import networks
        >>> networks.diffusion_unet((28, 28, 1), width=8).output_shape
        (None, 28, 28, 1)
    """
    if patch not in PATCHES:
        raise unknown("patch size", str(patch), map(str, PATCHES))
    height, wide, channels = _check_sides(image_shape)
    images = keras.Input(image_shape, name="images")
    inputs, embedded = _embed(images, 4 * width, num_classes, intervals, largest=1000.0)
    widths = [width, *[2 * width] * (HALVINGS - int(math.log2(patch)))]
    x = _convolution(width)(_to_patches(images, patch))
    skips = [x]
    for level, channels_here in enumerate(widths):
        x = _convolution(channels_here, strides=2)(x) if level else x
        x = _block(x, embedded, channels_here)
        skips.append(x)
    if attention and x.shape[1] * x.shape[2] > 1:
        x = SelfAttention(_groups(x))(x)
    x = _block(x, embedded, widths[-1])
    for level, channels_here in reversed([*enumerate(widths)]):
        x = _block(layers.Concatenate()([x, skips[level + 1]]), embedded, channels_here)
        if level:
            x = _convolution(widths[level - 1])(layers.UpSampling2D(2, interpolation="nearest")(x))
    x = layers.Activation("silu")(GroupNormalization(_groups(x))(layers.Concatenate()([x, skips[0]])))
    x = _convolution(channels * patch**2, kernel_initializer="zeros")(x)
    outputs = _from_patches(x, patch, (height, wide, channels))
    return keras.Model(inputs, layers.Activation("linear", dtype="float32")(outputs), name="network")


def _check_sides(image_shape):
    height, width, channels = check_image_shape(image_shape, "the U-Net of a diffusion model")
    multiple = 2**HALVINGS
    if height % multiple or width % multiple:
        near = max(multiple, round(max(height, width) / multiple) * multiple)
        raise UsageError(
            f"images of {height}x{width} do not halve twice, as the U-Net of a diffusion model needs; give sides that "
            f"are multiples of {multiple}, such as --image-size {near}"
        )
    return height, width, channels


def _embed(samples, dim, num_classes, intervals, largest):
    """Return all inputs, with the labels if there are classes, and the embedding (N, dim) of time and class."""
    inputs = [samples, keras.Input((), name="times")]
    x = TimeEmbedding(min(128, dim), _SMOOTH if intervals else largest)(inputs[1])
    if intervals:
        inputs.append(keras.Input((), name="intervals"))
        x = layers.Concatenate()([x, TimeEmbedding(min(128, dim), _SMOOTH)(inputs[2])])
    x = Dense(dim)(Dense(dim, activation="silu")(x))
    if num_classes:
        labels, one_hot = label_input(num_classes + 1)  # the last label means no class
        inputs, x = [*inputs, labels], layers.Add()([x, Dense(dim, use_bias=False)(one_hot)])
    return inputs, layers.Activation("silu")(x)


def _modulation(embedded, channels):
    """Return scale and shift (N, channels) of features; the scale is about 1 and the shift about 0 at first."""
    small = {"kernel_initializer": keras.initializers.RandomNormal(stddev=0.02)}
    return Dense(channels, bias_initializer="ones", **small)(embedded), Dense(channels, **small)(embedded)


def _block(x, embedded, channels):
    """Return the output (N, H, W, channels) of a residual block whose second normalization depends on the time."""
    y = layers.Activation("silu")(GroupNormalization(_groups(x))(x))
    y = _convolution(channels)(y)
    y = GroupNormalization(_groups(y))(y)
    scale, shift = (layers.Reshape((1, 1, channels))(each) for each in _modulation(embedded, channels))
    y = layers.Activation("silu")(layers.Add()([layers.Multiply()([y, scale]), shift]))
    y = _convolution(channels, kernel_initializer="zeros")(y)
    return layers.Add()([x if x.shape[-1] == channels else Conv2D(channels, 1)(x), y])


def _convolution(channels, **arguments):
    return Conv2D(channels, 3, padding="same", **arguments)


def _groups(x):
    """Return the number of groups of about `_GROUP` channels."""
    channels = x.shape[-1]
    return math.gcd(channels, max(1, channels // _GROUP))


def _to_patches(images, patch):
    """Return images (N, H, W, C) as (N, H / patch, W / patch, patch * patch * C)."""
    if patch == 1:
        return images
    height, width, channels = images.shape[1:]
    x = layers.Reshape((height // patch, patch, width // patch, patch * channels))(images)
    x = layers.Permute((1, 3, 2, 4))(x)
    return layers.Reshape((height // patch, width // patch, patch * patch * channels))(x)


def _from_patches(x, patch, image_shape):
    """Return the images (N, *image_shape) of features of patches."""
    if patch == 1:
        return x
    height, width, channels = image_shape
    x = layers.Reshape((height // patch, width // patch, patch, patch * channels))(x)
    x = layers.Permute((1, 3, 2, 4))(x)
    return layers.Reshape(tuple(image_shape))(x)
