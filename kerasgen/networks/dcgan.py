"""Generator and discriminator of DCGAN (Radford et al. 2016, arXiv:1511.06434)."""

from collections.abc import Sequence

import keras
from keras import layers

from kerasgen.errors import unknown
from kerasgen.layers import BatchNormalization, Conv2D, Conv2DTranspose, Dense, GroupNormalization
from kerasgen.networks.adversarial import discriminator_inputs, layer_wrapper, logit_layer
from kerasgen.networks.blocks import normal_initializer
from kerasgen.networks.labels import latent_inputs
from kerasgen.networks.sizes import channel_widths, halvings


def _batch_norm(x):
    return BatchNormalization(momentum=0.9, epsilon=1e-5, gamma_initializer=normal_initializer(1.0))(x)


NORMALIZATIONS = {
    "batch": _batch_norm,
    "layer": lambda x: GroupNormalization(groups=1, epsilon=1e-5)(x),  # one group is layer normalization
    "none": lambda x: x,
}


def _upsampling(channels, **arguments):
    # A kernel of 4 is a multiple of the stride 2, which avoids checkerboard artifacts.
    return Conv2DTranspose(channels, 4, strides=2, padding="same", kernel_initializer=normal_initializer(), **arguments)


def dcgan_generator(
    image_shape: Sequence[int], latent_dim: int, width: int, num_classes: int = 0, hidden_dim: int = 0
) -> keras.Model:
    """Return the DCGAN generator, from latents (N, latent_dim) to images (N, *image_shape) in [-1, 1].

    Transposed convolutions, with batch normalization and ReLU after all layers but the last, which has a tanh.

    Args:
        image_shape: (H, W, C), square, with a side of 4 or 7 times a power of two.
        latent_dim: size of the latent vector.
        width: channels of the layer before the last; doubled with each halving of the side, up to 8 times.
        num_classes: number of classes; above 0, the labels (N,) are a second input.
        hidden_dim: units of a dense layer between the latents and the convolutions; 0 for none, as in the paper.

    Raises:
        UsageError: the image shape is not supported.

    Example:
        >>> from kerasgen import networks
        >>> networks.dcgan_generator((8, 8, 3), latent_dim=2, width=4).output_shape
        (None, 8, 8, 3)

    Source:
        Radford et al. 2016 (arXiv:1511.06434), sections 3 and 4.
    """
    base, steps = halvings(image_shape, "a DCGAN")
    widths = channel_widths(width, steps)
    inputs, x = latent_inputs(latent_dim, num_classes)
    if hidden_dim:
        x = Dense(hidden_dim, use_bias=False, kernel_initializer=normal_initializer())(x)
        x = layers.ReLU()(_batch_norm(x))
    x = Dense(base * base * widths[-1], use_bias=False, kernel_initializer=normal_initializer())(x)
    x = layers.Reshape((base, base, widths[-1]))(x)
    for channels in reversed(widths[:-1]):
        x = _upsampling(channels, use_bias=False)(layers.ReLU()(_batch_norm(x)))
    x = _upsampling(image_shape[-1])(layers.ReLU()(_batch_norm(x)))
    return keras.Model(inputs, layers.Activation("tanh", dtype="float32")(x), name="generator")


def dcgan_discriminator(
    image_shape: Sequence[int],
    width: int,
    normalization: str = "batch",
    num_classes: int = 0,
    packing: int = 1,
    minibatch_discrimination: bool = False,
    spectral_normalization: bool = False,
    hidden_dim: int = 0,
) -> keras.Model:
    """Return the DCGAN discriminator, from images (N, *image_shape) in [-1, 1] to logits (N, 1).

    Strided convolutions down to 4x4 with LeakyReLU(0.2), and normalization after all layers but the first.

    Args:
        image_shape: (H, W, C), as for `dcgan_generator`.
        width: channels of the first layer; doubled with each halving of the side, up to 8 times.
        normalization: `"batch"`; `"layer"`, which keeps the images of a batch independent, as a gradient penalty
            requires; or `"none"`.
        num_classes: number of classes; above 0, the labels (N,) are a second input.
        packing: number of images that are discriminated together, concatenated along the channels.
        minibatch_discrimination: whether the last features are followed by a `MinibatchDiscrimination` layer.
        spectral_normalization: whether each layer with a kernel has spectral normalization.
        hidden_dim: units of a dense layer between the convolutions and the logit; 0 for none, as in the paper.

    Raises:
        UsageError: the image shape is not supported, or the normalization is unknown.

    Example:
        >>> from kerasgen import networks
        >>> networks.dcgan_discriminator((8, 8, 3), width=4).output_shape
        (None, 1)

    Source:
        Radford et al. 2016 (arXiv:1511.06434), sections 3 and 4.
    """
    base, steps = halvings(image_shape, "a DCGAN")
    if normalization not in NORMALIZATIONS:
        raise unknown("normalization", normalization, NORMALIZATIONS)
    # Features of 7x7 are halved once more. Otherwise the logit is a sum over 49 small patches, and a generator makes
    # some digits too often.
    steps += base == 7
    normalize, wrap = NORMALIZATIONS[normalization], layer_wrapper(spectral_normalization)
    inputs, x = discriminator_inputs(image_shape, num_classes, packing)
    for step, channels in enumerate(channel_widths(width, steps)):
        use_bias = step == 0 or normalization == "none"
        convolution = Conv2D(
            channels, 4, strides=2, padding="same", use_bias=use_bias, kernel_initializer=normal_initializer()
        )
        x = wrap(convolution)(x)
        x = layers.LeakyReLU(0.2)(x if step == 0 else normalize(x))
    x = layers.Flatten()(x)
    if hidden_dim:
        dense = Dense(hidden_dim, use_bias=normalization == "none", kernel_initializer=normal_initializer())
        x = layers.LeakyReLU(0.2)(normalize(wrap(dense)(x)))
    x = logit_layer(x, minibatch_discrimination, wrap, kernel_initializer=normal_initializer())
    return keras.Model(inputs, x, name="discriminator")
