import keras
import numpy as np
import pytest

from kerasgen.errors import UsageError
from kerasgen.layers import MaskedDense, mask_degrees
from tests.layers.layer_case import LayerCase


class TestMaskedDense(LayerCase):
    layer = MaskedDense
    arguments = {"depth": 1, "num_inputs": 5, "hidden_dims": [7, 6], "order": "random", "seed": 3}
    shapes = ((3, 7),)

    def expected(self, weights, x, training):
        _, before, after = (degrees[0] for degrees in mask_degrees(5, (7, 6), 1, "random", 3))
        return x @ (weights["kernel"] * (before[:, None] <= after[None, :])) + weights["bias"]


class TestLastLayer(TestMaskedDense):
    arguments = TestMaskedDense.arguments | {"depth": 2, "values": [1, 2]}
    shapes = ((3, 6),)

    def expected(self, weights, x, training):
        inputs, _, before = (degrees[0] for degrees in mask_degrees(5, (7, 6), 1, "random", 3))
        return x @ (weights["kernel"] * (before[:, None] < np.repeat(inputs, 2)[None, :])) + weights["bias"]


def test_one_of_several_masks_is_chosen():
    layer = MaskedDense(0, 5, [7], num_masks=3, order="random")
    x = np.random.default_rng(0).random((2, 5), dtype="float32")
    for index in range(3):
        outputs = keras.ops.convert_to_numpy(layer([x, np.full(2, index)]))
        before, after = (degrees[index] for degrees in mask_degrees(5, (7,), 3, "random"))
        kernel = keras.ops.convert_to_numpy(layer.kernel)
        np.testing.assert_allclose(outputs, x @ (kernel * (before[:, None] <= after[None, :])), atol=1e-6)


def test_degrees_are_orders_of_the_inputs_and_depend_on_the_seed():
    inputs, hidden = mask_degrees(9, (50,), 4, "random", seed=1)
    assert (np.sort(inputs, axis=1) == np.arange(9)).all()
    assert len({tuple(row) for row in inputs}) == 4
    assert hidden.min() == 0
    assert hidden.max() == 7  # a unit of degree 8 would be without an output
    assert not np.array_equal(inputs, mask_degrees(9, (50,), 4, "random", seed=2)[0])
    np.testing.assert_array_equal(mask_degrees(1, (3,))[1], np.zeros((1, 3)))


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ((4, (3,), 1, "rasta"), "did you mean raster"),
        ((4, (3,), 0), "the number of masks is 0"),
        ((2**20, (3,), 64), "take fewer masks or smaller images"),
    ],
)
def test_wrong_arguments(arguments, says):
    with pytest.raises(UsageError, match=says):
        mask_degrees(*arguments)
