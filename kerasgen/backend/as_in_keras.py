"""What TensorFlow and JAX do as Keras makes it: they have fast kernels for it, and compile the networks."""

import functools

import keras

convolve = functools.partial(keras.ops.conv, data_format="channels_last")
convolve_transposed = functools.partial(keras.ops.conv_transpose, padding="same", data_format="channels_last")


def dense(x, kernel, bias=None):
    """Return `x` (..., I) times `kernel` (I, O), plus `bias` (O,)."""
    product = keras.ops.matmul(x, kernel)
    return product if bias is None else product + bias


def run(network, inputs, training=False):
    """Return `network(inputs, training=training)`."""
    return network(inputs, training=training)
