"""Generator and discriminator as multilayer perceptrons, and the parts that all discriminators share."""

import math
from collections.abc import Callable, Sequence

import keras
from keras import layers

from kerasgen.layers import BatchNormalization, Dense, MinibatchDiscrimination, SpectralNormalization
from kerasgen.networks.labels import label_input, latent_inputs


def discriminator_inputs(sample_shape: Sequence[int], num_classes: int = 0, packing: int = 1, flat: bool = False):
    """Return `(inputs, x)` of a discriminator.

    The inputs are samples (N, ..., packing * C) and, if `num_classes` is above 0, labels (N,). A dense layer turns the
    one-hot label into one more channel of the image (Mirza and Osindero 2014, arXiv:1411.1784, section 3.2).

    Args:
        sample_shape: (H, W, C) of images, or (D,) of points.
        num_classes: number of classes; 0 for a discriminator without labels.
        packing: number of samples that are discriminated together, concatenated along the last axis.
        flat: whether `x` is a vector (N, D); otherwise it has the shape of the samples.
    """
    *sides, channels = sample_shape
    samples = keras.Input((*sides, packing * channels), name="images")
    x = layers.Flatten()(samples) if flat else samples
    if not num_classes:
        return samples, x
    labels, one_hot = label_input(num_classes)
    plane = Dense(math.prod(sides), use_bias=False)(one_hot)
    plane = plane if flat else layers.Reshape((*sides, 1))(plane)
    return [samples, labels], layers.Concatenate()([x, plane])


def logit_layer(
    features, minibatch_discrimination: bool = False, wrap: Callable = lambda layer: layer, **dense_arguments
):
    """Return the logits (N, 1) of a discriminator's features (N, D).

    Args:
        features: tensor (N, D).
        minibatch_discrimination: whether to append a `MinibatchDiscrimination` layer to the features.
        wrap: function of a layer that returns the layer to use, see `layer_wrapper`.
        **dense_arguments: arguments of the last dense layer.
    """
    if minibatch_discrimination:
        features = MinibatchDiscrimination()(features)
    return wrap(Dense(1, dtype="float32", **dense_arguments))(features)


def layer_wrapper(spectral_normalization: bool) -> Callable:
    """Return the function that adds spectral normalization to a layer, or the identity."""
    return SpectralNormalization if spectral_normalization else lambda layer: layer


def gan_generator(
    sample_shape: Sequence[int], latent_dim: int, hidden_dims: Sequence[int], num_classes: int = 0
) -> keras.Model:
    """Return an MLP from latents (N, latent_dim) to samples (N, *sample_shape).

    Images are in [-1, 1]; points (D,) are unbounded. The hidden layers have batch normalization and ReLU.

    Args:
        sample_shape: (H, W, C) of images, or (D,) of points.
        latent_dim: size of the latent vector.
        hidden_dims: units of each hidden layer.
        num_classes: number of classes; above 0, the labels (N,) are a second input.

    Example:
        >>> from kerasgen import networks
        >>> networks.gan_generator((28, 28, 1), latent_dim=64, hidden_dims=[400, 400]).output_shape
        (None, 28, 28, 1)
    """
    inputs, x = latent_inputs(latent_dim, num_classes)
    for units in hidden_dims:
        x = Dense(units, use_bias=False, kernel_initializer="he_normal")(x)
        x = layers.ReLU()(BatchNormalization(momentum=0.9, epsilon=1e-5)(x))
    x = layers.Reshape(sample_shape)(Dense(math.prod(sample_shape))(x))
    activation = "linear" if len(sample_shape) == 1 else "tanh"
    return keras.Model(inputs, layers.Activation(activation, dtype="float32")(x), name="generator")


def gan_discriminator(
    sample_shape: Sequence[int],
    hidden_dims: Sequence[int],
    pieces: int = 5,
    num_classes: int = 0,
    packing: int = 1,
    minibatch_discrimination: bool = False,
    spectral_normalization: bool = False,
) -> keras.Model:
    """Return an MLP with maxout units from samples (N, *sample_shape) to logits (N, 1).

    Args:
        sample_shape: (H, W, C) of images, or (D,) of points.
        hidden_dims: maxout units of each hidden layer.
        pieces: linear pieces of each maxout unit.
        num_classes: number of classes; above 0, the labels (N,) are a second input.
        packing: number of samples that are discriminated together, concatenated along the last axis.
        minibatch_discrimination: whether the last features are followed by a `MinibatchDiscrimination` layer.
        spectral_normalization: whether each dense layer has spectral normalization.

    Example:
        >>> from kerasgen import networks
        >>> networks.gan_discriminator((2,), hidden_dims=[64, 64], packing=2).input_shape
        (None, 4)

    Source:
        Goodfellow et al. 2014 (arXiv:1406.2661), section 5; Lin et al. 2018 (arXiv:1712.04086), appendix A.
    """
    wrap = layer_wrapper(spectral_normalization)
    inputs, x = discriminator_inputs(sample_shape, num_classes, packing, flat=True)
    for units in hidden_dims:
        x = layers.Reshape((pieces, units))(wrap(Dense(pieces * units))(x))
        x = layers.GlobalMaxPooling1D()(x)  # the maximum over the pieces
    return keras.Model(inputs, logit_layer(x, minibatch_discrimination, wrap), name="discriminator")
