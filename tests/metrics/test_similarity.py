"""MSE, PSNR and SSIM compared with closed forms."""

import numpy as np
import pytest

from kerasgen import metrics

pytestmark = pytest.mark.once


@pytest.mark.parametrize(("shape", "has_ssim"), [((7, 7, 3), True), ((6, 8, 1), False), ((2,), False), ((16,), False)])
def test_samples_smaller_than_the_window_of_ssim_have_none(shape, has_ssim):
    found = metrics.similarity(np.zeros((2, *shape), "float32"), np.full((2, *shape), 0.1, "float32"))
    assert set(found) == {"MSE", "PSNR"} | ({"SSIM"} if has_ssim else set())
    assert found["PSNR"] == pytest.approx(20, abs=1e-4)


def test_ssim_assumes_images_from_0_to_1():
    dark, bright = np.full((1, 8, 8, 1), 0.2, "float32"), np.full((1, 8, 8, 1), 0.6, "float32")
    luminance = (2 * 0.2 * 0.6 + 0.01**2) / (0.2**2 + 0.6**2 + 0.01**2)  # Wang et al. 2004, eq. 6 with L = 1
    assert metrics.similarity(dark, bright)["SSIM"] == pytest.approx(luminance, rel=1e-5)


def test_bytes_are_divided_by_255():
    images = np.random.default_rng(0).integers(0, 256, (3, 8, 8, 1), np.uint8)
    zeros = np.zeros((3, 8, 8, 1), np.uint8)
    assert metrics.similarity(zeros, images) == pytest.approx(metrics.similarity(zeros / 255.0, images / 255.0))
