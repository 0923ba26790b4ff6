"""Conversion of arrays of images."""

import re

import numpy as np
import pytest

from kerasgen.data.pixels import as_bytes, as_floats, make_square, on_white, scaling_advice
from kerasgen.errors import UsageError

pytestmark = pytest.mark.once


def test_bytes_survive_the_way_to_floats_and_back():
    images = np.arange(256, dtype=np.uint8)
    floats = as_floats(images)
    assert (floats.dtype, floats.min(), floats.max()) == (np.float32, 0, 1)
    np.testing.assert_array_equal(as_bytes(floats), images)
    assert as_floats(floats) is floats
    assert as_bytes(np.array([-0.1, 1.7, np.nan])).tolist() == [0, 255, 0]


@pytest.mark.parametrize(
    ("low", "high", "advice"),
    [
        (-1, 1, r"\(x \+ 1\) / 2"),
        (-1, 0.5, r"\(x \+ 1\) / 2"),
        (0, 255, "divide by 255"),
        (0, 65535, "divide by 65535"),
        (-3, 4, "scale them to 0..1"),
        (0, 1e9, "scale them to 0..1"),
    ],
)
def test_the_advice_fits_the_range(low, high, advice):
    assert re.search(advice, scaling_advice(low, high))


@pytest.mark.parametrize("scale", [1, 1 / 255])
def test_the_central_square_is_resized(scale):
    images = np.zeros((2, 8, 12, 3))
    images[:, :, 2:10] = 200 * scale  # the central square
    images = images.astype(np.uint8) if scale == 1 else images
    square = make_square(images, 16)
    assert square.shape == (2, 16, 16, 3)
    assert square.dtype == (np.uint8 if scale == 1 else np.float32)
    np.testing.assert_allclose(square[:, :, 4:-4], 200 * scale, rtol=1e-5)
    assert make_square(images, None) is images


def test_a_side_of_1_is_refused():
    with pytest.raises(UsageError, match="image size 1"):
        make_square(np.zeros((1, 4, 4, 1), np.uint8), 1)


def test_transparency_is_mixed_with_white():
    images = np.array([[[[100, 0, 50, 255], [100, 0, 50, 0], [100, 0, 50, 51]]]], np.uint8)
    expected = [[100, 0, 50], [255, 255, 255], [224, 204, 214]]
    assert on_white(images)[0, 0].tolist() == expected
    np.testing.assert_allclose(on_white(images / 255)[0, 0], np.array(expected) / 255, atol=0.003)
