"""What the players of every game share, and the two players as multilayer perceptrons."""

import math

import keras
from keras import layers

from kerasgen.layers import BatchNormalization, Dense, MinibatchDiscrimination, SpectralNormalization
from kerasgen.networks.labels import label_input, latents_and_labels


def images_and_labels(image_shape, num_classes, packing=1, flat=False):
    """Return `(inputs, x)` of a discriminator: images (N, H, W, packing C) and, with classes, labels (N,).

    The label becomes one more channel of the image (Mirza and Osindero 2014, arXiv:1411.1784, section 3.2). If `flat`,
    x is a vector of both for each image, whose channels need not be brought together.
    """
    *sides, channels = image_shape
    images = keras.Input((*sides, packing * channels), name="images")
    x = layers.Flatten()(images) if flat else images
    if not num_classes:
        return images, x
    labels, one_hot = label_input(num_classes)
    plane = Dense(math.prod(sides), use_bias=False)(one_hot)
    plane = plane if flat else layers.Reshape((*sides, 1))(plane)
    return [images, labels], layers.Concatenate()([x, plane])


def judge(features, minibatch_discrimination=False, wrap=lambda layer: layer, **dense):
    """Return the logits (N, 1) of a discriminator's features (N, D)."""
    if minibatch_discrimination:
        features = MinibatchDiscrimination()(features)
    return wrap(Dense(1, dtype="float32", **dense))(features)


def wrapper(spectral_normalization):
    """Return the function that makes a discriminator's layer of a plain one."""
    return SpectralNormalization if spectral_normalization else lambda layer: layer


def gan_generator(image_shape, latent_dim, hidden_dims, num_classes=0):
    """Return a perceptron from latents (N, latent_dim) to images in [-1, 1], or to points that have no bounds.

    ReLU and batch normalisation in the hidden layers.

    Args:
        image_shape: (H, W, C); (D,) means points of D coordinates.
        latent_dim: width of the input.
        hidden_dims: widths of the hidden layers.
        num_classes: int; above 0 the labels (N,) are a second input.
    """
    inputs, x = latents_and_labels(latent_dim, num_classes)
    for width in hidden_dims:
        x = Dense(width, use_bias=False, kernel_initializer="he_normal")(x)
        x = layers.ReLU()(BatchNormalization(momentum=0.9, epsilon=1e-5)(x))
    x = layers.Reshape(image_shape)(Dense(math.prod(image_shape))(x))
    activation = "linear" if len(image_shape) == 1 else "tanh"
    return keras.Model(inputs, layers.Activation(activation, dtype="float32")(x), name="generator")


def gan_discriminator(
    image_shape,
    hidden_dims,
    pieces=5,
    num_classes=0,
    packing=1,
    minibatch_discrimination=False,
    spectral_normalization=False,
):
    """Return a perceptron from images (N, *image_shape) to logits (N, 1), with maxout units.

    Maxout as in Goodfellow et al. 2014 and Lin et al. 2018 (arXiv:1712.04086, appendix A).

    Args:
        image_shape: (H, W, C).
        hidden_dims: maxout units of the hidden layers.
        pieces: linear pieces of each unit.
        num_classes: int; above 0 the labels (N,) are a second input.
        packing: images that are judged together, one behind the other on the last axis.
        minibatch_discrimination, spectral_normalization: whether the remedy is built in.
    """
    wrap = wrapper(spectral_normalization)
    inputs, x = images_and_labels(image_shape, num_classes, packing, flat=True)
    for width in hidden_dims:
        x = layers.Reshape((pieces, width))(wrap(Dense(pieces * width))(x))
        x = layers.GlobalMaxPooling1D()(x)  # the largest of the pieces
    return keras.Model(inputs, judge(x, minibatch_discrimination, wrap), name="discriminator")
