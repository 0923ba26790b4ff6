"""Convolutions on JAX: on a CPU their gradients are products of matrices where XLA's own are slow.

With T(x, k, g) the sum over all places of a convolution of x by k, times g, the three functions here are its
derivatives: `_correlate` by g, `_spread` by x, `_gradient` by k. Each one's gradients are the two others, so that a
penalty of gradients, which differentiates twice, takes the same ways.

XLA's CPU kernels are good at `_correlate`. The gradient of a kernel takes them up to thirty times as long where few
channels come out, or where it is of a transposed convolution, which they dilate.
"""

import functools
import itertools
import math
from typing import NamedTuple

import jax
from jax import lax
from jax import numpy as jnp
from keras import ops

from kerasgen.backend import as_in_keras

_LAYOUT = ("NHWC", "HWIO", "NHWC")
# Numbers in the matrix of columns, up to which a product with it is faster than XLA's convolution.
_MOST_TO_SPREAD = 2**23
_MOST_TO_GATHER = 2**22
_THIN = 8  # the share of channels that come out, from which the columns are made of these


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
    if g[..., 0].size * kernel[..., 0].size > _MOST_TO_SPREAD:
        x = jax.ShapeDtypeStruct((len(g), *window.sides, kernel.shape[2]), g.dtype)
        return jax.linear_transpose(lambda x: _by_xla(x, kernel, window), x)(g)[0]
    return _folded(g, kernel, window)


def _folded(g, kernel, window):
    """Return what `_spread` does: what each place gives is a column of a product, and those that meet are added."""
    (n, *places, _), (s, t), channels = g.shape, window.strides, kernel.shape[2]
    # The kernel made of whole strides: then a few columns meet in a block of s t pixels, each moved on by a place.
    blocks = [-(-side // stride) for side, stride in zip(window.kernel, window.strides)]
    ends = [block * stride - side for block, stride, side in zip(blocks, window.strides, window.kernel)]
    kernel = jnp.pad(kernel, ((0, ends[0]), (0, ends[1]), (0, 0), (0, 0)))
    kernel = kernel.reshape(blocks[0], s, blocks[1], t, channels, -1).transpose(0, 2, 1, 3, 4, 5)
    columns = lax.dot_general(g, kernel, (((3,), (5,)), ((), ())))  # (N, h', w', *blocks, s, t, I)
    x = 0
    for i, j in itertools.product(*map(range, blocks)):
        around = ((0, 0), (i, blocks[0] - 1 - i), (j, blocks[1] - 1 - j), (0, 0), (0, 0), (0, 0))
        x = x + jnp.pad(columns[:, :, :, i, j], around)
    reach = [(count + block - 1) * stride for count, block, stride in zip(places, blocks, window.strides)]
    x = x.transpose(0, 1, 3, 2, 4, 5).reshape(n, *reach, channels)
    cut = [(-before, before + side - end, 0) for (before, _), side, end in zip(window.padding, window.sides, reach)]
    return lax.pad(x, jnp.zeros((), x.dtype), [(0, 0, 0), *cut, (0, 0, 0)])


@functools.partial(jax.custom_vjp, nondiff_argnums=(2,))
def _gradient(x, g, window):
    """Return k (h, w, I, O): the gradient of `_correlate` with respect to its kernel, of x and g."""
    channels, outputs = x.shape[-1], g.shape[-1]
    shape = (*window.kernel, channels, outputs)
    pads = ((0, 0), *window.padding, (0, 0))
    if window.strides == (1, 1) and _THIN * outputs <= channels:
        around = [(side - 1, side - 1) for side in window.kernel]
        x, g = jnp.pad(x, pads), jnp.pad(g, ((0, 0), *around, (0, 0)))
        columns = _columns(g, window.kernel, (1, 1), x.shape[1:3])
        columns = columns[:, ::-1]  # a pixel of x met the kernel's end where g is first
        return jnp.einsum("pi,pko->kio", x.reshape(-1, channels), columns).reshape(shape)
    if g[..., 0].size * math.prod(shape[:3]) > _MOST_TO_GATHER:
        kernel = jax.ShapeDtypeStruct(shape, x.dtype)
        return jax.linear_transpose(lambda kernel: _by_xla(x, kernel, window), kernel)(g)[0]
    columns = _columns(jnp.pad(x, pads), window.kernel, window.strides, g.shape[1:3])
    return jnp.einsum("pki,po->kio", columns, g.reshape(-1, outputs)).reshape(shape)


def _columns(x, kernel, strides, places):
    """Return (N h' w', h w, C): what the kernel meets of `x` (N, H, W, C) at each of the places (h', w')."""
    (down, across), (s, t) = [(count - 1) * stride + 1 for count, stride in zip(places, strides)], strides
    parts = [x[:, i : i + down : s, j : j + across : t] for i, j in itertools.product(*map(range, kernel))]
    return jnp.concatenate(parts, axis=-1).reshape(-1, len(parts), x.shape[-1])


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
