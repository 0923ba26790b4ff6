"""JAX: kernels of the layers, and convolutions whose kernel gradients avoid slow XLA kernels on a CPU.

Let T(x, k, g) be the sum over all positions of the convolution of x by k, times g. T is linear in each argument. Its
three derivatives are the primitives here: `_convolve` with respect to g, `_spread` to x, `_correlate` to k. The
derivatives of each are the two others. So forward mode, reverse mode and derivatives of any order need no other
primitive.

JAX itself derives another convolution for each. XLA's CPU kernels are up to thirty times slower for two kernel
gradients: that of a transposed convolution, because its images are dilated, and that of a kernel with few output
channels.
"""

import functools
import itertools
from typing import Any, NamedTuple

import jax
from jax import lax
from jax import numpy as jnp
from jax.extend.core import Primitive
from jax.interpreters import ad, batching, mlir
from keras import ops

from kerasgen.backend import reference, switches
from kerasgen.backend.reference import dense, normalize_images, normalize_instances, reshape  # noqa: F401

_LAYOUT = ("NHWC", "HWIO", "NHWC")
_FEW = 8  # a kernel has few output channels if it has this many times more input channels


class _Window(NamedTuple):
    """Parameters of a convolution: sizes of the images and the kernel, strides, padding (before, after)."""

    image_size: tuple
    kernel_size: tuple
    strides: tuple
    padding: tuple


def convolve(x: Any, kernel: Any, strides: tuple[int, int], padding: str) -> Any:
    """Convolve `x` (N, H, W, I) with `kernel` (h, w, I, O); padding is `"same"` or `"valid"`."""
    x, kernel = ops.convert_to_tensor(x), ops.convert_to_tensor(kernel)
    if not _has_custom_kernel(x, kernel):
        return reference.convolve(x, kernel, strides, padding)
    image_size, kernel_size = x.shape[1:3], kernel.shape[:2]
    pairs = lax.padtype_to_pads(image_size, kernel_size, strides, padding.upper())
    return _convolve.bind(x, kernel, window=_Window(image_size, kernel_size, tuple(strides), tuple(pairs)))


def convolve_transposed(x: Any, kernel: Any, strides: tuple[int, int], padding: str) -> Any:
    """Return the transposed convolution (N, H', W', O) of `x` (N, H, W, I) with `kernel` (h, w, O, I).

    It is the gradient of a convolution. H' is sH with padding `"same"` and (H - 1) s + h with `"valid"`. The kernel is
    not smaller than the strides.
    """
    x, kernel = ops.convert_to_tensor(x), ops.convert_to_tensor(kernel)
    if not _has_custom_kernel(x, kernel):
        return reference.convolve_transposed(x, kernel, strides, padding)
    size = kernel.shape[:2]
    total = [side - stride if padding == "same" else 0 for side, stride in zip(size, strides)]
    pairs = tuple((both // 2, both - both // 2) for both in total)
    image_size = tuple((n - 1) * s + k - both for n, s, k, both in zip(x.shape[1:3], strides, size, total))
    return _spread.bind(x, kernel, window=_Window(image_size, size, tuple(strides), pairs))


def _has_custom_kernel(x, kernel):
    """Return whether to use the primitives: on a CPU, in float32, with static shapes."""
    is_static = all(isinstance(side, int) for side in x.shape)
    is_float32 = x.dtype == kernel.dtype == jnp.float32
    return switches.custom_kernels and is_static and is_float32 and jax.default_backend() == "cpu"


def _primitive(name, function):
    """Return a JAX primitive that computes `function(a, b, window)`."""
    primitive = Primitive(f"kerasgen_{name}")
    jitted = jax.jit(function, static_argnames="window")
    primitive.def_impl(lambda a, b, *, window: jitted(a, b, window=window))
    primitive.def_abstract_eval(
        lambda a, b, *, window: a.update(shape=jax.eval_shape(functools.partial(function, window=window), a, b).shape)
    )
    mlir.register_lowering(primitive, mlir.lower_fun(function, multiple_results=False))

    def batched(arrays, axes, *, window):
        return jax.vmap(functools.partial(function, window=window), axes)(*arrays), 0

    batching.primitive_batchers[primitive] = batched
    return primitive


def _xla_convolve(x, kernel, window):
    """Return g (N, h', w', O): the convolution of `x` (N, H, W, I) with `kernel` (h, w, I, O)."""
    return lax.conv_general_dilated(x, kernel, window.strides, window.padding, dimension_numbers=_LAYOUT)


def _xla_spread(g, kernel, window):
    """Return x (N, H, W, I): the derivative of T with respect to x, for `g` (N, h', w', O)."""
    x = jax.ShapeDtypeStruct((len(g), *window.image_size, kernel.shape[2]), g.dtype)
    return jax.linear_transpose(lambda x: _xla_convolve(x, kernel, window), x)(g)[0]


def _xla_correlate(x, g, window):
    """Return k (h, w, I, O): the derivative of T with respect to the kernel, for x and g."""
    shape = (*window.kernel_size, x.shape[-1], g.shape[-1])
    if window.strides == (1, 1) and _FEW * g.shape[-1] <= x.shape[-1]:
        return _correlate_few(x, g, window).reshape(shape)
    kernel = jax.ShapeDtypeStruct(shape, x.dtype)
    return jax.linear_transpose(lambda kernel: _xla_convolve(x, kernel, window), kernel)(g)[0]


def _correlate_few(x, g, window):
    """Return k (h w, I, O), without strides, as one matrix product of each pixel of x with the g that it reaches."""
    x = jnp.pad(x, ((0, 0), *window.padding, (0, 0)))
    g = jnp.pad(g, ((0, 0), *((side - 1, side - 1) for side in window.kernel_size), (0, 0)))
    offsets = itertools.product(*(reversed(range(side)) for side in window.kernel_size))
    shifted = [g[:, i : i + x.shape[1], j : j + x.shape[2]] for i, j in offsets]
    return jnp.einsum("nhwi,nhwko->kio", x, jnp.stack(shifted, axis=3))


_convolve = _primitive("convolve", _xla_convolve)
_spread = _primitive("spread", _xla_spread)
_correlate = _primitive("correlate", _xla_correlate)

# A rule gets the cotangent and both arguments; the one that it transposes in is undefined and not used.
ad.defbilinear(
    _convolve,
    lambda g, x, kernel, *, window: _spread.bind(g, kernel, window=window),
    lambda g, x, kernel, *, window: _correlate.bind(x, g, window=window),
)
ad.defbilinear(
    _spread,
    lambda x, g, kernel, *, window: _convolve.bind(x, kernel, window=window),
    lambda x, g, kernel, *, window: _correlate.bind(x, g, window=window),
)
ad.defbilinear(
    _correlate,
    lambda kernel, x, g, *, window: _spread.bind(g, kernel, window=window),
    lambda kernel, x, g, *, window: _convolve.bind(x, kernel, window=window),
)


def normalize_batch(x: Any, gamma: Any, beta: Any, epsilon: float) -> tuple[Any, Any, Any]:
    """Normalise `x` over all axes but the last; return it with the batch's mean and variance, each (C,)."""
    axes = tuple(range(x.ndim - 1))
    mean, variance = x.mean(axes), x.var(axes)
    scale = gamma * lax.rsqrt(variance + epsilon)
    return (x - mean) * scale + beta, mean, variance


def cross_entropy(bits: Any, logits: Any) -> Any:
    """Return -b log y - (1 - b) log(1 - y) with y = sigmoid(logit) for each bit b."""
    return _softplus(logits) - bits * logits


@jax.custom_jvp
def _softplus(x):
    """Return log(1 + e^x), in a third of the time of `jax.nn.softplus`, which handles infinities and NaN."""
    return ops.maximum(x, 0.0) + ops.log1p(ops.exp(-ops.abs(x)))


@_softplus.defjvp
def _softplus_jvp(primals, tangents):
    return _softplus(*primals), tangents[0] * ops.sigmoid(primals[0])
