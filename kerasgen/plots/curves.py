"""Curves of logged values over the epochs."""

from __future__ import annotations

import math
import os
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from kerasgen.plots.figures import save_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_LARGEST = 1e30  # matplotlib's axes overflow for larger values
_MANY = 40  # epochs without a dot for each
# Values of a GAN at its equilibrium, D = 1/2 everywhere (Goodfellow et al. 2014, theorem 1)
_EQUILIBRIUM = {"value": -2 * math.log(2), "real_score": 0.5, "fake_score": 0.5}


def panel_keys(keys: Iterable[str]) -> list[str]:
    """Return the keys that have a panel, in logical order: the loss, other losses, then the rest as logged.

    A value and its validation share a panel; `epoch` and `seconds` have none.

    Example:
        >>> panel_keys(["epoch", "kl_divergence", "loss", "val_loss"])
        ['loss', 'kl_divergence']
    """
    names = dict.fromkeys(key.removeprefix("val_") for key in keys if key not in ("epoch", "seconds"))
    return sorted(names, key=lambda key: (key != "loss", not key.endswith("loss")))


def save_curves(path: str | os.PathLike, history: Mapping[str, Sequence[float]], title: str) -> None:
    """Write a picture of logged values over the epochs, with a panel for each value.

    Training is a solid line and validation a dashed one. Values that are not finite are left out. A dotted line marks
    the equilibrium of a GAN if its discriminator maximises `value` without penalties.

    Args:
        path: path of the PNG file.
        history: key -> a value for each epoch; `val_<key>` shares the panel of `<key>`. The key `epoch`, if present,
            has the numbers of the epochs; otherwise they count from 1.
        title: text above the panels.

    Example:
        >>> save_curves("/tmp/curves.png", {"loss": [2.0, 1.0]}, "vae on digits")  # doctest: +SKIP
    """
    from matplotlib.figure import Figure

    keys = panel_keys(history)
    equilibrium = equilibrium_of(history)
    columns = min(2 if len(keys) in (2, 4) else 3, max(1, len(keys)))
    rows = max(1, math.ceil(len(keys) / columns))
    figure = Figure(figsize=(1 + 4.2 * columns, 0.7 + 3.1 * rows), layout="constrained")
    figure.suptitle(title, fontsize=14, fontweight="bold")
    for number, key in enumerate(keys, start=1):
        axes = figure.add_subplot(rows, columns, number)
        for name, style, label in ((key, "-", "training"), (f"val_{key}", "--", "validation")):
            if name in history:
                draw_curve(axes, history, name, linestyle=style, label=label)
        if key in equilibrium:
            axes.axhline(equilibrium[key], color="gray", linestyle=":", label="equilibrium")
        set_up_panel(axes, key)
        axes.legend(frameon=False)
    save_figure(path, figure, dpi=110)


def equilibrium_of(history: Mapping[str, Sequence[float]]) -> dict[str, float]:
    """Return key -> value at the equilibrium of a GAN, or an empty dict if the discriminator has another objective.

    Args:
        history: as for `save_curves`.

    Example:
        >>> equilibrium_of({"value": [-1.0], "discriminator_loss": [1.0]})["real_score"]
        0.5
    """
    return _EQUILIBRIUM if _has_equilibrium(history) else {}


def draw_curve(axes: Axes, history: Mapping[str, Sequence[float]], key: str, **style) -> None:
    """Draw the values of one key over the epochs; an epoch without a value interrupts the line.

    Args:
        axes: matplotlib axes.
        history: as for `save_curves`; NaN means a missing value.
        key: key of the values.
        **style: arguments of `Axes.plot`.

    Example:
        >>> from matplotlib.figure import Figure
        >>> draw_curve(Figure().subplots(), {"loss": [2.0, 1.0]}, "loss", label="training")
    """
    import numpy as np

    values = np.asarray(history[key], "float64")
    if not len(values):
        return
    epochs = history.get("epoch", range(1, len(values) + 1))
    with np.errstate(invalid="ignore"):
        values = np.where(np.abs(values) < _LARGEST, values, np.nan)
    # A value between epochs without one (`validation_freq`) is visible only as a dot
    has_dots = len(values) < _MANY or np.isnan(values).any()
    axes.plot(epochs, values, **(dots(style.get("linestyle", "-")) if has_dots else {}), **style)


def dots(linestyle: str) -> dict[str, Any]:
    """Return the arguments of `plot` for the dots of a line: rings for validation, around a dot of training.

    Example:
        >>> dots("-")["marker"]
        '.'
    """
    return {"marker": "."} if linestyle == "-" else {"marker": "o", "markersize": 8, "fillstyle": "none"}


def set_up_panel(axes: Axes, key: str) -> None:
    """Set the title, grid and integer epochs of a panel for the values of `key`.

    Example:
        >>> from matplotlib.figure import Figure
        >>> set_up_panel(Figure().subplots(), "kl_divergence")
    """
    from matplotlib.ticker import MaxNLocator

    axes.set_title(key.replace("_", " "), parse_math=False)
    axes.set_xlabel("epoch")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    axes.grid(alpha=0.3)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)


def _has_equilibrium(history):
    """Return whether the discriminator maximises the value; other objectives have another equilibrium."""
    import numpy as np

    value, loss = (np.asarray(history.get(key, ()), "float64") for key in ("value", "discriminator_loss"))
    known = np.isfinite(value) & np.isfinite(loss) if value.shape == loss.shape else np.zeros(0, bool)
    return known.any() and np.allclose(loss[known], -value[known], rtol=1e-3)
