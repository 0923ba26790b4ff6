"""What TensorFlow and JAX do by Keras's operations: they have fast kernels for it, and compile the networks."""

import functools

import keras

convolve = functools.partial(keras.ops.conv, data_format="channels_last")
convolve_transposed = functools.partial(keras.ops.conv_transpose, data_format="channels_last")
reshape = keras.ops.reshape


def dense(x, kernel, bias=None):
    """Return `x` (..., I) times `kernel` (I, O), plus `bias` (O,)."""
    product = keras.ops.matmul(x, kernel)
    return product if bias is None else product + bias


def cross_entropy(bits, logits):
    """Return -b log y - (1 - b) log(1 - y) with y = sigmoid(logit), of each bit b by itself."""
    return keras.ops.softplus(logits) - bits * logits


def normalize_instances(x, gamma, beta, epsilon):
    """Normalise each channel of each image of `x` (N, H, W, C); `gamma` and `beta`: (C,)."""
    return _normalize(x, gamma, beta, epsilon, axes=(1, 2))


def normalize_images(x, gamma, beta, epsilon):
    """Normalise each image of `x` (N, H, W, C), all its channels together; `gamma` and `beta`: (C,)."""
    return _normalize(x, gamma, beta, epsilon, axes=(1, 2, 3))


def _normalize(x, gamma, beta, epsilon, axes):
    centred = x - keras.ops.mean(x, axis=axes, keepdims=True)
    # Not `ops.moments`: on two backends it takes E[x^2] - E[x]^2, of which a faint pattern on a bright image leaves
    # nothing in float32.
    variance = keras.ops.mean(keras.ops.square(centred), axis=axes, keepdims=True)
    return centred * (keras.ops.rsqrt(variance + epsilon) * gamma) + beta


def run(network, inputs, training=False):
    """Return `network(inputs, training=training)`."""
    return network(inputs, training=training)


def draw(distribution, shape, seed_generator):
    """Return `distribution(shape, seed=seed_generator)`."""
    return distribution(shape, seed=seed_generator)
