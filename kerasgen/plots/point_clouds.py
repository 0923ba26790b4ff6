"""Pictures of a game on a line or in the plane: the data, what the generator makes, what the discriminator says.

A point is a sample of shape (D,) with D of 1 or 2. The axes of a picture depend on the data alone, so that the
pictures of a training can be animated.
"""

import numpy as np

from kerasgen.errors import UsageError
from kerasgen.io.files import atomic_write

POINTS = 2_500  # in a picture: of the data and of the generator

_DATA, _GENERATOR, _DISCRIMINATOR = "black", "tab:green", "tab:blue"  # as in figure 1 of Goodfellow et al. 2014
_FINENESS = {1: 401, 2: 101}  # places along an axis where the discriminator is asked
_LINES = 41  # from z to x


def _sigmoid(logits):
    return 0.5 * (1.0 + np.tanh(0.5 * logits))


# Objective -> D(x) of the discriminator's outputs, where these mean a probability; others are drawn as they are.
_PROBABILITY = {
    "minimax": _sigmoid,
    "non_saturating": _sigmoid,
    "least_squares": lambda outputs: outputs.clip(0.0, 1.0),
}


def are_points(image_shape):
    """Tell whether images of this shape (H, W, C) are points that can be drawn."""
    return len(image_shape) == 1 and image_shape[0] in (1, 2)


def save_of_model(path, model, data=None, seed=0, title=""):
    """Write the picture of what a model of points has learnt.

    Args:
        path: a PNG file.
        model: it generates, or else reconstructs `data`; the discriminator is drawn if it judges single points.
        data: points (N, D) to compare with, or None.
        seed: of the latents; the same for pictures that are to be compared.
        title: text above the picture.
    """
    if not hasattr(model, "generate"):
        save(path, model.reconstruct(data), data, title=title)
        return
    samples = model.generate(POINTS, seed=seed)
    save(path, samples, data, model.draw_latents(POINTS, (model.latent_dim,), seed), _judge_of(model), title)


def _judge_of(model):
    """Return a function from points (n, D) to D(x) or to the critic's values, (n,), or None."""
    if not hasattr(model, "discriminate"):
        return None
    probability = _PROBABILITY.get(model.objective)

    def judge(points):
        outputs = model.discriminate(points).astype("float64")
        return outputs if probability is None else probability(outputs)

    judge.is_probability = probability is not None
    return judge


def save(path, samples, data=None, latents=None, judge=None, title=""):
    """Write the picture of points on a line or in the plane.

    Args:
        path: a PNG file.
        samples: points (N, D), D of 1 or 2; those that are not finite are left out.
        data: points (M, D) to compare with, or None.
        latents: (N, L), of which the samples were made, or None. On the line they are joined with the samples; with
            several latents, the direction in which the samples change most.
        judge: function from points (n, D) to D(x), (n,), or None; its attribute `is_probability` says whether
            the values lie in [0, 1]. One that raises `UsageError` is left out: it does not judge single points.
        title: text above the picture.

    Raises:
        UsageError: points of more dimensions.
    """
    from matplotlib.figure import Figure

    samples = np.asarray(samples, "float64")
    dimensions = samples.shape[-1]
    if dimensions > 2:
        raise UsageError(f"points of {dimensions} dimensions have no picture; those of 1 or 2 have")
    samples = samples.reshape(-1, dimensions)
    finite = np.isfinite(samples).all(axis=1)
    latents = None if latents is None else np.asarray(latents, "float64")[finite]
    samples = samples[finite]
    data = None if data is None else np.asarray(data, "float64").reshape(-1, dimensions)
    limits = _limits(samples if data is None else data)
    figure = Figure(figsize=(7, 5.4) if dimensions == 1 else (7, 6), layout="constrained")
    figure.suptitle(title, fontsize=14, fontweight="bold")
    judged = None if judge is None else _judged(judge, limits, dimensions)
    draw = _draw_line if dimensions == 1 else _draw_plane
    draw(figure, limits, samples, data, latents, judged)
    with atomic_write(path) as temporary:
        figure.savefig(temporary, format="png", dpi=100)


def _limits(points):
    """Return the ends of the axes: around the points, and around 0, where generators begin."""
    low, high = min(points.min(initial=0), -1.0), max(points.max(initial=0), 1.0)
    return low - 0.15 * (high - low), high + 0.15 * (high - low)


def _judged(judge, limits, dimensions):
    """Return `(values, whether they are probabilities)`, values (n,) or (n, n), or None without finite ones."""
    axis = np.linspace(*limits, _FINENESS[dimensions], dtype="float32")
    points = np.stack(np.meshgrid(*[axis] * dimensions), axis=-1).reshape(-1, dimensions)
    try:
        values = np.asarray(judge(points), "float64")
    except UsageError:
        return None
    if not np.isfinite(values).all():
        return None
    return values.reshape([len(axis)] * dimensions), getattr(judge, "is_probability", True)


# -- on the line: figure 1 of Goodfellow et al. 2014


def _draw_line(figure, limits, samples, data, latents, judged):
    above, below = figure.subplots(2, 1, height_ratios=[3, 1])
    x = np.linspace(*limits, _FINENESS[1])
    width = _kernel_width(samples if data is None else data)
    top = 0.0
    for points, style, label in ((data, ":", "data"), (samples, "-", "generator")):
        if points is not None and len(points):
            density = _density(x, points[:, 0], width)
            above.plot(x, density, style, color=_DATA if label == "data" else _GENERATOR, lw=2, label=label)
            top = top or 1.6 * density.max()
    above.set(xlim=limits, ylim=(0, top or 1), xlabel="x", ylabel="density")
    lines = above.get_lines()
    if judged is not None:
        values, is_probability = judged
        right = above.twinx()
        label = "discriminator, D(x)" if is_probability else "critic"
        lines += right.plot(x, values, "--", color=_DISCRIMINATOR, lw=2, label=label)
        if is_probability:
            right.axhline(0.5, color=_DISCRIMINATOR, lw=0.8, alpha=0.4)
            right.set_ylim(0, 1.02)
        right.set_ylabel(label, color=_DISCRIMINATOR)
    above.legend(handles=lines, loc="upper right", frameon=False)
    _draw_ways(below, limits, samples, latents)


def _draw_ways(axes, limits, samples, latents):
    """Draw lines from latents, below, to what the generator makes of them, above."""
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
    starts = middle + half * z[chosen] / 3  # -3 to 3 along the whole axis
    axes.plot([starts, samples[chosen, 0]], [np.zeros(_LINES), np.ones(_LINES)], color=_DATA, lw=0.7, alpha=0.6)


def _along(latents, x):
    """Return the coordinate (N,) of latents (N, L) along the direction of the linear fit of x."""
    if latents.shape[1] == 1:
        return latents[:, 0]
    direction = np.linalg.lstsq(latents, x - x.mean(), rcond=None)[0]
    return latents @ (direction / max(np.linalg.norm(direction), 1e-30))


def _kernel_width(points):
    """Return the standard deviation of the kernel (Silverman's rule), of the data, for both densities."""
    return max(1.06 * points.std() * len(points) ** -0.2, 1e-3) if len(points) else 1.0


def _density(x, points, width):
    kernels = np.exp(-0.5 * ((x[:, None] - points) / width) ** 2)
    return kernels.mean(axis=1) / (width * np.sqrt(2 * np.pi))


# -- in the plane


def _draw_plane(figure, limits, samples, data, latents, judged):
    axes = figure.add_subplot()
    axes.set(xlim=limits, ylim=limits, aspect="equal")
    if judged is not None:
        _draw_contours(figure, axes, limits, *judged)
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
    drawn = axes.contourf(axis, axis, values, levels, cmap="RdBu_r", alpha=0.5)
    figure.colorbar(drawn, ax=axes, label="discriminator, D(x)" if is_probability else "critic", shrink=0.8)
    middle = (low + high) / 2
    if values.min() < middle < values.max():
        axes.contour(axis, axis, values, [middle], colors=[_DISCRIMINATOR], linewidths=1)
