"""Convolutional networks that halve an image down to 4x4 or 7x7, or double it up from there."""

import keras
from keras import initializers, layers

from kerasgen.errors import UsageError
from kerasgen.layers import BatchNormalization, Conv2D, Conv2DTranspose, Dense, GroupNormalization
from kerasgen.networks.adversarial import images_and_labels, judge, wrapper
from kerasgen.networks.labels import latents_and_labels

_BASES = (4, 7)
_LEAKY = "leaky_relu"  # in Keras of slope 0.2


def _halvings(image_shape, of):
    """Return `(base, steps)` with `side = base * 2**steps`, `base` 4 or 7.

    Raises:
        UsageError: the image is not square or its side is not such a number.
    """
    height, width, _ = image_shape
    for base in _BASES:
        side, steps = height, 0
        while side > base and side % 2 == 0:
            side, steps = side // 2, steps + 1
        if height == width and side == base and steps >= 1:
            return base, steps
    sizes = sorted(base * 2**steps for base in _BASES for steps in range(1, 12))
    near = sorted(sorted(sizes, key=lambda size: abs(size - height))[:2])
    raise UsageError(
        f"image size {height}x{width} does not suit {of}: it makes squares of 4 or 7 times a power of two, "
        f"such as {near[0]} or {near[1]}"
    )


def _widths(width, steps):
    """Return the channels after each halving: doubled each time, to at most 8 times the first."""
    return [width * 2 ** min(step, 3) for step in range(steps)]


# "All weights were initialized from a zero-centered Normal distribution with standard deviation 0.02"
# (Radford et al. 2016, section 4); batch normalisation's scales around 1, as their code does.
def _normal(mean=0.0):
    return initializers.RandomNormal(mean, 0.02)


def _batch_norm():
    return BatchNormalization(momentum=0.9, epsilon=1e-5, gamma_initializer=_normal(1.0))


_NORMALIZATIONS = {
    "batch": lambda x: _batch_norm()(x),
    "layer": lambda x: GroupNormalization(groups=1, epsilon=1e-5)(x),  # one group: the whole layer
    "none": lambda x: x,
}


def dcgan_generator(image_shape, latent_dim, width, num_classes=0):
    """Return the DCGAN generator: latents (N, latent_dim) to images (N, *image_shape) in [-1, 1].

    Transposed convolutions of kernel 4 (a multiple of the stride 2, against checkerboards), batch normalisation
    and ReLU in all layers but the last, which has a tanh (Radford et al. 2016, section 3).

    Args:
        image_shape: (H, W, C), square, of side 4 or 7 times a power of two.
        latent_dim: width of the input.
        width: channels of the layer before the last; doubled with each halving of the side, to 8 times.
        num_classes: int; above 0 the labels (N,) are a second input.

    Raises:
        UsageError: a side that cannot be made.
    """
    base, steps = _halvings(image_shape, "a DCGAN")
    widths = _widths(width, steps)
    inputs, x = latents_and_labels(latent_dim, num_classes)
    x = Dense(base * base * widths[-1], use_bias=False, kernel_initializer=_normal())(x)
    x = layers.Reshape((base, base, widths[-1]))(x)
    for channels in reversed(widths[:-1]):
        x = layers.ReLU()(_batch_norm()(x))
        x = Conv2DTranspose(channels, 4, strides=2, padding="same", use_bias=False, kernel_initializer=_normal())(x)
    x = layers.ReLU()(_batch_norm()(x))
    x = Conv2DTranspose(image_shape[-1], 4, strides=2, padding="same", kernel_initializer=_normal())(x)
    return keras.Model(inputs, layers.Activation("tanh", dtype="float32")(x), name="generator")


def dcgan_discriminator(
    image_shape,
    width,
    normalization="batch",
    num_classes=0,
    packing=1,
    minibatch_discrimination=False,
    spectral_normalization=False,
):
    """Return the DCGAN discriminator: images (N, *image_shape) in [-1, 1] to logits (N, 1).

    Strided convolutions down to 4x4, LeakyReLU(0.2), batch normalisation in all layers but the first (section 3).

    Args:
        image_shape: (H, W, C), as for the generator.
        width: channels of the first layer; doubled with each halving of the side, to 8 times.
        normalization: `"batch"`; `"layer"`, which leaves the images independent of each other, as a gradient
            penalty needs it; or `"none"`.
        num_classes, packing, minibatch_discrimination, spectral_normalization: see `gan_discriminator`.

    Raises:
        UsageError: a side that does not halve down to 4 or 7.
    """
    base, steps = _halvings(image_shape, "a DCGAN")
    # On to 4x4 from 7x7 too: judges of pieces of 10 pixels, summed, let a generator draw some digits far too often.
    steps += base == 7
    normalize, wrap = _NORMALIZATIONS[normalization], wrapper(spectral_normalization)
    inputs, x = images_and_labels(image_shape, num_classes, packing)
    for step, channels in enumerate(_widths(width, steps)):
        biased = step == 0 or normalization == "none"
        convolution = Conv2D(channels, 4, strides=2, padding="same", use_bias=biased, kernel_initializer=_normal())
        x = wrap(convolution)(x)
        x = layers.LeakyReLU(0.2)(x if step == 0 else normalize(x))
    x = judge(layers.Flatten()(x), minibatch_discrimination, wrap, kernel_initializer=_normal())
    return keras.Model(inputs, x, name="discriminator")


def conv_encoder(image_shape, width, hidden_dim, latent_dim, heads=("mean", "log_variance")):
    """Return a model from images (N, *image_shape) to one output (N, latent_dim) for each of the heads.

    Args:
        image_shape: (H, W, C), square, of side 4 or 7 times a power of two.
        width: channels of the first layer; doubled with each halving of the side, to 8 times.
        hidden_dim: width of the dense layer between the convolutions and the heads.
        latent_dim: width of each output.
        heads: names of the outputs; with one, the output is a tensor, not a list.

    Raises:
        UsageError: a side that does not halve down to 4 or 7.
    """
    _, steps = _halvings(image_shape, "a convolutional encoder")
    x = images = keras.Input(image_shape, name="images")
    for channels in _widths(width, steps):
        x = Conv2D(channels, 4, strides=2, padding="same", activation=_LEAKY)(x)
    x = Dense(hidden_dim, activation=_LEAKY)(layers.Flatten()(x))
    outputs = [Dense(latent_dim, name=head)(x) for head in heads]
    return keras.Model(images, outputs if len(outputs) > 1 else outputs[0], name="encoder")


def conv_decoder(image_shape, width, hidden_dim, latent_dim):
    """Return the mirror image of `conv_encoder`: latents (N, latent_dim) to raw outputs (N, *image_shape).

    Arguments and errors are those of `conv_encoder`; the last layer has no activation.
    """
    base, steps = _halvings(image_shape, "a convolutional decoder")
    widths = _widths(width, steps)
    x = latents = keras.Input((latent_dim,), name="latents")
    x = Dense(hidden_dim, activation=_LEAKY)(x)
    x = Dense(base * base * widths[-1], activation=_LEAKY)(x)
    x = layers.Reshape((base, base, widths[-1]))(x)
    for channels in reversed(widths[:-1]):
        x = Conv2DTranspose(channels, 4, strides=2, padding="same", activation=_LEAKY)(x)
    x = Conv2DTranspose(image_shape[-1], 4, strides=2, padding="same")(x)
    return keras.Model(latents, x, name="decoder")


def _sides(image_shape, steps):
    """Return the sides of the image after 0 to `steps` halvings, 28 -> 14 -> 7 -> 3, each of which can be undone.

    Raises:
        UsageError: the image is not square, or too small.
    """
    height, width, _ = image_shape
    sides = [height]
    for _ in range(steps):
        sides.append(sides[-1] // 2)
    if height != width or sides[-1] < 1:
        raise UsageError(
            f"image size {height}x{width} does not suit a denoising autoencoder: "
            f"it halves squares {steps} times, of side {2**steps} or more"
        )
    return sides


def _padding(side):
    # With a kernel of 3 and a stride of 2, `same` halves 14 to 7 and doubles 7 to 14; `valid` makes 3 of 7 and 7 of 3.
    return "same" if side % 2 == 0 else "valid"


def _normalized(x):
    return layers.ReLU()(BatchNormalization(momentum=0.9, epsilon=1e-5)(x))


def denoising_encoder(image_shape, widths, hidden_dim, latent_dim):
    """Return a model from images (N, *image_shape) to latents (N, latent_dim).

    Convolutions of 3x3 and stride 2 with batch normalisation and ReLU, a dense layer with ReLU, and one without.

    Args:
        image_shape: (H, W, C), square; each convolution halves the side and rounds down.
        widths: channels of the convolutions, from the image inwards.
        hidden_dim: width of the dense layer.
        latent_dim: width of the output.

    Raises:
        UsageError: not square, or too small to be halved so often.
    """
    x = images = keras.Input(image_shape, name="images")
    for channels, side in zip(widths, _sides(image_shape, len(widths))):
        x = _normalized(Conv2D(channels, 3, strides=2, padding=_padding(side), use_bias=False)(x))
    x = Dense(hidden_dim, activation="relu")(layers.Flatten()(x))
    return keras.Model(images, Dense(latent_dim, name="latents")(x), name="encoder")


def denoising_decoder(image_shape, widths, hidden_dim, latent_dim):
    """Return the mirror image of `denoising_encoder`: latents (N, latent_dim) to raw outputs (N, *image_shape).

    Arguments and errors are those of `denoising_encoder`; the last layer has no activation.
    """
    *sides, base = _sides(image_shape, len(widths))
    x = latents = keras.Input((latent_dim,), name="latents")
    x = Dense(hidden_dim, activation="relu")(x)
    x = Dense(base * base * widths[-1], activation="relu")(x)
    x = layers.Reshape((base, base, widths[-1]))(x)
    for channels, side in reversed(list(zip(widths[:-1], sides[1:]))):
        x = _normalized(Conv2DTranspose(channels, 3, strides=2, padding=_padding(side), use_bias=False)(x))
    x = Conv2DTranspose(image_shape[-1], 3, strides=2, padding=_padding(sides[0]))(x)
    return keras.Model(latents, x, name="decoder")
