"""Encoder and decoder as multilayer perceptrons (MLPs)."""

import math
from collections.abc import Sequence

import keras
from keras import initializers, layers

from kerasgen.errors import unknown
from kerasgen.layers import Dense
from kerasgen.networks.labels import label_input, latent_inputs

# Activation of the hidden layers -> initializer of all kernels. The activation is part of the dense layer, because a
# layer of its own costs more Python work on PyTorch.
ACTIVATIONS = {
    # Keras's slope of 0.2. Uniform in +-1/sqrt(inputs): on MNIST the VAE ends 0.4 nats lower than with Glorot's.
    "leaky_relu": lambda: initializers.VarianceScaling(1 / 3, mode="fan_in", distribution="uniform"),
    "relu": initializers.HeNormal,
    "tanh": initializers.GlorotUniform,
}


def dense_encoder(
    sample_shape: Sequence[int],
    hidden_dims: Sequence[int],
    latent_dim: int,
    heads: Sequence[str] = ("mean", "log_variance"),
    num_classes: int = 0,
    activation: str = "leaky_relu",
) -> keras.Model:
    """Return an MLP from samples (N, *sample_shape) to one output (N, latent_dim) for each head.

    Args:
        sample_shape: (H, W, C) of images, or (D,) of points.
        hidden_dims: units of each hidden layer, the layer nearest the samples first.
        latent_dim: size of each output.
        heads: names of the outputs; a single head gives a tensor instead of a list.
        num_classes: number of classes; above 0, the labels (N,) are a second input.
        activation: activation of the hidden layers, one of `ACTIVATIONS`.

    Raises:
        UsageError: the activation is unknown.

    Example:
        >>> from kerasgen import networks
        >>> networks.dense_encoder((28, 28, 1), hidden_dims=[400], latent_dim=20).output_shape
        [(None, 20), (None, 20)]
    """
    dense = _dense_layer(activation)
    x = inputs = keras.Input(sample_shape, name="images")
    x = layers.Flatten()(x)
    if num_classes:
        labels, one_hot = label_input(num_classes)
        inputs, x = [inputs, labels], layers.Concatenate()([x, one_hot])
    for units in hidden_dims:
        x = dense(units, activation=activation)(x)
    outputs = [dense(latent_dim, name=head)(x) for head in heads]
    return keras.Model(inputs, outputs if len(outputs) > 1 else outputs[0], name="encoder")


def dense_decoder(
    sample_shape: Sequence[int],
    hidden_dims: Sequence[int],
    latent_dim: int,
    num_classes: int = 0,
    activation: str = "leaky_relu",
) -> keras.Model:
    """Return the mirror image of `dense_encoder`, from latents (N, latent_dim) to raw outputs (N, *sample_shape).

    The last layer has no activation.

    Args:
        sample_shape: (H, W, C) of images, or (D,) of points.
        hidden_dims: units of each hidden layer as for the encoder; the decoder uses them in reverse order.
        latent_dim: size of the latent vector.
        num_classes: number of classes; above 0, the labels (N,) are a second input.
        activation: activation of the hidden layers, one of `ACTIVATIONS`.

    Raises:
        UsageError: the activation is unknown.

    Example:
        >>> from kerasgen import networks
        >>> networks.dense_decoder((2,), hidden_dims=[8], latent_dim=3).output_shape
        (None, 2)
    """
    dense = _dense_layer(activation)
    inputs, x = latent_inputs(latent_dim, num_classes)
    for units in reversed(hidden_dims):
        x = dense(units, activation=activation)(x)
    x = dense(math.prod(sample_shape))(x)
    return keras.Model(inputs, layers.Reshape(sample_shape)(x), name="decoder")


def _dense_layer(activation):
    """Return a function that makes the dense layers of a network with this activation."""
    if activation not in ACTIVATIONS:
        raise unknown("activation", activation, ACTIVATIONS)
    return lambda units, **arguments: Dense(units, kernel_initializer=ACTIVATIONS[activation](), **arguments)
