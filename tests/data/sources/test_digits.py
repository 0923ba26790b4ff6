"""Handwritten digits of scikit-learn."""

import numpy as np
import pytest

from kerasgen.data.sources.digits import enlarged

pytestmark = pytest.mark.once


@pytest.mark.parametrize("size", [8, 28, 33])
def test_digits_are_enlarged(size):
    images, labels = enlarged(size)
    assert (images.shape, images.dtype, images.max()) == ((1797, size, size, 1), np.uint8, 255)
    assert np.bincount(labels).tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]
