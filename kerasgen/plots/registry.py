"""The registry of plotters: how samples of each kind become a picture.

A package adds plotters by an entry point of the group `kerasgen.plotters`, which names a `Plotter` or a list of them.
The name of a plotter is the kind of samples that it draws. A model of samples other than images, points or codes names
their kind in its attribute `sample_kind`. Importing this module imports no backend.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kerasgen.data.shapes import KINDS
from kerasgen.io.entry_points import Registry

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True)
class Plotter:
    """Pictures of one kind of samples.

    Attributes:
        name: kind of the samples, such as "images".
        save_samples: function `(path, samples, data, columns, row_names, title)` that writes a PNG file; the arguments
            are those of `kerasgen.plots.save_samples`.
        save_preview: function `(path, model, data, n, seed, title)` that writes a picture of the state of a model;
            the arguments are those of `kerasgen.plots.save_preview`.
        preview_size: number of samples in a preview.

    Example:
        >>> PLOTTERS.get("images").preview_size
        64
    """

    name: str
    save_samples: Callable[..., None]
    save_preview: Callable[..., None]
    preview_size: int = 64


def _save_images(path, samples, data, columns, row_names, title):
    from kerasgen.plots import grids

    grids.save_rows(path, grids.square(samples, columns), row_names)


def _save_image_preview(path, model, data, n, seed, title):
    from kerasgen.plots import grids

    grids.save_rows(path, model.preview(data, n=n, seed=seed))


def _save_points(path, samples, data, columns, row_names, title):
    from kerasgen.plots import point_clouds

    point_clouds.save(path, samples, data, title=title)


def _save_point_preview(path, model, data, n, seed, title):
    from kerasgen.plots import point_clouds

    point_clouds.save_preview(path, model, data, n, seed, title)


def _save_codes(path, samples, data, columns, row_names, title):
    from kerasgen.plots.codes import code_images

    _save_images(path, code_images(samples), None, columns, row_names, title)


def _save_code_preview(path, model, data, n, seed, title):
    from kerasgen.plots.codes import code_images

    num_codes = getattr(model, "num_codes", None)
    _save_images(path, code_images(model.generate(n, seed=seed), num_codes), None, None, None, title)


PLOTTERS = Registry(
    "kind of samples",
    "kerasgen.plotters",
    Plotter,
    own=(
        Plotter("images", _save_images, _save_image_preview),
        Plotter("points", _save_points, _save_point_preview, preview_size=2_500),
        Plotter("codes", _save_codes, _save_code_preview),
    ),
)


def plotter_of(model_or_shape: Any) -> Plotter:
    """Return the plotter of a model's samples, or of samples of a shape.

    Args:
        model_or_shape: a model, or the shape of one sample.

    Raises:
        UsageError: no plotter draws such samples.

    Example:
        >>> plotter_of((28, 28, 1)).name, plotter_of((2,)).name
        ('images', 'points')
    """
    if isinstance(model_or_shape, tuple | list):
        shape, kind = model_or_shape, None
    else:
        shape, kind = model_or_shape.sample_shape, getattr(model_or_shape, "sample_kind", None)
    return PLOTTERS.get(kind or KINDS.get(len(shape), f"of shape {tuple(shape)}"))


def save_samples(
    path: str | os.PathLike,
    samples: np.ndarray,
    *,
    data: np.ndarray | None = None,
    columns: int | None = None,
    row_names: Sequence[str] | None = None,
    title: str = "",
    kind: str | None = None,
) -> None:
    """Write a picture of samples: a grid of images or codes, or points with the data.

    Args:
        path: path of the PNG file.
        samples: images (N, H, W, C), points (N, D) or codes (N, H, W).
        data: points to compare with, or None; pictures of images do not show it.
        columns: number of images in a row; by default the grid is square.
        row_names: a name for each row of images, such as the name of its class, or None.
        title: text above points.
        kind: name of the plotter; by default that of the samples' shape.

    Raises:
        UsageError: samples that no plotter draws.

    Example:
        >>> import numpy as np
        >>> images = np.zeros((4, 28, 28, 1))
        >>> save_samples("/tmp/a.png", images, columns=2, row_names=["cat", "dog"])  # doctest: +SKIP
    """
    plotter = PLOTTERS.get(kind) if kind else plotter_of(tuple(samples.shape[1:]))
    plotter.save_samples(path, samples, data=data, columns=columns, row_names=row_names, title=title)


def save_preview(
    path: str | os.PathLike,
    model: Any,
    *,
    data: np.ndarray | None = None,
    n: int | None = None,
    seed: int = 0,
    title: str = "",
) -> None:
    """Write a picture of the current state of a model; equal seeds give comparable pictures.

    Args:
        path: path of the PNG file.
        model: the model.
        data: samples for models that reconstruct or translate, and points to compare with; or None.
        n: number of samples; by default `preview_size` of the plotter.
        seed: seed of the latents.
        title: text above points.

    Raises:
        UsageError: a model whose samples no plotter draws.

    Example:
        >>> import kerasgen
        >>> model = kerasgen.create("vae", image_size=8)
        >>> save_preview("/tmp/preview.png", model, n=16)  # doctest: +SKIP
    """
    plotter = plotter_of(model)
    plotter.save_preview(path, model, data=data, n=n or plotter.preview_size, seed=seed, title=title)
