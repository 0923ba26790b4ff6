"""Grids of images."""

import numpy as np
import pytest
from PIL import Image

from kerasgen.errors import UsageError
from kerasgen.plots import grids

pytestmark = pytest.mark.once


def test_grid_places_every_image():
    images = np.arange(6, dtype="uint8").reshape(6, 1, 1, 1).repeat(64, 1).repeat(64, 2) * 10
    grid = grids.grid(grids.square(images, columns=3))
    assert grid.shape == (2 * 66 + 2, 3 * 66 + 2, 1)
    centres = grid[34::66, 34::66, 0]
    np.testing.assert_array_equal(centres, [[0, 10, 20], [30, 40, 50]])


def test_small_images_are_enlarged_and_values_cut():
    rows = np.array([[-1.0, 0.5, 2.0]])[..., None, None, None].repeat(8, 3).repeat(8, 4)
    rows = np.moveaxis(rows, 2, -1)  # (1, 3, 8, 8, 1)
    grid = grids.grid(rows)
    assert grid.shape == (60, 3 * 58 + 2, 1)
    assert [int(grid[30, x, 0]) for x in (30, 88, 146)] == [0, 128, 255]


def test_square_fills_up_with_white():
    rows = grids.square(np.zeros((5, 4, 4, 3), "float32"))
    assert rows.shape == (2, 3, 4, 4, 3)
    assert rows[1, 2].min() == 1.0


@pytest.mark.parametrize("channels", [1, 3])
def test_png_keeps_every_pixel(channels, tmp_path):
    array = np.random.default_rng(0).integers(0, 256, (9, 7, channels), dtype="uint8")
    grids.save_png(tmp_path / "a.png", array)
    with Image.open(tmp_path / "a.png") as image:
        np.testing.assert_array_equal(np.asarray(image).reshape(array.shape), array)


@pytest.mark.parametrize(("shape", "size"), [((5, 8, 8, 3), (176, 118)), ((1, 5, 8, 8, 1), (292, 60))])
def test_images_become_one_picture_for_a_notebook(shape, size):
    picture = grids.picture_of(np.zeros(shape, "float32"))
    assert picture.size == size
    assert picture.mode == {3: "RGB", 1: "L"}[shape[-1]]
    assert picture.getpixel((10, 10)) in (0, (0, 0, 0))
    with pytest.raises(UsageError, match=r"images have shape \(8, 8\)"):
        grids.picture_of(np.zeros((8, 8)))


@pytest.mark.parametrize(
    ("images", "words"),
    [
        (np.zeros((2, 4, 4, 2)), r"shape \(2, 4, 4, 2\); a picture needs \(N, H, W, C\), with C of 1 or 3"),
        (np.zeros((2, 0, 4, 4, 1)), "images have shape"),
        (np.full((2, 4, 4, 1), 255), "images are int64; a picture needs floats"),
        ([[[1.0], [1.0, 2.0]]], "images cannot be an array"),
    ],
)
def test_what_is_no_picture_is_refused(images, words):
    with pytest.raises(UsageError, match=words):
        grids.picture_of(images)


def test_rows_and_columns_have_names_in_margins():
    rows = np.zeros((3, 4, 28, 28, 1))
    plain, named = grids.grid(rows), grids.grid(rows, ["original", "made", "x"], ["a", "b", "c", "d"], separators=[1])
    assert plain.shape == (3 * 58 + 2, 4 * 58 + 2, 1)
    top, left = named.shape[0] - plain.shape[0] - 10, named.shape[1] - plain.shape[1]  # the wide gap adds 10
    assert top > 10
    assert left > 40
    margin = named[top:, :left, 0]
    for first in (2, 70, 128):  # each name is written next to the images of its row
        assert (margin[first : first + 56] < 128).any()
        assert (named[top + first : top + first + 56, left + 2 : left + 58] == 0).all()
    assert (named[:top, left:] < 128).any()
    assert (named[top + 58 : top + 70, left:] == 255).all()  # the gap between the groups


@pytest.mark.parametrize("name", ["costs $^{$1", "b\udcff\udcfed", "\x1b[31mred", "", "x" * 500, "猫 \ud800"])
def test_any_name_can_be_drawn(name, tmp_path):
    grids.save_rows(tmp_path / "a.png", np.zeros((1, 2, 28, 28, 3)), [name], [name, name])
    with Image.open(tmp_path / "a.png") as image:
        assert image.width < 2 * 58 + 230
