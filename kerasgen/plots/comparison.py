"""The picture of several finished runs: their samples and their curves."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

from kerasgen.errors import DataError
from kerasgen.plots.curves import dots, draw_curve, panel_keys, set_up_panel
from kerasgen.plots.figures import add_legend, open_picture, save_figure

if TYPE_CHECKING:
    from kerasgen.runs.finished import FinishedRun

_COLUMNS = 3  # of panels
_PANELS = 30  # at most


def save_comparison(path: str | os.PathLike, runs: Sequence[FinishedRun]) -> list[str]:
    """Write a picture of runs, and return a line for each picture of samples that is left out because it is damaged.

    The last samples are above, and below is a panel for each logged value.

    A panel has the curves of all runs, training as a solid line and validation as a dashed one.

    Args:
        path: path of the PNG file.
        runs: the runs.

    Example:
        >>> from kerasgen.runs import finished
        >>> runs = finished.read_runs(["runs/vae-1", "runs/vae-2"])  # doctest: +SKIP
        >>> save_comparison("/tmp/comparison.png", runs)  # doctest: +SKIP
        []
    """
    from matplotlib.figure import Figure

    keys = panel_keys(key for run in runs for key in run.history)[:_PANELS]
    columns = min(_COLUMNS, max(1, len(keys)))
    rows = math.ceil(len(keys) / columns)
    width = max(4.4 * columns, 3.6 * len(runs))
    figure = Figure(figsize=(width, 4.6 + 3.0 * rows), layout="constrained")
    heights = [4.2, max(1.0, 3.0 * rows + 0.4)]
    above, below = figure.subfigures(2, 1, height_ratios=heights)  # type: ignore[misc]
    left_out = _draw_samples(above, runs)
    _draw_panels(below, runs, keys, rows, columns)
    save_figure(path, figure)
    return left_out


def _draw_samples(figure, runs):
    """Draw the last samples of each run, and return the reasons why pictures cannot be read."""
    left_out = []
    for axes, run in zip(figure.subplots(1, len(runs), squeeze=False)[0], runs):
        axes.set_axis_off()
        axes.set_title(run.name, parse_math=False)
        if run.picture is None:
            continue
        try:
            axes.imshow(open_picture(run.picture).convert("RGB"), interpolation="nearest")
        except DataError as error:
            axes.text(0.5, 0.5, "no picture", ha="center", transform=axes.transAxes)
            left_out.append(f"{error}; its samples are left out")
    return left_out


def _draw_panels(figure, runs, keys, rows, columns):
    if not keys:
        return
    cells = figure.subplots(rows, columns, squeeze=False).flat
    for key, axes in zip(keys, cells):  # in this order, because `zip` takes an element of the first before it ends
        for number, run in enumerate(runs):
            for name, style in ((key, "-"), (f"val_{key}", "--")):
                if name in run.history:
                    draw_curve(axes, run.history, name, linestyle=style, **_style(number, len(runs)))
        set_up_panel(axes, key)
    for axes in cells:  # unused panels of the last row
        axes.set_axis_off()
    _draw_legend(figure, runs)


def _style(number, count):
    """Return the style of a run's curves. Later ones are thinner, so that equal curves do not hide each other."""
    return {"color": f"C{number}", "linewidth": 2.6 - 1.4 * number / max(1, count - 1)}


def _draw_legend(figure, runs):
    """Add the legend: a colour for each run, and a style for training and validation."""
    from matplotlib.lines import Line2D

    handles, names = (
        [Line2D([], [], **_style(number, len(runs))) for number in range(len(runs))],
        [run.name for run in runs],
    )
    if any(key.startswith("val_") for run in runs for key in run.history):
        handles += [Line2D([], [], color="grey", linestyle=style, **dots(style)) for style in ("-", "--")]
        names += ["training", "validation"]
    add_legend(figure, handles, names, loc="outside lower center", ncols=min(4, len(names)), frameon=False)
