"""Pictures of points: the data, the samples of a generator and the output of a discriminator.

A point is a sample of shape (D,). Points of one dimension are drawn as densities, and those of two as dots. Points of
more dimensions are projected to the first two principal components of the data. The axes depend only on the data, so
that the pictures of a training can be animated.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from kerasgen.errors import UsageError
from kerasgen.plots import densities
from kerasgen.plots.figures import save_figure

POINTS = 2_500  # in a picture: of the data and of the generator

_DATA, _GENERATOR, _DISCRIMINATOR = "black", "tab:green", "tab:blue"  # as in figure 1 of Goodfellow et al. 2014
_RESOLUTION = {1: 401, 2: 101}  # values of the discriminator along an axis
_LINES = 41  # from z to x


@dataclass(frozen=True)
class PointDiscriminator:
    """A discriminator of points, for a picture.

    Attributes:
        function: function from points (n, D) to values (n,). If it raises `UsageError`, nothing is drawn.
        is_probability: whether the values are probabilities D(x).

    Example:
        >>> PointDiscriminator(lambda points: points[:, 0], is_probability=False).is_probability
        False
    """

    function: Callable[[np.ndarray], np.ndarray]
    is_probability: bool = True


def _sigmoid(logits):
    return 0.5 * (1.0 + np.tanh(0.5 * logits))


# Objective -> D(x) of the discriminator's outputs, for objectives whose outputs are probabilities or logits
_PROBABILITY = {
    "minimax": _sigmoid,
    "non_saturating": _sigmoid,
    "least_squares": lambda outputs: outputs.clip(0.0, 1.0),
}


def save_preview(
    path: str | os.PathLike,
    model: Any,
    data: np.ndarray | None = None,
    n: int = POINTS,
    seed: int = 0,
    title: str = "",
) -> None:
    """Write a picture of the current state of a model of points.

    Args:
        path: path of the PNG file.
        model: model that generates points, or else reconstructs `data`. Its discriminator is drawn if it takes single
            points, and its density if it has one in the plane.
        data: points (N, D) to compare with, or None.
        n: number of points to generate.
        seed: seed of the latents; equal seeds give comparable pictures.
        title: text above the picture.

    Raises:
        UsageError: a model that neither generates nor reconstructs.

    Example:
        >>> from kerasgen import zoo
        >>> model = zoo.get("gan").create((2,), hidden_dim=4, latent_dim=2)
        >>> save_preview("/tmp/points.png", model)  # doctest: +SKIP
    """
    from kerasgen.models.base.abilities import DrawsLatents, Generates, HasDensity, Reconstructs

    if isinstance(model, Generates) and isinstance(model, HasDensity) and tuple(model.sample_shape) == (2,):
        densities.save(path, model.log_likelihood, model.generate(n, seed=seed), data, title)
    elif isinstance(model, Generates):
        latents = model.draw_latents(n, (model.latent_dim,), seed) if isinstance(model, DrawsLatents) else None
        save(path, model.generate(n, seed=seed), data, latents, discriminator_of(model), title)
    elif isinstance(model, Reconstructs) and data is not None:
        save(path, model.reconstruct(data), data, title=title)
    else:
        raise UsageError(
            f"a {type(model).__name__} has no picture; define generate, or define reconstruct and give data"
        )


def discriminator_of(model: Any) -> PointDiscriminator | None:
    """Return the `PointDiscriminator` of a model, or None.

    Example:
        >>> from kerasgen import zoo
        >>> discriminator_of(zoo.get("gan").create((2,), hidden_dim=4)).is_probability
        True
    """
    from kerasgen.models.base.abilities import Discriminates

    if not isinstance(model, Discriminates):
        return None
    probability = _PROBABILITY.get(str(getattr(model, "objective", None)))

    def discriminate(points):
        outputs = model.discriminate(points).astype("float64")
        return outputs if probability is None else probability(outputs)

    return PointDiscriminator(discriminate, probability is not None)


def save(
    path: str | os.PathLike,
    samples: np.ndarray,
    data: np.ndarray | None = None,
    latents: np.ndarray | None = None,
    discriminator: PointDiscriminator | None = None,
    title: str = "",
) -> None:
    """Write a picture of points.

    Args:
        path: path of the PNG file.
        samples: points (N, D); those that are not finite are left out.
        data: points (M, D) to compare with, or None.
        latents: latents (N, L) of the samples, or None. Points of one dimension are joined to them by lines; if L is
            above 1, along the direction in which the samples change most.
        discriminator: its values are drawn below points of one or two dimensions.
        title: text above the picture.

    Raises:
        UsageError: samples that are not points, or of another dimension than the data.

    Example:
        >>> from kerasgen import data
        >>> ring = data.load("ring-8").test[:]
        >>> save("/tmp/ring.png", ring[:100], ring)  # doctest: +SKIP
    """
    from matplotlib.figure import Figure

    samples, data = _points(samples), None if data is None else _points(data)
    if data is not None and data.shape[1] != samples.shape[1]:
        raise UsageError(f"samples have {samples.shape[1]} dimensions, the data {data.shape[1]}")
    finite = np.isfinite(samples).all(axis=1)
    samples = samples[finite]
    latents = None if latents is None else np.asarray(latents, "float64")[finite]
    dimensions, names = samples.shape[1], ("", "")
    if dimensions > 2:
        project, names = projection(samples if data is None else data)
        samples, data, discriminator = project(samples), None if data is None else project(data), None
    limits = limits_of(samples if data is None else data)
    figure = Figure(figsize=(7, 5.4) if dimensions == 1 else (7, 6), layout="constrained")
    figure.suptitle(title, fontsize=14, fontweight="bold")
    field = None if discriminator is None else field_of(discriminator, limits, dimensions)
    if dimensions == 1:
        _draw_line(figure, limits, samples, data, latents, field)
    else:
        _draw_plane(figure, limits, samples, data, field, names)
    save_figure(path, figure)


def _points(points):
    points = np.asarray(points, "float64")
    if points.ndim != 2 or not points.shape[1]:
        raise UsageError(f"points have shape {points.shape}; a picture needs (N, D)")
    return points


def projection(points: np.ndarray) -> tuple[Callable[[np.ndarray], np.ndarray], tuple[str, str]]:
    """Return a function from points (N, D) to the principal components (N, 2) of `points`, and the axes' names.

    Example:
        >>> project, _ = projection(np.eye(3))
        >>> project(np.zeros((5, 3))).shape
        (5, 2)
    """
    points = points[np.isfinite(points).all(axis=1)]
    mean = points.mean(axis=0) if len(points) else np.zeros(points.shape[1])
    directions = np.linalg.svd(points - mean, full_matrices=False)[2][:2] if len(points) > 1 else np.eye(len(mean))[:2]
    # The sign of a component is arbitrary: its largest weight is made positive
    directions = directions * np.sign(directions[range(2), np.abs(directions).argmax(axis=1)])[:, None]
    return lambda values: (values - mean) @ directions.T, ("principal component 1", "principal component 2")


def limits_of(points: np.ndarray) -> tuple[float, float]:
    """Return the ends of the axes: around the points, and around 0, where generators start.

    Example:
        >>> limits_of(np.zeros((3, 2)))
        (-1.3, 1.3)
    """
    low, high = min(points.min(initial=0), -1.0), max(points.max(initial=0), 1.0)
    return low - 0.15 * (high - low), high + 0.15 * (high - low)


def field_of(
    discriminator: PointDiscriminator, limits: tuple[float, float], dimensions: int, resolution: int | None = None
) -> tuple[np.ndarray, bool] | None:
    """Return the values (n,) or (n, n) of a discriminator and whether they are probabilities; None if not finite.

    Args:
        discriminator: the discriminator.
        limits: ends of both axes.
        dimensions: 1 or 2.
        resolution: n; by default that of the pictures.

    Example:
        >>> halves = PointDiscriminator(lambda points: np.full(len(points), 0.5))
        >>> field_of(halves, (-1.0, 1.0), dimensions=2, resolution=3)[0].shape
        (3, 3)
    """
    axis = np.linspace(*limits, resolution or _RESOLUTION[dimensions], dtype="float32")
    points = np.stack(np.meshgrid(*[axis] * dimensions), axis=-1).reshape(-1, dimensions)
    try:
        values = np.asarray(discriminator.function(points), "float64")
    except UsageError:  # it takes several points together
        return None
    if not np.isfinite(values).all():
        return None
    return values.reshape([len(axis)] * dimensions), discriminator.is_probability


def _field_name(is_probability):
    return "discriminator, D(x)" if is_probability else "critic"


# -- one dimension: figure 1 of Goodfellow et al. 2014


def _draw_line(figure, limits, samples, data, latents, field):
    above, below = figure.subplots(2, 1, height_ratios=[3, 1])
    x = np.linspace(*limits, _RESOLUTION[1])
    width = _kernel_width(samples if data is None else data)
    top = 0.0
    for points, style, colour, label in ((data, ":", _DATA, "data"), (samples, "-", _GENERATOR, "generator")):
        if points is not None and len(points):
            density = _density(x, points[:, 0], width)
            above.plot(x, density, style, color=colour, lw=2, label=label)
            top = top or 1.6 * density.max()
    above.set(xlim=limits, ylim=(0, top or 1), xlabel="x", ylabel="density")
    lines = above.get_lines()
    if field is not None:
        values, is_probability = field
        right, label = above.twinx(), _field_name(is_probability)
        lines += right.plot(x, values, "--", color=_DISCRIMINATOR, lw=2, label=label)
        if is_probability:
            right.axhline(0.5, color=_DISCRIMINATOR, lw=0.8, alpha=0.4)
            right.set_ylim(0, 1.02)
        right.set_ylabel(label, color=_DISCRIMINATOR)
    above.legend(handles=lines, loc="upper right", frameon=False)
    _draw_paths(below, limits, samples, latents)


def _draw_paths(axes, limits, samples, latents):
    """Draw lines from latents, at the bottom, to their samples, at the top."""
    axes.set(xlim=limits, ylim=(0, 1), yticks=[])
    axes.spines[["left", "right"]].set_visible(False)
    middle, half = (limits[0] + limits[1]) / 2, (limits[1] - limits[0]) / 2
    if latents is None or len(samples) < _LINES + 2:
        axes.set(xticks=[])
        axes.plot(samples[:, 0], np.full(len(samples), 0.5), "|", color=_GENERATOR, ms=20, alpha=0.5)
        return
    axes.set_xticks(middle + half * np.arange(-3, 4) / 3, range(-3, 4))
    axes.set_xlabel("z")
    z = _along(latents, samples[:, 0])
    chosen = np.argsort(z)[np.linspace(0, len(z) - 1, _LINES + 2).round().astype(int)[1:-1]]  # without the extremes
    starts = middle + half * z[chosen] / 3  # -3 to 3 over the whole axis
    axes.plot([starts, samples[chosen, 0]], [np.zeros(_LINES), np.ones(_LINES)], color=_DATA, lw=0.7, alpha=0.6)


def _along(latents, x):
    """Return the coordinate (N,) of latents (N, L) along the direction of the linear fit of x."""
    if latents.shape[1] == 1:
        return latents[:, 0]
    direction = np.linalg.lstsq(latents, x - x.mean(), rcond=None)[0]
    return latents @ (direction / max(np.linalg.norm(direction), 1e-30))


def _kernel_width(points):
    """Return the standard deviation of the kernel of both densities, by Silverman's rule for the data."""
    return max(1.06 * points.std() * len(points) ** -0.2, 1e-3) if len(points) else 1.0


def _density(x, points, width):
    kernels = np.exp(-0.5 * ((x[:, None] - points) / width) ** 2)
    return kernels.mean(axis=1) / (width * np.sqrt(2 * np.pi))


# -- two dimensions


def _draw_plane(figure, limits, samples, data, field, names):
    axes = figure.add_subplot()
    axes.set(xlim=limits, ylim=limits, aspect="equal", xlabel=names[0], ylabel=names[1])
    if field is not None:
        _draw_contours(figure, axes, limits, *field)
    if data is not None:
        axes.plot(*data.T, ".", color=_DATA, ms=6, alpha=0.25, mew=0, label="data")
    axes.plot(*samples.T, ".", color=_GENERATOR, ms=4, alpha=0.6, mew=0, label="generator")
    legend = axes.legend(loc="upper right", framealpha=0.8, markerscale=2)
    for handle in legend.legend_handles:
        handle.set_alpha(1.0)


def _draw_contours(figure, axes, limits, values, is_probability):
    low, high = (0.0, 1.0) if is_probability else (values.min(), values.max())
    if not high > low:
        return
    axis = np.linspace(*limits, len(values))
    levels = np.linspace(low, high, 11)
    filled = axes.contourf(axis, axis, values, levels, cmap="RdBu_r", alpha=0.5)
    figure.colorbar(filled, ax=axes, label=_field_name(is_probability), shrink=0.8)
    middle = (low + high) / 2
    if values.min() < middle < values.max():
        axes.contour(axis, axis, values, [middle], colors=[_DISCRIMINATOR], linewidths=1)
