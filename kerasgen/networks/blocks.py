"""What the networks of image-to-image translation are built of."""

from keras import initializers, layers

from kerasgen.errors import unknown
from kerasgen.layers import BatchNormalization, Conv2D, Conv2DTranspose, InstanceNormalization


def normal(mean=0.0):
    """Return the initial weights of both papers: normal, of standard deviation 0.02."""
    return initializers.RandomNormal(mean, 0.02)


def _batch(x):
    return BatchNormalization(momentum=0.9, epsilon=1e-5, gamma_initializer=normal(1.0))(x)


def _instance(x):
    return InstanceNormalization(gamma_initializer=normal(1.0))(x)


NORMALIZATIONS = {"instance": _instance, "batch": _batch, "none": lambda x: x}


def normalized(x, normalization):
    """Return features (N, H, W, C) normalised by the statistics of each image, of the batch, or not at all.

    Raises:
        UsageError: an unknown kind.
    """
    if normalization not in NORMALIZATIONS:
        raise unknown("normalization", normalization, NORMALIZATIONS)
    return NORMALIZATIONS[normalization](x)


def convolution(channels, kernel, **kwargs):
    """Return a convolution with the initial weights of both papers."""
    return Conv2D(channels, kernel, kernel_initializer=normal(), **kwargs)


def _transposed(x, channels, kernel, **kwargs):
    return Conv2DTranspose(channels, kernel, strides=2, padding="same", kernel_initializer=normal(), **kwargs)(x)


def _resize(x, channels, kernel, **kwargs):
    # Odena et al. 2016 (distill.pub/2016/deconv-checkerboard): every pixel is reached by equally many weights.
    return convolution(channels, 3, padding="same", **kwargs)(layers.UpSampling2D(2, interpolation="nearest")(x))


UPSAMPLINGS = {"transposed": _transposed, "resize": _resize}


def doubled(x, channels, kernel, upsampling, **kwargs):
    """Return features (N, 2H, 2W, channels): a transposed convolution, or nearest neighbours and a 3x3 convolution.

    Args:
        x: features (N, H, W, C).
        channels: int.
        kernel: int, side of the kernel of the transposed convolution.
        upsampling: `"transposed"`, as in both papers, or `"resize"`, against checkerboards.
        kwargs: of the convolution.

    Raises:
        UsageError: an unknown way.
    """
    if upsampling not in UPSAMPLINGS:
        raise unknown("upsampling", upsampling, UPSAMPLINGS)
    return UPSAMPLINGS[upsampling](x, channels, kernel, **kwargs)
