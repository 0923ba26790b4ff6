"""Pictures of the density of a model of points in the plane, next to the data."""

from __future__ import annotations

import os
from collections.abc import Callable

import numpy as np

from kerasgen.plots.figures import save_figure

_RESOLUTION = 201  # values of the density along an axis
_RANGE = 12.0  # nats between the darkest and the brightest colour


def save(
    path: str | os.PathLike,
    log_density: Callable[[np.ndarray], np.ndarray],
    samples: np.ndarray,
    data: np.ndarray | None = None,
    title: str = "",
) -> None:
    """Write a picture with two panels: data and samples as dots, and the logarithm of the model's density.

    Args:
        path: path of the PNG file.
        log_density: function from points (n, 2) to log p(x) in nats, (n,).
        samples: points (N, 2) of the model; those that are not finite are left out.
        data: points (M, 2) to compare with, or None.
        title: text above the picture.

    Example:
        >>> points = np.random.default_rng(0).standard_normal((100, 2))
        >>> save("/tmp/density.png", lambda x: -(x**2).sum(axis=1), points, points)  # doctest: +SKIP
    """
    from matplotlib.figure import Figure

    samples = samples[np.isfinite(samples).all(axis=1)]
    limits = _limits(samples if data is None else data)
    figure = Figure(figsize=(11, 5.4), layout="constrained")
    figure.suptitle(title, fontsize=14, fontweight="bold")
    left, right = figure.subplots(1, 2)
    if data is not None:
        left.plot(*data.T, ".", color="black", ms=6, alpha=0.25, mew=0, label="data")
    left.plot(*samples.T, ".", color="tab:green", ms=4, alpha=0.6, mew=0, label="samples of the model")
    for handle in left.legend(loc="upper right", framealpha=0.8, markerscale=2).legend_handles:
        handle.set_alpha(1.0)
    values = _values(log_density, limits)
    top = np.nanmax(values) if np.isfinite(values).any() else 0.0
    options = {"origin": "lower", "extent": limits.ravel(), "vmin": top - _RANGE, "vmax": top, "cmap": "magma"}
    image = right.imshow(values, aspect="auto", **options)
    figure.colorbar(image, ax=right, label="log p(x) of the model, nats", shrink=0.8)
    for axes in (left, right):
        axes.set(xlim=limits[0], ylim=limits[1])
    save_figure(path, figure)


def _limits(points: np.ndarray) -> np.ndarray:
    """Return the ends of both axes, (2, 2): those of the points and a tenth more."""
    low, high = (points.min(axis=0), points.max(axis=0)) if len(points) else (-np.ones(2), np.ones(2))
    margin = np.maximum(0.1 * (high - low), 1e-3)
    return np.stack([low - margin, high + margin], axis=1)


def _values(log_density: Callable[[np.ndarray], np.ndarray], limits: np.ndarray) -> np.ndarray:
    """Return the logarithm of the density on a grid, (rows, columns); NaN where it is not finite."""
    axes = [np.linspace(low, high, _RESOLUTION) for low, high in limits]
    points = np.stack(np.meshgrid(*axes), axis=-1).reshape(-1, 2).astype("float32")
    values = np.asarray(log_density(points), "float64").reshape(_RESOLUTION, _RESOLUTION)
    return np.where(np.isfinite(values), values, np.nan)
