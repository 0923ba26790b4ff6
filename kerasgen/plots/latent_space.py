"""Pictures of a latent space: where images lie in it, and what lies between them.

A model that generates has a standard normal prior over its latents; of others, the latents of images say how far
the space reaches.
"""

from statistics import NormalDist

import numpy as np

from kerasgen.errors import DataError, UsageError
from kerasgen.io.files import atomic_write

_SIDE = 20  # images along an axis of the manifold
_SEED = 0  # of t-SNE


def encode(model, images, labels=None):
    """Return the latents (N, latent_dim) of images (N, H, W, C); a conditional model is told their labels.

    Raises:
        DataError: some are not finite.
    """
    latents = np.asarray(model.encode(images, labels=labels), "float64")
    if not np.isfinite(latents).all():
        raise DataError("the latents of these images contain NaN or infinity: the training of this model diverged")
    return latents


# -- the map


def save_map(path, model, latents, labels=None, class_names=None, method=None, title=""):
    """Write a picture of latents in the plane, coloured by label; with two latents, of what they decode to as well.

    Args:
        path: a PNG file.
        model: what the latents are of.
        latents: (N, latent_dim), N of 3 or more.
        labels: int (N,), or None.
        class_names: one for each label, for the legend, or None.
        method: `"pca"` or `"tsne"`; None takes one or two latents as they are, and more by `"pca"`.
        title: text above the picture.

    Raises:
        UsageError: fewer than 3 latents.
    """
    from matplotlib.figure import Figure

    if len(latents) < 3:
        raise UsageError(f"{len(latents)} images; a map of latents needs at least 3")
    has_manifold = latents.shape[1] == 2 and not getattr(model, "num_classes", 0) and len(model.sample_shape) == 3
    figure = Figure(figsize=(14.5 if has_manifold else 8, 6.5), layout="constrained")
    figure.suptitle(title, fontsize=14, fontweight="bold")
    axes = figure.subplots(1, 2 if has_manifold else 1, squeeze=False)[0]
    coordinates, names = to_plane(latents, labels, method)
    axes[0].set(xlabel=names[0], ylabel=names[1])
    _draw_classes(figure, axes[0], coordinates, labels, class_names)
    if has_manifold:
        _draw_manifold(axes[1], model, latents)
    with atomic_write(path) as temporary:
        figure.savefig(temporary, format="png", dpi=110)


def to_plane(latents, labels=None, method=None):
    """Return `(coordinates (N, 2), names of the axes)` of latents (N, latent_dim); see `save_map`."""
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
        found = TSNE(perplexity=perplexity, init=start, random_state=_SEED).fit_transform(latents)
        return found, ("t-SNE, first axis", "t-SNE, second axis")
    from sklearn.decomposition import PCA

    width = min(2, latents.shape[1])
    pca = PCA(width).fit(latents)
    found, shares = np.zeros((len(latents), 2)), np.zeros(2)
    found[:, :width], shares[:width] = pca.transform(latents), pca.explained_variance_ratio_
    return found, tuple(f"principal component {i + 1}, {share:.0%} of the variance" for i, share in enumerate(shares))


def _draw_classes(figure, axes, coordinates, labels, class_names):
    """Scatter the points: up to 20 classes in colours of their own, more of them in a row of colours."""
    axes.set_axisbelow(True)
    axes.grid(alpha=0.3)
    size = np.clip(10_000 / len(coordinates), 6, 30)
    if labels is None:
        axes.scatter(*coordinates.T, s=size, alpha=0.7, linewidths=0)
        return
    known = np.unique(labels)
    if len(known) > 20:
        drawn = axes.scatter(*coordinates.T, c=labels, cmap="turbo", s=size, alpha=0.7, linewidths=0)
        figure.colorbar(drawn, ax=axes, label="label")
        return
    from matplotlib import colormaps

    colours = colormaps["tab10" if len(known) <= 10 else "tab20"]
    for place, label in enumerate(known):
        name = str(class_names[label]) if class_names is not None and label < len(class_names) else str(label)
        points = coordinates[labels == label]
        axes.scatter(*points.T, s=size, alpha=0.7, linewidths=0, color=colours(place), label=name)
    legend = figure.legend(*axes.get_legend_handles_labels(), loc="outside left upper", frameon=False, markerscale=3)
    for handle in legend.legend_handles:
        handle.set_alpha(1.0)


# -- what latents decode to


def _ticks(model, latents, count):
    """Return values (latent_dim, count) along each latent, about equally probable ones."""
    shares = (np.arange(count) + 0.5) / count
    if hasattr(model, "generate"):  # Kingma and Welling 2014, appendix A: through the inverse CDF of the prior
        return np.tile([NormalDist().inv_cdf(share) for share in shares], (latents.shape[1], 1))
    return np.quantile(latents, shares, axis=0).T


def _draw_manifold(axes, model, latents):
    """Show the images that a grid of two latents decodes to, the second growing upwards."""
    from kerasgen.plots import grids

    first, second = _ticks(model, latents, _SIDE)
    across, up = np.meshgrid(first, second[::-1])
    images = model.decode(np.stack([across.ravel(), up.ravel()], axis=1).astype("float32"))
    shown = grids.grid(images.reshape(_SIDE, _SIDE, *model.sample_shape))
    axes.imshow(shown[..., 0] if shown.shape[-1] == 1 else shown, cmap="gray", vmin=0, vmax=255)
    places = [0, _SIDE // 4, _SIDE // 2, 3 * _SIDE // 4, _SIDE - 1]
    axes.set_xticks((np.array(places) + 0.5) * shown.shape[1] / _SIDE, [f"{first[i]:.2f}" for i in places])
    axes.set_yticks((_SIDE - np.array(places) - 0.5) * shown.shape[0] / _SIDE, [f"{second[i]:.2f}" for i in places])
    of = "quantiles of the prior" if hasattr(model, "generate") else "quantiles of these latents"
    axes.set(title=f"decoded at {of}", xlabel="latent 0", ylabel="latent 1")


def traversal(model, latents, labels=None, dims=10, steps=9):
    """Return images (R, steps, H, W, C) where each row varies one latent of the first image, and which latents.

    Args:
        model: decodes.
        latents: (N, latent_dim) of images; the first is varied. All of them say which latents vary most.
        labels: int (N,), or None.
        dims: at most how many rows.
        steps: images in a row: from -3 to 3 where the prior is standard normal, otherwise from three standard
            deviations below the mean of that latent to three above.
    """
    spread = latents.std(axis=0)
    chosen = np.argsort(-spread, kind="stable")[:dims]
    values = np.linspace(-3.0, 3.0, steps)
    varied = np.tile(latents[0], (len(chosen), steps, 1))
    for row, latent in enumerate(chosen):
        has_prior = hasattr(model, "generate")
        varied[row, :, latent] = values if has_prior else latents[:, latent].mean() + values * spread[latent]
    flat = varied.reshape(-1, latents.shape[1]).astype("float32")
    known = None if labels is None else np.full(len(flat), labels[0])
    images = model.decode(flat, labels=known)
    return images.reshape(len(chosen), steps, *model.sample_shape), chosen.tolist()
