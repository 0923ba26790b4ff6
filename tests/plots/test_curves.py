"""Curves of logged values."""

import numpy as np
import pytest
from matplotlib.figure import Figure
from PIL import Image

from kerasgen.plots import curves

pytestmark = pytest.mark.once


def test_panels_have_a_logical_order_and_share_validation():
    keys = ["epoch", "seconds", "kl_divergence", "generator_loss", "loss", "val_kl_divergence", "val_loss", "val_other"]
    assert curves.panel_keys(keys) == ["loss", "generator_loss", "kl_divergence", "other"]


def test_the_equilibrium_is_that_of_a_discriminator_that_maximises_the_value():
    scores, value = {"real_score": [0.9, 0.6], "fake_score": [0.2, 0.4]}, [-1.2, -1.35]
    for others in (
        {"adversarial": [1.0, 0.9], "discriminator_loss": [0.3, 0.2]},  # of a CycleGAN
        {"value": value, "discriminator_loss": [0.25, 0.24]},  # of least squares
        {"value": [np.nan], "discriminator_loss": [np.nan]},
        {},
    ):
        assert not curves._has_equilibrium(others | scores)
    assert curves._has_equilibrium({"value": [*value, np.nan], "discriminator_loss": [1.2, 1.35, np.nan]} | scores)


def test_extreme_values_are_drawn_without_warnings(tmp_path):
    history = {"loss": [1.0, np.nan, np.inf, 0.5], "val_loss": [2.0, 1.0, 1.7e308, -1.7e308], "kl": [0.1] * 4}
    curves.save_curves(tmp_path / "curves.png", history, "a run")
    with Image.open(tmp_path / "curves.png") as image:
        assert image.size[0] > 800


def test_an_epoch_without_a_value_interrupts_the_line():
    axes = Figure().subplots()
    curves.draw_curve(axes, {"epoch": [3, 4, 5], "val_loss": [np.nan, 1.0, 1e300]}, "val_loss")
    (line,) = axes.get_lines()
    np.testing.assert_array_equal(line.get_xdata(), [3, 4, 5])
    np.testing.assert_array_equal(line.get_ydata(), [np.nan, 1.0, np.nan])
    assert line.get_marker() == "."
