"""`animate`: the pictures of a run as a GIF."""

import numpy as np
import pytest
from PIL import Image

from tests.cli.conftest import assert_refused, kerasgen

pytestmark = pytest.mark.once


def picture(path, value, size=(12, 8), mode="L"):
    Image.new(mode, size, value).save(path)


@pytest.fixture
def run(here):
    """Return the directory of a run with three pictures, each brighter than the one before."""
    (here / "run" / "samples").mkdir(parents=True)
    (here / "run" / "recipe.json").write_text("{}")
    for epoch in (0, 1, 10):
        picture(here / "run" / "samples" / f"epoch-{epoch:04d}.png", 20 * epoch)
    return here / "run"


def frames(path):
    with Image.open(path) as animation:
        found = []
        for number in range(animation.n_frames):
            animation.seek(number)
            found.append((int(np.asarray(animation.convert("L")).mean()), animation.info["duration"]))
        return found


def test_the_pictures_follow_each_other_and_the_last_stands(run):
    result = kerasgen("animate", run)
    assert result.exit_code == 0, result.output
    assert "animated.gif: 3 pictures, 2.4 seconds" in result.stdout
    assert frames(run / "animated.gif") == [(0, 200), (20, 200), (200, 2000)]
    with Image.open(run / "animated.gif") as animation:
        assert animation.size == (12, 8)
        assert animation.info["loop"] == 0


def test_speed_hold_and_place_are_given(run, here):
    result = kerasgen("animate", run, "-o", "new/film.gif", "--fps", 10, "--hold", 0)
    assert result.exit_code == 0, result.output
    assert frames(here / "new" / "film.gif") == [(0, 100), (20, 100), (200, 100)]
    assert not (run / "animated.gif").exists()


def test_colours_survive_and_what_is_no_epoch_stays_out(run):
    for path in (run / "samples").iterdir():
        path.unlink()
    for epoch, colour in enumerate([(200, 10, 10), (10, 200, 10)]):
        picture(run / "samples" / f"epoch-{epoch:04d}.png", colour, mode="RGB")
    picture(run / "samples" / "epoch-best.png", 0)
    picture(run / "samples" / "other.png", 0)
    assert kerasgen("animate", run).exit_code == 0
    with Image.open(run / "animated.gif") as animation:
        assert animation.n_frames == 2
        assert animation.convert("RGB").getpixel((3, 3)) == (200, 10, 10)


@pytest.mark.slow
def test_a_real_run_is_animated(vae_run, here):
    assert kerasgen("animate", vae_run, "-o", "a.gif").exit_code == 0
    with Image.open(here / "a.gif") as animation, Image.open(vae_run / "samples" / "epoch-0000.png") as first:
        np.testing.assert_array_equal(np.asarray(animation.convert("L")), np.asarray(first))


def test_what_cannot_be_animated_is_said(run, here):
    assert_refused(kerasgen("animate", "nowhere"), 2, "does not exist")
    assert_refused(kerasgen("animate", here), 1, "is not a run")
    assert_refused(kerasgen("animate", run, "-o", "film.png"), 2, "ends in .gif")
    assert_refused(kerasgen("animate", run, "--fps", 0), 2, "--fps")
    picture(run / "samples" / "epoch-0002.png", 0, size=(9, 9))
    assert_refused(kerasgen("animate", run), 1, "epoch-0002.png has 9x9 pixels, the first picture 12x8")
    (run / "samples" / "epoch-0002.png").write_text("no picture")
    assert_refused(kerasgen("animate", run), 1, "epoch-0002.png")
    assert not list(here.rglob("*.gif"))
    for epoch, words in ((0, "0 pictures"), (10, "1 picture")):
        for path in (run / "samples").glob("epoch-*.png"):
            path.unlink()
        if epoch:
            picture(run / "samples" / f"epoch-{epoch:04d}.png", 0)
        assert_refused(kerasgen("animate", run), 1, words)
