"""Convolutions on JAX: each way to compute one gives what XLA's does, and so do the gradients of its gradients."""

import keras
import numpy as np
import pytest

if keras.backend.backend() != "jax":
    pytest.skip("of JAX alone", allow_module_level=True)

import jax
from jax import lax
from jax import numpy as jnp

from kerasgen.backend import jax_kernels

NEVER, ALWAYS = 0, 2**40
CASES = [
    # (H, W), I, O, kernel, strides, padding
    ((8, 8), 3, 5, (4, 4), (2, 2), "same"),
    ((7, 9), 2, 3, (3, 5), (2, 3), "valid"),
    ((6, 5), 4, 4, (3, 3), (1, 1), "same"),
    ((7, 6), 16, 2, (3, 4), (1, 1), "valid"),  # thin: two channels come out of sixteen
    ((8, 8), 16, 1, (7, 7), (1, 1), "same"),
    ((5, 6), 2, 3, (1, 2), (2, 3), "same"),  # a kernel smaller than its strides leaves gaps
]


def by_xla(x, kernel, strides, padding):
    layout = ("NHWC", "HWIO", "NHWC")
    return lax.conv_general_dilated(x, kernel, strides, padding.upper(), dimension_numbers=layout)


def transposed_by_keras(x, kernel, strides, padding):
    return keras.ops.conv_transpose(x, kernel, strides, padding, data_format="channels_last")


def derivatives(function, x, kernel):
    """Return the value, its gradients, and the gradients of their squared sum."""
    weights = np.random.default_rng(1).standard_normal(function(x, kernel).shape).astype("float32")

    def weighted(x, kernel):
        return (jnp.tanh(function(x, kernel)) * weights).sum()

    def penalty(x, kernel):
        return sum((gradient**2).sum() for gradient in jax.grad(weighted, (0, 1))(x, kernel))

    return [
        function(x, kernel),
        *jax.jit(jax.grad(weighted, (0, 1)))(x, kernel),
        *jax.jit(jax.grad(penalty, (0, 1)))(x, kernel),
    ]


@pytest.mark.parametrize("most", [NEVER, ALWAYS], ids=["by XLA", "by products"])
@pytest.mark.parametrize("transposed", [False, True])
@pytest.mark.parametrize("case", CASES, ids=str)
def test_every_way_to_convolve_has_the_same_derivatives(case, transposed, most, monkeypatch):
    sides, inputs, outputs, size, strides, padding = case
    if transposed and any(stride > side for stride, side in zip(strides, size)):
        return  # the layer leaves these to Keras
    monkeypatch.setattr(jax_kernels, "_MOST_TO_SPREAD", most)
    monkeypatch.setattr(jax_kernels, "_MOST_TO_GATHER", most)
    rng = np.random.default_rng(0)
    x = jnp.asarray(rng.standard_normal((2, *sides, inputs)), "float32")
    channels = (outputs, inputs) if transposed else (inputs, outputs)
    kernel = jnp.asarray(rng.normal(0, 0.3, (*size, *channels)), "float32")
    ours = jax_kernels.convolve_transposed if transposed else jax_kernels.convolve
    theirs = transposed_by_keras if transposed else by_xla
    found, expected = (
        derivatives(lambda x, kernel, f=f: f(x, kernel, strides, padding), x, kernel) for f in (ours, theirs)
    )
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-4 * float(abs(other).max()))


def test_the_ways_are_taken_that_a_case_is_for(monkeypatch):
    calls = []
    columns = jax_kernels._columns
    monkeypatch.setattr(jax_kernels, "_columns", lambda x, *rest: (calls.append(x.shape), columns(x, *rest))[1])
    x, kernel = jnp.ones((2, 6, 6, 16)), jnp.ones((3, 3, 16, 2))
    jax.grad(lambda kernel: jax_kernels.convolve(x, kernel, (1, 1), "same").sum())(kernel)
    assert calls == [(2, 10, 10, 2)]  # columns of what came out, which is thin, not of the images
    half, low = jnp.ones((1, 8, 8, 2), "float16"), jnp.ones((3, 3, 2, 2), "float16")
    gradient = jax.grad(lambda kernel: jax_kernels.convolve(half, kernel, (1, 1), "same").sum())(low)
    assert len(calls) == 1  # half precision is left to Keras
    assert gradient.dtype == "float16"
