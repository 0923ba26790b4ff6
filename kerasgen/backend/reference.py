"""Reference implementation of the contract's operations with `keras.ops`.

TensorFlow and JAX use it: they have fast kernels for these operations and compile the networks.
"""

from collections.abc import Callable, Sequence
from typing import Any

import keras
from keras import ops


def convolve(x: Any, kernel: Any, strides: tuple[int, int], padding: str) -> Any:
    """Convolve `x` (N, H, W, I) with `kernel` (h, w, I, O); padding is `"same"` or `"valid"`."""
    return ops.conv(x, kernel, strides, padding, data_format="channels_last")


def convolve_transposed(x: Any, kernel: Any, strides: tuple[int, int], padding: str) -> Any:
    """Return the transposed convolution (N, H', W', O) of `x` (N, H, W, I) with `kernel` (h, w, O, I)."""
    return ops.conv_transpose(x, kernel, strides, padding, data_format="channels_last")


reshape = ops.reshape


def dense(x: Any, kernel: Any, bias: Any = None) -> Any:
    """Return `x` (..., I) times `kernel` (I, O), plus `bias` (O,)."""
    product = ops.matmul(x, kernel)
    return product if bias is None else product + bias


def cross_entropy(bits: Any, logits: Any) -> Any:
    """Return -b log y - (1 - b) log(1 - y) with y = sigmoid(logit) for each bit b."""
    return ops.softplus(logits) - bits * logits


def normalize_instances(x: Any, gamma: Any, beta: Any, epsilon: float) -> Any:
    """Normalise each channel of each image of `x` (N, H, W, C); `gamma` and `beta` are (C,)."""
    return _normalize(x, gamma, beta, epsilon, axes=(1, 2))


def normalize_images(x: Any, gamma: Any, beta: Any, epsilon: float, groups: int = 1) -> Any:
    """Normalise each group of channels of each image of `x` (N, H, W, C); `gamma` and `beta` are (C,)."""
    if groups == 1:
        return _normalize(x, gamma, beta, epsilon, axes=(1, 2, 3))
    *sides, channels = x.shape[1:]
    split = (groups, channels // groups)
    gamma, beta = ops.reshape(gamma, split), ops.reshape(beta, split)
    y = _normalize(ops.reshape(x, (-1, *sides, *split)), gamma, beta, epsilon, axes=(1, 2, 4))
    return ops.reshape(y, (-1, *sides, channels))


def _normalize(x, gamma, beta, epsilon, axes):
    centred = x - ops.mean(x, axis=axes, keepdims=True)
    # `ops.moments` computes E[x^2] - E[x]^2 on two backends. That cancels in float32 if the mean is large.
    variance = ops.mean(ops.square(centred), axis=axes, keepdims=True)
    return centred * (ops.rsqrt(variance + epsilon) * gamma) + beta


def directional_derivative(function: Callable, inputs: Sequence[Any], directions: Sequence[Any]) -> Any:
    """Return the derivative of `function(*inputs)` along `directions`, one for each input; a constant for gradients."""
    _, derivative = ops.jvp(function, tuple(inputs), tuple(directions))
    return ops.stop_gradient(derivative)


def run(network: keras.Model, inputs: Any, training: bool = False) -> Any:
    """Return `network(inputs, training=training)`."""
    return network(inputs, training=training)


def draw(distribution: Callable, shape: tuple, seed_generator: keras.random.SeedGenerator) -> Any:
    """Return `distribution(shape, seed=seed_generator)`."""
    return distribution(shape, seed=seed_generator)
