"""Building blocks of image-to-image networks."""

from keras import initializers, layers

from kerasgen.errors import unknown
from kerasgen.layers import BatchNormalization, Conv2D, Conv2DTranspose, InstanceNormalization


def normal_initializer(mean: float = 0.0) -> initializers.Initializer:
    """Return a normal initializer with a standard deviation of 0.02.

    Source:
        Radford et al. 2016 (arXiv:1511.06434), section 4; Isola et al. 2017 (arXiv:1611.07004), section 6.2; Zhu et
        al. 2017 (arXiv:1703.10593), section 7.1. The authors' code uses a mean of 1 for the scales of normalizations.
    """
    return initializers.RandomNormal(mean, 0.02)


def _batch(x):
    return BatchNormalization(momentum=0.9, epsilon=1e-5, gamma_initializer=normal_initializer(1.0))(x)


def _instance(x):
    return InstanceNormalization(gamma_initializer=normal_initializer(1.0))(x)


NORMALIZATIONS = {"instance": _instance, "batch": _batch, "none": lambda x: x}


def normalize(x, normalization: str):
    """Return the features (N, H, W, C) normalized over each image, over the batch, or not at all.

    Args:
        x: tensor (N, H, W, C).
        normalization: `"instance"`, `"batch"` or `"none"`.

    Raises:
        UsageError: the normalization is unknown.
    """
    if normalization not in NORMALIZATIONS:
        raise unknown("normalization", normalization, NORMALIZATIONS)
    return NORMALIZATIONS[normalization](x)


def convolution(channels: int, kernel: int, **arguments) -> Conv2D:
    """Return a `Conv2D` layer with the initializer of `normal_initializer`."""
    return Conv2D(channels, kernel, kernel_initializer=normal_initializer(), **arguments)


def _transposed(x, channels, kernel, **arguments):
    layer = Conv2DTranspose(
        channels, kernel, strides=2, padding="same", kernel_initializer=normal_initializer(), **arguments
    )
    return layer(x)


def _resize(x, channels, kernel, **arguments):
    # Odena et al. 2016 (distill.pub/2016/deconv-checkerboard): each output pixel depends on the same number of weights.
    x = layers.UpSampling2D(2, interpolation="nearest")(x)
    return convolution(channels, 3, padding="same", **arguments)(x)


UPSAMPLINGS = {"transposed": _transposed, "resize": _resize}


def upsample(x, channels: int, kernel: int, upsampling: str, **arguments):
    """Return features (N, 2H, 2W, channels).

    Args:
        x: tensor (N, H, W, C).
        channels: number of output channels.
        kernel: side of the kernel of the transposed convolution.
        upsampling: `"transposed"` for a transposed convolution, as in the papers; `"resize"` for nearest neighbours
            followed by a 3x3 convolution, which avoids checkerboard artifacts.
        **arguments: arguments of the convolution.

    Raises:
        UsageError: the upsampling is unknown.
    """
    if upsampling not in UPSAMPLINGS:
        raise unknown("upsampling", upsampling, UPSAMPLINGS)
    return UPSAMPLINGS[upsampling](x, channels, kernel, **arguments)
