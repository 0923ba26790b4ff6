"""Texts in pictures, and pictures that are read (attacks 06, 07 and 10 of issue 32)."""

import os

import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.text import Text
from PIL import Image

from kerasgen.errors import DataError
from kerasgen.plots import curves, latent_space
from kerasgen.plots.figures import add_legend, drawable, open_picture, save_figure

pytestmark = pytest.mark.once

NAMES = ["costs $^{$1", r"$\frac{$", "b\udcff\udcfed", "\ud800", "a\x1b[31mb\n\r", "猫", "_^{}$$", "x" * 1000]


@pytest.mark.parametrize("name", NAMES)
def test_any_text_can_be_drawn_anywhere(name, tmp_path):
    figure = Figure()
    figure.suptitle(name)
    axes = figure.subplots()
    axes.set(title=name, xlabel=name, ylabel=name)
    add_legend(axes, axes.plot([1, 2]), [name], title=name)
    save_figure(tmp_path / "a.png", figure)
    texts = [text for text in figure.findobj(Text) if text.get_text()]
    assert not any(text.get_parse_math() for text in texts)
    assert sum(text.get_text()[:1] == drawable(name)[:1] for text in texts) >= 6  # the legend's too
    curves.save_curves(tmp_path / "b.png", {"loss": [1.0], name: [2.0], f"val_{name}": [2.0]}, name)
    latents = np.random.default_rng(0).standard_normal((20, 3))
    model = type("Model", (), {"sample_shape": (8, 8, 1)})()
    latent_space.save_map(tmp_path / "c.png", model, latents, np.arange(20) % 2, [name, name], title=name)


def test_markup_is_drawn_as_it_is(tmp_path):
    """A dollar is a character, and so the picture is not that of a formula."""
    for number, title in enumerate(["$a$", "a"]):
        figure = Figure()
        figure.suptitle(title)
        save_figure(tmp_path / f"{number}.png", figure)
    ink = [(np.asarray(Image.open(tmp_path / f"{number}.png").convert("L")) < 128).sum() for number in range(2)]
    assert ink[0] > 1.5 * ink[1]


def test_drawable_texts_have_no_control_characters_and_an_end():
    assert drawable("caf\u00e9 $x$") == "caf\u00e9 $x$"
    assert drawable("a\x00\x1b\n\x9fb") == "a????b"
    assert drawable("b\udcff") == "b\N{REPLACEMENT CHARACTER}"
    assert len(drawable("x" * 1000)) == 100


def test_only_regular_png_files_of_moderate_size_are_read(tmp_path):
    good = tmp_path / "good.png"
    Image.new("RGB", (4, 3), (1, 2, 3)).save(good)
    assert open_picture(good).getpixel((0, 0)) == (1, 2, 3)
    (tmp_path / "link.png").symlink_to(good)
    os.mkfifo(tmp_path / "pipe.png")
    (tmp_path / "folder.png").mkdir()
    (tmp_path / "text.png").write_text("no picture")
    (tmp_path / "postscript.png").write_text("%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n")
    (tmp_path / "cut.png").write_bytes(good.read_bytes()[:-30])
    Image.new("L", (4, 3)).save(tmp_path / "other.png", format="GIF")
    Image.new("1", (30_000, 30_000)).save(tmp_path / "large.png")
    for name, says in (
        ("link", "not a regular file"),
        ("pipe", "not a regular file"),
        ("folder", "not a regular file"),
        ("text", "cannot read"),
        ("postscript", "cannot read"),
        ("cut", "cannot read"),
        ("other", "cannot read"),
        ("large", "cannot read|pixels"),
        ("missing", "cannot read"),
    ):
        with pytest.raises(DataError, match=says) as caught:
            open_picture(tmp_path / f"{name}.png")
        assert str(tmp_path / name) in str(caught.value)
