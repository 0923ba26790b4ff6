"""The picture of several runs."""

from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from kerasgen.plots import comparison

pytestmark = pytest.mark.once


@pytest.mark.parametrize("number", [2, 5])
def test_runs_of_any_number_and_content_are_drawn(number, tmp_path):
    Image.new("L", (60, 60), 128).save(tmp_path / "samples.png")
    (tmp_path / "broken.png").write_text("no picture")
    histories = [
        {"epoch": [1.0, 2.0], "seconds": [1.0, 2.0], "loss": [3.0, 2.0], "val_loss": [3.1, np.nan]},
        {"epoch": [1.0], "generator_loss": [1.7e308], r"$\frac{$": [-1.7e308]},
        {"epoch": [1.0]},
    ]
    runs = [
        SimpleNamespace(
            name=f"costs $^{{${i}",
            history=histories[i % 3],
            picture=[tmp_path / "samples.png", None, tmp_path / "broken.png"][i % 3],
        )
        for i in range(number)
    ]
    left_out = comparison.save_comparison(tmp_path / "a.png", runs)
    assert [line.startswith(f"cannot read {tmp_path / 'broken.png'}: ") for line in left_out] == [True] * (number // 3)
    with Image.open(tmp_path / "a.png") as image:
        assert image.width >= 400 * min(number, 3)
        assert len(image.convert("RGB").getcolors(2**24)) > 50


def figure_of(runs, tmp_path, monkeypatch):
    """Return the matplotlib figure of a comparison."""
    figures = []
    monkeypatch.setattr(comparison, "save_figure", lambda path, figure: figures.append(figure))
    comparison.save_comparison(tmp_path / "a.png", runs)
    return figures[0]


def test_places_without_a_panel_are_empty_and_equal_values_are_visible(tmp_path, monkeypatch):
    history = {"epoch": [1.0], **{name: [1.0] for name in ("a", "b", "c", "d", "val_a")}}
    runs = [SimpleNamespace(name=name, history=history, picture=None) for name in ("one", "two")]
    panels = figure_of(runs, tmp_path, monkeypatch).axes[2:]
    assert [axes.axison for axes in panels] == [True] * 4 + [False] * 2
    lines = panels[0].get_lines()
    assert [line.get_fillstyle() for line in lines] == ["full", "none"] * 2  # rings around dots
    assert lines[0].get_linewidth() > lines[2].get_linewidth()


def test_runs_without_logged_values_have_their_samples(tmp_path):
    runs = [SimpleNamespace(name=name, history={"epoch": [1.0]}, picture=None) for name in "ab"]
    comparison.save_comparison(tmp_path / "a.png", runs)
    assert (tmp_path / "a.png").exists()
