"""Couplings change the values outside of their mask, given those in it."""

import json

import numpy as np
import pytest

from kerasgen import networks
from kerasgen.errors import UsageError
from kerasgen.layers import Coupling
from kerasgen.layers.coupling import mask_of
from tests.tensors import array, tensor


@pytest.mark.once
@pytest.mark.parametrize(
    ("name", "shape"),
    [("bits", (1,)), ("bits", (2,)), ("bits", (7,)), ("checkerboard", (4, 6, 2)), ("channels", (2, 2, 4))],
)
def test_two_masks_keep_each_value_once(name, shape):
    first, second = mask_of(name, shape, 0), mask_of(name, shape, 1)
    np.testing.assert_array_equal(first + second, np.ones(shape))


@pytest.mark.once
@pytest.mark.parametrize("dimensions", [2, 3, 5, 8])
def test_the_masks_of_points_separate_all_pairs(dimensions):
    masks = np.stack([mask_of("bits", (dimensions,), index) for index in range(8)])
    for i in range(dimensions):
        for j in range(i):
            assert (masks[:, i] != masks[:, j]).any()


def test_only_the_other_values_change_and_they_depend_on_the_kept_ones():
    coupling = Coupling(networks.dense_conditioner((3,), [4], 2), "bits", 0)
    rng = np.random.default_rng(0)
    coupling.network.set_weights([rng.standard_normal(weight.shape) for weight in coupling.network.weights])
    x = rng.standard_normal((5, 3)).astype("float32")
    y, _ = coupling.forward(tensor(x))
    kept = mask_of("bits", (3,), 0) > 0
    np.testing.assert_array_equal(array(y)[:, kept], x[:, kept])
    assert (array(y)[:, ~kept] != x[:, ~kept]).all()
    again = Coupling.from_config(json.loads(json.dumps(coupling.get_config())))
    again.network.set_weights(coupling.network.get_weights())
    np.testing.assert_array_equal(array(again.forward(tensor(x))[0]), array(y))


@pytest.mark.once
def test_an_unknown_mask_is_refused():
    with pytest.raises(UsageError, match="did you mean channels"):
        Coupling(networks.conv_conditioner((2, 2, 2), 2, 2), "chanels", 0)
