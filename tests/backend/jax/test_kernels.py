"""Convolutions on JAX: their gradients, and the gradients of these, are what JAX derives, but not by its ways."""

import keras
import numpy as np
import pytest

if keras.backend.backend() != "jax":
    pytest.skip("of JAX alone", allow_module_level=True)

import jax
from jax import lax
from jax import numpy as jnp

from kerasgen.backend.jax import kernels

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


@pytest.mark.parametrize(
    ("case", "transposed"),
    [*((case, False) for case in CASES), *((case, True) for case in CASES[:-1])],  # the layer leaves gaps to Keras
    ids=str,
)
def test_convolutions_have_the_derivatives_that_jax_finds(case, transposed):
    sides, inputs, outputs, size, strides, padding = case
    rng = np.random.default_rng(0)
    x = jnp.asarray(rng.standard_normal((2, *sides, inputs)), "float32")
    channels = (outputs, inputs) if transposed else (inputs, outputs)
    kernel = jnp.asarray(rng.normal(0, 0.3, (*size, *channels)), "float32")
    ours = kernels.convolve_transposed if transposed else kernels.convolve
    theirs = transposed_by_keras if transposed else by_xla
    found, expected = (
        derivatives(lambda x, kernel, f=f: f(x, kernel, strides, padding), x, kernel) for f in (ours, theirs)
    )
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-4 * float(abs(other).max()))


def test_the_kernel_of_few_channels_has_its_gradient_by_a_correlate_few_in_float32(monkeypatch):
    taken, product = [], kernels._correlate_few
    monkeypatch.setattr(kernels, "_correlate_few", lambda x, *rest: (taken.append(x.dtype), product(x, *rest))[1])
    for dtype, outputs in (("float32", 2), ("float32", 3), ("float16", 2)):
        x, kernel = jnp.ones((2, 6, 6, 16), dtype), jnp.ones((3, 3, 16, outputs), dtype)
        gradient = jax.grad(lambda kernel, x=x: kernels.convolve(x, kernel, (1, 1), "same").sum())(kernel)
        assert gradient.dtype == dtype
        assert float(gradient[1, 1, 0, 0]) == 2 * 6 * 6
    assert taken == ["float32"]


def test_no_gradient_of_a_transposed_kernel_dilates_images():
    def loss(kernel):
        return (kernels.convolve_transposed(jnp.ones((2, 4, 4, 8)), kernel, (2, 2), "same") ** 2).sum()

    lowered = jax.jit(jax.grad(loss)).lower(jnp.ones((4, 4, 8, 8))).as_text()
    convolutions = [line for line in lowered.splitlines() if "stablehlo.convolution" in line]
    # one spreads the images, the way forward; the gradient of the kernel moves it by steps of two instead
    assert len([line for line in convolutions if "lhs_dilate = [2, 2]" in line]) == 1
    assert len([line for line in convolutions if "rhs_dilate = [2, 2]" in line]) == 1
