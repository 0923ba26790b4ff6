"""Pictures of densities in the plane."""

import numpy as np
import pytest
from PIL import Image

from kerasgen import plots, zoo
from kerasgen.plots import densities

pytestmark = pytest.mark.once


def pixels(path):
    with Image.open(path) as image:
        return np.asarray(image.convert("RGB"), "float64") / 255


def bright(path):
    """Return the mean brightness of the left and the right half of the panel of the density."""
    image = pixels(path)
    panel = image[150:-100, int(0.55 * image.shape[1]) : int(0.88 * image.shape[1])].mean(axis=2)
    half = panel.shape[1] // 2
    return panel[:, :half].mean(), panel[:, half:].mean()


def test_the_density_is_bright_where_it_is_large(tmp_path):
    points = np.random.default_rng(0).uniform(-1, 1, (200, 2))
    densities.save(tmp_path / "right.png", lambda x: 10 * x[:, 0], points, points, title="right")
    left, right = bright(tmp_path / "right.png")
    assert right > left + 0.2


@pytest.mark.parametrize("value", [np.nan, -np.inf])
def test_values_that_are_not_finite_are_left_out(tmp_path, value):
    points = np.full((3, 2), np.nan)
    densities.save(tmp_path / "empty.png", lambda x: np.full(len(x), value), points)
    assert pixels(tmp_path / "empty.png").ndim == 3


def test_the_preview_of_a_flow_in_the_plane_shows_its_density(tmp_path):
    data = np.random.default_rng(0).standard_normal((100, 2)).astype("float32")
    widths = []
    for shape in ((2,), (3,)):
        model = zoo.get("realnvp").create(shape, couplings=1, hidden_dim=4, bins=4)
        points = np.resize(data, (100, *shape))
        plots.save_preview(tmp_path / "preview.png", model, data=points, n=50)
        widths.append(pixels(tmp_path / "preview.png").shape[1])
    assert widths[0] > widths[1]
