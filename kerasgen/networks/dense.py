"""Multilayer perceptrons: an encoder, and the decoder that mirrors it."""

import math

import keras
from keras import initializers, layers

from kerasgen.errors import unknown
from kerasgen.layers import Dense
from kerasgen.networks.labels import label_input, latents_and_labels

# The activations of the hidden layers, by the names that Keras knows them by -> the kernels of all layers. As part of
# a layer they save PyTorch the Python work of another.
ACTIVATIONS = {
    # In Keras of slope 0.2. Uniform in +-1/sqrt(inputs): on MNIST the VAE ends 0.4 nats lower than with Glorot's.
    "leaky_relu": lambda: initializers.VarianceScaling(1 / 3, mode="fan_in", distribution="uniform"),
    "relu": initializers.HeNormal,
    "tanh": initializers.GlorotUniform,
}


def dense_encoder(
    image_shape, hidden_dims, latent_dim, heads=("mean", "log_variance"), num_classes=0, activation="leaky_relu"
):
    """Return a model from images (N, *image_shape) to one output (N, latent_dim) for each of the heads.

    Args:
        image_shape: (H, W, C).
        hidden_dims: widths of the hidden layers, from the image inwards.
        latent_dim: width of each output.
        heads: names of the outputs; with one, the output is a tensor, not a list.
        num_classes: int; above 0 the labels (N,) are a second input.
        activation: after each hidden layer, one of `ACTIVATIONS`.

    Raises:
        UsageError: unknown activation.
    """
    dense = _dense_with(activation)
    x = inputs = keras.Input(image_shape, name="images")
    x = layers.Flatten()(x)
    if num_classes:
        labels, one_hot = label_input(num_classes)
        inputs, x = [inputs, labels], layers.Concatenate()([x, one_hot])
    for width in hidden_dims:
        x = dense(width, activation=activation)(x)
    outputs = [dense(latent_dim, name=head)(x) for head in heads]
    return keras.Model(inputs, outputs if len(outputs) > 1 else outputs[0], name="encoder")


def dense_decoder(image_shape, hidden_dims, latent_dim, num_classes=0, activation="leaky_relu"):
    """Return a model from latents (N, latent_dim) to raw outputs (N, *image_shape), without an activation.

    Args:
        image_shape: (H, W, C).
        hidden_dims: widths of the hidden layers as for the encoder; the decoder goes through them backwards.
        latent_dim: width of the input.
        num_classes: int; above 0 the labels (N,) are a second input.
        activation: after each hidden layer, one of `ACTIVATIONS`.

    Raises:
        UsageError: unknown activation.
    """
    dense = _dense_with(activation)
    inputs, x = latents_and_labels(latent_dim, num_classes)
    for width in reversed(hidden_dims):
        x = dense(width, activation=activation)(x)
    x = dense(math.prod(image_shape))(x)
    return keras.Model(inputs, layers.Reshape(image_shape)(x), name="decoder")


def _dense_with(activation):
    """Return what makes the dense layers of a network with this activation."""
    if activation not in ACTIVATIONS:
        raise unknown("activation", activation, ACTIVATIONS)
    return lambda width, **kwargs: Dense(width, kernel_initializer=ACTIVATIONS[activation](), **kwargs)
