"""Animations are small and show what the pictures show."""

import numpy as np
import pytest
from PIL import Image

from kerasgen.errors import DataError, UsageError
from kerasgen.plots import animation

pytestmark = pytest.mark.once


def frames(path):
    with Image.open(path) as picture:
        shown = []
        for number in range(picture.n_frames):
            picture.seek(number)
            shown.append(np.asarray(picture.convert("RGB")).astype(int))
        return shown


def write(folder, arrays):
    for epoch, array in enumerate(arrays):
        Image.fromarray(array).save(folder / f"epoch-{epoch:04d}.png")
    return animation.epochs(folder)


def blurred_digits(number, side=466, seed=0):
    """Return grey pictures that settle, as samples do in a training."""
    random = np.random.default_rng(seed)
    coarse = random.random((number, 24, 24))
    weight = np.exp(-np.arange(number) / 6)[:, None, None]
    grey = coarse * weight + coarse[-1] * (1 - weight)
    noise = random.normal(0, 0.02, (number, side, side)) * weight
    smooth = [np.asarray(Image.fromarray((each * 255).astype(np.uint8)).resize((side, side))) / 255 for each in grey]
    return [((each + extra).clip(0, 1) * 255).astype(np.uint8) for each, extra in zip(smooth, noise)]


@pytest.mark.slow
def test_31_grey_pictures_are_well_under_a_megabyte(tmp_path):
    pictures = blurred_digits(31)
    animation.save_gif(tmp_path / "a.gif", write(tmp_path, pictures))
    assert (tmp_path / "a.gif").stat().st_size < 950_000
    assert sum(path.stat().st_size for path in animation.epochs(tmp_path)) > 2_000_000
    shown = frames(tmp_path / "a.gif")
    assert len(shown) == 31
    for expected, found in zip(pictures, shown):
        difference = np.abs(found - expected[..., None].astype(int))
        assert difference.max() <= 26
        assert difference.mean() < 8


def test_small_animations_keep_every_colour(tmp_path):
    random = np.random.default_rng(0)
    grey = [random.integers(0, 256, (20, 30), np.uint8) for _ in range(4)]
    animation.save_gif(tmp_path / "grey.gif", write(tmp_path, grey))
    for expected, found in zip(grey, frames(tmp_path / "grey.gif"), strict=True):
        np.testing.assert_array_equal(found[..., 0], expected)
    colours = random.integers(0, 256, (12, 3), np.uint8)
    pictures = [colours[random.integers(0, 12, (20, 30))] for _ in range(4)]
    animation.save_gif(tmp_path / "colour.gif", write(tmp_path, pictures))
    for expected, found in zip(pictures, frames(tmp_path / "colour.gif"), strict=True):
        np.testing.assert_array_equal(found, expected)


def test_pictures_that_cannot_be_animated_are_refused(tmp_path):
    paths = write(tmp_path, [np.zeros((4, 5), np.uint8)] * 2)
    with pytest.raises(UsageError, match="needs at least 2"):
        animation.save_gif(tmp_path / "a.gif", paths[:1])
    Image.new("L", (9, 9)).save(tmp_path / "epoch-0002.png")
    with pytest.raises(DataError, match="has 9x9 pixels, the first picture 5x4"):
        animation.save_gif(tmp_path / "a.gif", animation.epochs(tmp_path))
    assert not list(tmp_path.glob("*.gif"))


def test_epochs_are_in_numeric_order(tmp_path):
    for name in ("epoch-0002.png", "epoch-10000.png", "epoch-9999.png", "epoch-best.png", "other.png"):
        (tmp_path / name).touch()
    assert [path.name for path in animation.epochs(tmp_path)] == ["epoch-0002.png", "epoch-9999.png", "epoch-10000.png"]
