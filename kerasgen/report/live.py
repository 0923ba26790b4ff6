"""The decoder of a model, and the latents of test images, for the part of the page that decodes."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from kerasgen.data.pixels import as_bytes, as_floats
from kerasgen.data.shapes import sample_kind
from kerasgen.errors import KerasgenError
from kerasgen.report.encoding import encode_array, encode_picture
from kerasgen.report.network import UnsupportedNetworkError, export_network

DOTS = 300  # test images
MAX_AXES = 10
_SPRITE_PIXELS = 300 * 28 * 28  # of all test images
_RANGE = 3.0  # standard deviations of a latent on each side

# Name in the page -> function from raw outputs to images, before clipping to [0, 1]
_OUTPUT_MAPS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "sigmoid": lambda x: 1.0 / (1.0 + np.exp(-x)),
    "identity": lambda x: x,
    "from_minus_one": lambda x: 0.5 * (x + 1.0),
}


def read_decoder(model: Any, dataset: Any = None) -> tuple[dict[str, Any] | None, str | None]:
    """Return the decoder as data for the page, or None and the reason.

    Args:
        model: trained model.
        dataset: `Dataset` whose test images are shown as dots, or None.

    Returns:
        `(live, reason)`; one of them is None. Both are None if the model has no decoder of images.

    Example:
        >>> import kerasgen
        >>> live, _ = read_decoder(kerasgen.create("vae", image_size=8, hidden_dim=8, latent_dim=2))
        >>> live["latent_dim"]
        2
    """
    from kerasgen.models.base.abilities import Encodes, Generates, HasDecoder

    if not isinstance(model, HasDecoder) or sample_kind(model.sample_shape) != "images":
        return None, None
    if model.sample_shape[-1] not in (1, 3):
        return None, f"The page shows images of 1 or 3 channels; these have {model.sample_shape[-1]}."
    network, weights, to_images = model.decoder_parts()
    try:
        output_map = _output_map(to_images, model.sample_shape)
        exported = export_network(network, weights)
    except UnsupportedNetworkError as error:
        return None, f"The page cannot decode latents of this model: {error}."
    live = {
        "network": exported,
        "output_map": output_map,
        "image_shape": list(model.sample_shape),
        "latent_dim": model.latent_dim,
        "classes": _class_names(model),
        "encodes": isinstance(model, Encodes),
        "has_prior": isinstance(model, Generates),
    }
    means = None
    if dataset is not None and isinstance(model, Encodes):
        dots, means = _read_dots(model, dataset)
        live["dots"] = dots
    return live | _axes(model, means, live["has_prior"]), None


def _output_map(to_images, sample_shape):
    """Return the name of the function from raw outputs to images, found by its values at some points.

    Raises:
        UnsupportedNetworkError: the page does not support the function.
    """
    from keras import ops

    raw = np.resize(np.linspace(-3.0, 3.0, 25, dtype="float32"), (1, *sample_shape))
    images = np.clip(ops.convert_to_numpy(to_images(ops.convert_to_tensor(raw))), 0.0, 1.0)
    for name, function in _OUTPUT_MAPS.items():
        if np.allclose(images, np.clip(function(raw), 0.0, 1.0), atol=1e-5):
            return name
    raise UnsupportedNetworkError("the function from outputs to images is unknown")


def _class_names(model):
    from kerasgen.data.classes import default_names

    origin = getattr(model, "origin", None) or {}
    count = getattr(model, "num_classes", 0) or 0
    return (origin.get("class_names") or default_names(count)) if count else None


def _read_dots(model, dataset):
    """Return test images with their latents and labels, and the latents (N, latent_dim); or `(None, None)`."""
    height, width, _ = model.sample_shape
    count = max(1, min(DOTS, len(dataset.test), _SPRITE_PIXELS // (height * width)))
    images = dataset.test.first(count)
    labels = None if dataset.test.labels is None else dataset.test.labels[: len(images)]
    needs_labels = bool(getattr(model, "num_classes", 0))
    try:
        means = np.asarray(model.encode(images, labels=labels if needs_labels else None), "float32")
    except KerasgenError:  # data of another shape, or without the labels that the model needs
        return None, None
    if not np.isfinite(means).all() or not len(means):
        return None, None
    columns = math.ceil(math.sqrt(len(images)))
    dots = {
        "count": len(images),
        "means": encode_array(means),
        "labels": None if labels is None else [int(label) for label in labels],
        "class_names": list(dataset.class_names or []) or None,
        "columns": columns,
        "sprite": encode_picture(_sprite(as_bytes(as_floats(images)), columns)),
    }
    return dots, means


def _sprite(images, columns):
    """Return images (N, H, W, C) in rows and columns, without gaps, as one Pillow image."""
    from PIL import Image

    count, height, width, channels = images.shape
    rows = math.ceil(count / columns)
    filled = np.zeros((rows * columns, height, width, channels), np.uint8)
    filled[:count] = images
    grid = filled.reshape(rows, columns, height, width, channels).swapaxes(1, 2)
    array = grid.reshape(rows * height, columns * width, channels)
    return Image.fromarray(array[..., 0] if channels == 1 else array)


def _axes(model, means, has_prior):
    """Return the centre of the latents, the directions of the sliders, and the range of each."""
    latent_dim = model.latent_dim
    count = min(latent_dim, MAX_AXES)
    axes, center = np.eye(latent_dim, dtype="float32")[:count], np.zeros(latent_dim, "float32")
    if means is None or len(means) < 2:
        return {"center": encode_array(center), "axes": encode_array(axes), "ranges": [_RANGE] * count, "shares": None}
    shares = None
    if not has_prior:
        center = means.mean(axis=0)
    if latent_dim > 2:
        center = means.mean(axis=0)
        _, singular, directions = np.linalg.svd(means - center, full_matrices=False)
        if singular[0] > 0:
            count = min(count, len(directions))
            # The sign of a component is arbitrary: its largest weight is made positive
            largest = directions[range(count), np.abs(directions[:count]).argmax(axis=1)]
            axes = directions[:count] * np.sign(largest)[:, None]
            shares = [float(each) for each in (singular**2 / (singular**2).sum())[:count]]
    reach = np.abs((means - center) @ axes.T)
    spread = reach.max(axis=0) * 1.05
    ranges = np.maximum(spread, _RANGE) if has_prior and latent_dim <= 2 else np.maximum(spread, 1e-3)
    return {
        "center": encode_array(center),
        "axes": encode_array(axes),
        "ranges": [float(each) for each in ranges],
        "shares": shares,
    }
