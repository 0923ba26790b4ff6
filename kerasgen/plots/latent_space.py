"""Pictures of a latent space: the latents of images, and images decoded from a grid of latents.

A model that generates has a standard normal prior over its latents. For other models the latents of images show the
extent of the space.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from statistics import NormalDist
from typing import Any

import numpy as np

from kerasgen.data.shapes import sample_kind
from kerasgen.errors import DataError, UsageError
from kerasgen.plots.figures import add_legend, save_figure

METHODS = ("pca", "tsne")

_SIDE = 20  # images along an axis of the manifold
_SEED = 0  # of t-SNE
_MANY_CLASSES = 20  # more classes share a scale of colours
_LEGEND_ROWS = 24  # class names in a column of the legend


def encode(model: Any, images: np.ndarray, labels: np.ndarray | None = None) -> np.ndarray:
    """Return the latents of images, float64 (N, latent_dim).

    Args:
        model: model that encodes.
        images: images (N, H, W, C).
        labels: int (N,), for a conditional model.

    Raises:
        DataError: latents that are not finite.

    Example:
        >>> import kerasgen
        >>> model = kerasgen.create("vae", image_size=8, latent_dim=2)
        >>> encode(model, np.zeros((3, 8, 8, 1), "float32")).shape
        (3, 2)
    """
    latents = np.asarray(model.encode(images, labels=labels), "float64")
    if not np.isfinite(latents).all():
        raise DataError("the latents of these images contain NaN or infinity: the training of this model diverged")
    return latents


# -- the map


def save_map(
    path: str | os.PathLike,
    model: Any,
    latents: np.ndarray,
    labels: np.ndarray | None = None,
    class_names: Sequence[str] | None = None,
    method: str | None = None,
    title: str = "",
) -> None:
    """Write a picture of latents in the plane, coloured by class.

    If there are two latents, a second panel shows the images that they decode to.

    Args:
        path: path of the PNG file.
        model: model that the latents come from.
        latents: (N, latent_dim), N of 3 or more.
        labels: int (N,), or None.
        class_names: a name for each label, for the legend, or None.
        method: `"pca"` or `"tsne"`; None draws one or two latents as they are, and more latents by `"pca"`.
        title: text above the picture.

    Raises:
        UsageError: fewer than 3 latents.

    Example:
        >>> import kerasgen
        >>> model = kerasgen.create("vae", image_size=8, latent_dim=2)
        >>> images = kerasgen.data.load("digits", image_size=8).test[:100]
        >>> save_map("/tmp/latents.png", model, encode(model, images))  # doctest: +SKIP
    """
    from matplotlib.figure import Figure

    if len(latents) < 3:
        raise UsageError(f"{len(latents)} images; a map of latents needs at least 3")
    is_of_images = sample_kind(model.sample_shape) == "images"
    has_manifold = latents.shape[1] == 2 and not getattr(model, "num_classes", 0) and is_of_images
    figure = Figure(figsize=(15 if has_manifold else 8.5, 6.5), layout="constrained")
    figure.suptitle(title, fontsize=14, fontweight="bold")
    axes = figure.subplots(1, 2 if has_manifold else 1, squeeze=False)[0]
    coordinates, names = to_plane(latents, labels, method)
    axes[0].set(xlabel=names[0], ylabel=names[1])
    _draw_classes(figure, axes[0], coordinates, labels, class_names)
    if has_manifold:
        _draw_manifold(axes[1], model, latents)
    save_figure(path, figure, dpi=110)


def to_plane(
    latents: np.ndarray, labels: np.ndarray | None = None, method: str | None = None
) -> tuple[np.ndarray, tuple[str, str]]:
    """Return coordinates (N, 2) of latents (N, latent_dim) and the names of the two axes.

    Args:
        latents: (N, latent_dim).
        labels: int (N,), the second coordinate of a single latent, or None.
        method: as for `save_map`.

    Source:
        t-SNE: van der Maaten and Hinton 2008, computed by scikit-learn.

    Example:
        >>> to_plane(np.zeros((3, 2)))[1]
        ('latent 0', 'latent 1')
    """
    if method is None and latents.shape[1] == 1:
        rows = np.zeros(len(latents)) if labels is None else labels
        return np.stack([latents[:, 0], rows], axis=1), ("latent 0", "label")
    if method is None and latents.shape[1] == 2:
        return latents, ("latent 0", "latent 1")
    if not np.ptp(latents, axis=0).any():  # collapsed: no directions, no neighbours
        return np.zeros((len(latents), 2)), ("all latents are", "the same")
    if method == "tsne":
        from sklearn.manifold import TSNE

        perplexity = min(30.0, (len(latents) - 1) / 3)
        start = "pca" if latents.shape[1] > 1 else "random"
        coordinates = TSNE(perplexity=perplexity, init=start, random_state=_SEED).fit_transform(latents)
        return coordinates, ("t-SNE, first axis", "t-SNE, second axis")
    from sklearn.decomposition import PCA

    width = min(2, latents.shape[1])
    pca = PCA(width).fit(latents)
    coordinates, shares = np.zeros((len(latents), 2)), np.zeros(2)
    coordinates[:, :width], shares[:width] = pca.transform(latents), pca.explained_variance_ratio_
    first, second = (f"principal component {i + 1}, {share:.0%} of the variance" for i, share in enumerate(shares))
    return coordinates, (first, second)


def _draw_classes(figure, axes, coordinates, labels, class_names):
    """Scatter the points: up to 20 classes with a colour each, more classes on a scale of colours."""
    axes.set_axisbelow(True)
    axes.grid(alpha=0.3)
    size = np.clip(10_000 / len(coordinates), 6, 30)
    if labels is None:
        axes.scatter(*coordinates.T, s=size, alpha=0.7, linewidths=0)
        return
    classes = np.unique(labels)
    if len(classes) > _MANY_CLASSES:
        drawn = axes.scatter(*coordinates.T, c=labels, cmap="turbo", s=size, alpha=0.7, linewidths=0)
        figure.colorbar(drawn, ax=axes, label="class")
        return
    from matplotlib import colormaps

    colours = colormaps["tab10" if len(classes) <= 10 else "tab20"]
    handles, names = [], []
    for place, label in enumerate(classes):
        points = coordinates[labels == label]
        handles.append(axes.scatter(*points.T, s=size, alpha=0.7, linewidths=0, color=colours(place)))
        is_known = class_names is not None and label < len(class_names)
        names.append(str(class_names[label]) if is_known else str(label))
    legend = add_legend(
        axes,
        handles,
        names,
        title="class",
        loc="upper left",
        bbox_to_anchor=(1.0, 1.0),
        frameon=False,
        ncols=-(-len(classes) // _LEGEND_ROWS),
        handletextpad=0.2,
    )
    for handle in legend.legend_handles:
        handle.set(alpha=1.0, sizes=[40])


# -- decoded latents


def _has_prior(model):
    from kerasgen.models.base.abilities import Generates

    return isinstance(model, Generates)


def _ticks(model, latents, count):
    """Return values (latent_dim, count) along each latent, about equally probable."""
    shares = (np.arange(count) + 0.5) / count
    if _has_prior(model):  # Kingma and Welling 2014, appendix A: through the inverse CDF of the prior
        return np.tile([NormalDist().inv_cdf(share) for share in shares], (latents.shape[1], 1))
    return np.quantile(latents, shares, axis=0).T


def _draw_manifold(axes, model, latents):
    """Show the images that a grid of two latents decodes to; the second latent grows upwards."""
    from kerasgen.plots import grids

    first, second = _ticks(model, latents, _SIDE)
    across, up = np.meshgrid(first, second[::-1])
    images = model.decode(np.stack([across.ravel(), up.ravel()], axis=1).astype("float32"))
    shown = grids.grid(images.reshape(_SIDE, _SIDE, *model.sample_shape))
    axes.imshow(shown[..., 0] if shown.shape[-1] == 1 else shown, cmap="gray", vmin=0, vmax=255)
    places = [0, _SIDE // 4, _SIDE // 2, 3 * _SIDE // 4, _SIDE - 1]
    axes.set_xticks((np.array(places) + 0.5) * shown.shape[1] / _SIDE, [f"{first[i]:.2f}" for i in places])
    axes.set_yticks((_SIDE - np.array(places) - 0.5) * shown.shape[0] / _SIDE, [f"{second[i]:.2f}" for i in places])
    quantiles = "quantiles of the prior" if _has_prior(model) else "quantiles of these latents"
    axes.set(title=f"decoded at {quantiles}", xlabel="latent 0", ylabel="latent 1")


def traversal(
    model: Any, latents: np.ndarray, labels: np.ndarray | None = None, dims: int = 10, steps: int = 9
) -> tuple[np.ndarray, list[int]]:
    """Return images (R, steps, H, W, C) and indices of latents: each row varies one latent of the first image.

    A latent with a standard normal prior varies from -3 to 3, another one from three standard deviations below its
    mean to three above.

    Args:
        model: model that decodes.
        latents: (N, latent_dim) of images. The first is varied; all show which latents vary most.
        labels: int (N,), or None.
        dims: largest number of rows.
        steps: number of images in a row.

    Returns:
        The images and the indices of the latents, those that vary most first.

    Example:
        >>> import kerasgen
        >>> model = kerasgen.create("vae", image_size=8, latent_dim=4)
        >>> rows, chosen = traversal(model, np.eye(4), dims=3)
        >>> rows.shape
        (3, 9, 8, 8, 1)
    """
    spread = latents.std(axis=0)
    chosen = np.argsort(-spread, kind="stable")[:dims]
    values = traversal_values(steps)
    varied = np.tile(latents[0], (len(chosen), steps, 1))
    for row, latent in enumerate(chosen):
        has_prior = _has_prior(model)
        varied[row, :, latent] = values if has_prior else latents[:, latent].mean() + values * spread[latent]
    flat = varied.reshape(-1, latents.shape[1]).astype("float32")
    known = None if labels is None else np.full(len(flat), labels[0])
    images = model.decode(flat, labels=known)
    return images.reshape(len(chosen), steps, *model.sample_shape), chosen.tolist()


def traversal_values(steps: int) -> np.ndarray:
    """Return the values (steps,) of a latent in a row of `traversal`, in standard deviations.

    Example:
        >>> traversal_values(3).tolist()
        [-3.0, 0.0, 3.0]
    """
    return np.linspace(-3.0, 3.0, steps)
