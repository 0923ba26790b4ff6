"""The inputs of networks that are told the class."""

import keras
from keras import layers, ops


def label_input(num_classes):
    """Return `(input, one-hot)`: labels, int (N,), and the same as floats (N, num_classes)."""
    labels = keras.Input((), dtype="int32", name="labels")
    return labels, ops.one_hot(labels, num_classes, dtype="float32")


def latents_and_labels(latent_dim, num_classes):
    """Return `(inputs, x)` of a network: latents (N, latent_dim) and, with classes, labels (N,) beside them."""
    latents = keras.Input((latent_dim,), name="latents")
    if not num_classes:
        return latents, latents
    labels, one_hot = label_input(num_classes)
    return [latents, labels], layers.Concatenate()([latents, one_hot])
