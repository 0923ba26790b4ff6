"""Convolutions on JAX: on a CPU the gradients of their kernels by ways that are not slow there.

With T(x, k, g) the sum over all places of a convolution of x by k, times g, the three functions here are its
derivatives: `_correlate` by g, `_spread` by x, `_gradient` by k. Each one's gradients are the two others, so that a
penalty of gradients, which differentiates twice, takes the same ways.

What JAX derives is another convolution for each, and XLA's CPU kernels are up to thirty times as slow at two of them:
the gradient of a transposed convolution's kernel, whose images it dilates, and that of a kernel of which few channels
come out.
"""

import functools
import itertools
from typing import NamedTuple

import jax
from jax import lax
from jax import numpy as jnp
from keras import ops

from kerasgen.backend import as_in_keras

_LAYOUT = ("NHWC", "HWIO", "NHWC")
_FEW = 8  # as many times more channels go in, where those that come out are few


class _Window(NamedTuple):
    """What a convolution is beside its kernel: sides of its images and its kernel, strides, padding (before, after)."""

    sides: tuple
    kernel: tuple
    strides: tuple
    padding: tuple


def convolve(x, kernel, strides, padding):
    """Convolve `x` (N, H, W, I) with `kernel` (h, w, I, O); padding is `"same"` or `"valid"`."""
    x, kernel = ops.convert_to_tensor(x), ops.convert_to_tensor(kernel)
    if not _is_ours(x, kernel):
        return as_in_keras.convolve(x, kernel, strides, padding)
    sides, size = x.shape[1:3], kernel.shape[:2]
    pairs = lax.padtype_to_pads(sides, size, strides, padding.upper())
    return _correlate(x, kernel, _Window(sides, size, strides, tuple(pairs)))


def convolve_transposed(x, kernel, strides, padding):
    """Return (N, H', W', O) of `x` (N, H, W, I) and `kernel` (h, w, O, I), not smaller than the strides.

    It is the gradient of a convolution; H' = sH with padding "same", (H - 1) s + h with "valid".
    """
    x, kernel = ops.convert_to_tensor(x), ops.convert_to_tensor(kernel)
    if not _is_ours(x, kernel):
        return as_in_keras.convolve_transposed(x, kernel, strides, padding=padding)
    size = kernel.shape[:2]
    cut = [side - stride if padding == "same" else 0 for side, stride in zip(size, strides)]
    pairs = tuple((both // 2, both - both // 2) for both in cut)
    sides = tuple((n - 1) * s + k - both for n, s, k, both in zip(x.shape[1:3], strides, size, cut))
    return _spread(x, kernel, _Window(sides, size, strides, pairs))


def _is_ours(x, kernel):
    """Tell whether to take these ways: on a CPU, in float32, and where the sides are known."""
    known = all(isinstance(side, int) for side in x.shape)
    return known and x.dtype == kernel.dtype == jnp.float32 and jax.default_backend() == "cpu"


def _by_xla(x, kernel, window):
    return lax.conv_general_dilated(x, kernel, window.strides, window.padding, dimension_numbers=_LAYOUT)


@functools.partial(jax.custom_vjp, nondiff_argnums=(2,))
def _correlate(x, kernel, window):
    """Return g (N, h', w', O): the convolution of `x` (N, H, W, I) with `kernel` (h, w, I, O)."""
    return _by_xla(x, kernel, window)


@functools.partial(jax.custom_vjp, nondiff_argnums=(2,))
def _spread(g, kernel, window):
    """Return x (N, H, W, I): the gradient of `_correlate` with respect to it, of g (N, h', w', O)."""
    x = jax.ShapeDtypeStruct((len(g), *window.sides, kernel.shape[2]), g.dtype)
    return jax.linear_transpose(lambda x: _by_xla(x, kernel, window), x)(g)[0]


@functools.partial(jax.custom_vjp, nondiff_argnums=(2,))
def _gradient(x, g, window):
    """Return k (h, w, I, O): the gradient of `_correlate` with respect to its kernel, of x and g."""
    shape = (*window.kernel, x.shape[-1], g.shape[-1])
    if window.strides == (1, 1) and _FEW * g.shape[-1] <= x.shape[-1]:
        return _product(x, g, window).reshape(shape)
    kernel = jax.ShapeDtypeStruct(shape, x.dtype)
    return jax.linear_transpose(lambda kernel: _by_xla(x, kernel, window), kernel)(g)[0]


def _product(x, g, window):
    """Return the gradient (h w, I, O) as a product of matrices, without strides: each pixel of x by all of g it met."""
    x = jnp.pad(x, ((0, 0), *window.padding, (0, 0)))
    g = jnp.pad(g, ((0, 0), *((side - 1, side - 1) for side in window.kernel), (0, 0)))
    places = itertools.product(*(reversed(range(side)) for side in window.kernel))  # the kernel's end met g's beginning
    met = [g[:, i : i + x.shape[1], j : j + x.shape[2]] for i, j in places]
    return jnp.einsum("nhwi,nhwko->kio", x, jnp.stack(met, axis=3))


def _kept(function):
    return lambda a, b, window: (function(a, b, window), (a, b))


def _pull_through_correlate(window, kept, g):
    x, kernel = kept
    return _spread(g, kernel, window), _gradient(x, g, window)


def _pull_through_spread(window, kept, x):
    g, kernel = kept
    return _correlate(x, kernel, window), _gradient(x, g, window)


def _pull_through_gradient(window, kept, kernel):
    x, g = kept
    return _spread(g, kernel, window), _correlate(x, kernel, window)


_correlate.defvjp(_kept(_correlate), _pull_through_correlate)
_spread.defvjp(_kept(_spread), _pull_through_spread)
_gradient.defvjp(_kept(_gradient), _pull_through_gradient)
