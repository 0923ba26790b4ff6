"""Inputs of networks with and without class labels."""

import keras
from keras import layers, ops


def label_input(num_classes: int):
    """Return `(labels, one_hot)`: an int input (N,), and the labels as float32 vectors (N, num_classes)."""
    labels = keras.Input((), dtype="int32", name="labels")
    return labels, ops.one_hot(labels, num_classes, dtype="float32")


def latent_inputs(latent_dim: int, num_classes: int = 0):
    """Return `(inputs, x)` of a network that takes latents (N, latent_dim).

    If `num_classes` is above 0, the labels (N,) are a second input, and `x` is the latents followed by the one-hot
    labels.
    """
    latents = keras.Input((latent_dim,), name="latents")
    if not num_classes:
        return latents, latents
    labels, one_hot = label_input(num_classes)
    return [latents, labels], layers.Concatenate()([latents, one_hot])
