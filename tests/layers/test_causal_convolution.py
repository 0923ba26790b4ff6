import numpy as np
import pytest

from kerasgen.errors import UsageError
from kerasgen.layers import CausalConv2D
from tests.layers.layer_case import LayerCase
from tests.tensors import array, tensor


def masked_convolution(x, kernel, bias, size, stack, strict):
    """Return the convolution with the full kernel, in which the weights of later pixels are zero."""
    half = size // 2
    full = np.zeros((size, size, *kernel.shape[2:]))
    if stack == "vertical":
        full[: len(kernel)] = kernel
    else:
        full[half, : kernel.shape[1]] = kernel[0]
    padded = np.pad(x, ((0, 0), (half, half), (half, half), (0, 0)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, (size, size), axis=(1, 2))
    return np.einsum("nhwcij,ijco->nhwo", windows, full) + bias


class TestVertical(LayerCase):
    layer = CausalConv2D
    arguments = {"filters": 2, "size": 5, "stack": "vertical"}

    def expected(self, weights, x, training):
        options = {"strict": False} | self.arguments
        return masked_convolution(x, weights["kernel"], weights["bias"], 5, options["stack"], options["strict"])


class TestStrictVertical(TestVertical):
    arguments = TestVertical.arguments | {"strict": True}


class TestHorizontal(TestVertical):
    arguments = TestVertical.arguments | {"stack": "horizontal"}


class TestStrictHorizontal(TestVertical):
    arguments = TestVertical.arguments | {"stack": "horizontal", "strict": True}


def test_a_row_by_itself_has_the_horizontal_features_of_the_image():
    layer = CausalConv2D(2, 3, "horizontal")
    x = np.random.default_rng(0).random((2, 4, 5, 3))
    np.testing.assert_allclose(array(layer(tensor(x)))[:, 1:2], array(layer(tensor(x[:, 1:2]))), atol=1e-6)


def test_an_unknown_stack_is_refused():
    with pytest.raises(UsageError, match="did you mean vertical"):
        CausalConv2D(2, stack="vertikal")
