"""Shapes of samples: kinds and limits."""

import numpy as np
import pytest

from kerasgen.data import shapes
from kerasgen.errors import UsageError

pytestmark = pytest.mark.once


@pytest.mark.parametrize(
    ("shape", "kind"), [((2,), "points"), ((7, 7), "codes"), ((28, 28, 1), "images"), ((4096, 4096, 1), "images")]
)
def test_a_shape_is_a_tuple_of_ints_and_has_a_kind(shape, kind):
    checked = shapes.check_sample_shape(np.array(shape))
    assert checked == shape
    assert all(type(side) is int for side in checked)
    assert shapes.sample_kind(checked) == kind


@pytest.mark.parametrize(
    "shape",
    [(), (0,), (-2,), (2.0,), (True,), ("2",), (None, 2), 3, None, (1, 1, 1, 1), (8193,), (4096, 4097, 1), (10**20,)],
)
def test_an_impossible_shape_is_refused(shape):
    with pytest.raises(UsageError, match=r"the shape of a sample is .*; give"):
        shapes.check_sample_shape(shape)
