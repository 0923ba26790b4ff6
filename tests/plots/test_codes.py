"""Pictures of integer codes."""

import numpy as np
import pytest

from kerasgen.errors import UsageError
from kerasgen.plots.codes import code_images

pytestmark = pytest.mark.once


def test_each_code_has_a_colour():
    codes = np.arange(16).reshape(1, 4, 4)
    images = code_images(codes, num_codes=16)
    assert images.shape == (1, 4, 4, 3)
    assert images.dtype == np.uint8
    assert len(np.unique(images.reshape(-1, 3), axis=0)) == 16
    np.testing.assert_array_equal(code_images(codes[:, :2], num_codes=16), images[:, :2])
    assert code_images(np.zeros((2, 3, 3), int)).shape == (2, 3, 3, 3)
    for wrong in (np.zeros((2, 3, 3)), np.zeros((0, 3, 3), int), np.zeros(3, int)):
        with pytest.raises(UsageError, match="expected integers"):
            code_images(wrong)
