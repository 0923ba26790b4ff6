"""What TensorFlow and JAX do as Keras makes it: they have fast kernels for it, and compile the networks."""

import functools

import keras

multiply = keras.ops.matmul
convolve = functools.partial(keras.ops.conv, data_format="channels_last")
convolve_transposed = functools.partial(keras.ops.conv_transpose, padding="same", data_format="channels_last")


def run(network, inputs, training=False):
    """Return `network(inputs, training=training)`."""
    return network(inputs, training=training)
