"""Parts of the page that show results of a model: moving points, translated images and denoised images."""

from __future__ import annotations

import inspect
import json
import math
import os
from pathlib import Path
from typing import Any

import numpy as np

from kerasgen.errors import KerasgenError, RunError
from kerasgen.io.files import atomic_write
from kerasgen.io.json_file import read_json
from kerasgen.plots import point_clouds
from kerasgen.report.encoding import encode_array, encode_picture
from kerasgen.report.sources import MAX_EPOCHS, select_epochs

POINTS = 500  # of the generator in each epoch, and of the data
_FIELD = 41  # values of the discriminator along an axis
_LARGEST = 1e6  # coordinate of a point
_IMAGES = 8
_RELATIVE = (0.0, 0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 2.0)  # strengths of the noise, relative to that of the training
_ABSOLUTE = (0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.7, 1.0)  # standard deviations of the noise
_TRAJECTORIES = 16  # images, a square number
_POINT_FRAMES = 21  # times of points
_FILE_BYTES = 2**18


# -- points: a file for each epoch, written in training


def write_points(path: str | os.PathLike, model: Any, data: np.ndarray, seed: int = 0) -> None:
    """Write points of a model, and the values of its discriminator if it takes single points, as a JSON file.

    Points of more than two dimensions are projected to the first two principal components of the data.

    Args:
        path: path of the file.
        model: model of points that generates.
        data: points (N, D), which determine the axes.
        seed: seed of the samples.

    Example:
        >>> from kerasgen import zoo
        >>> model = zoo.get("gan").create((2,), hidden_dim=4, latent_dim=2)
        >>> write_points("/tmp/epoch-0001.json", model, np.zeros((5, 2)))  # doctest: +SKIP
    """
    samples = np.asarray(model.generate(POINTS, seed=seed), "float64")
    discriminator = point_clouds.discriminator_of(model)
    limits = point_clouds.limits_of(data)
    if samples.shape[1] > 2:
        project, _ = point_clouds.projection(data)
        samples, discriminator, limits = project(samples), None, point_clouds.limits_of(project(data))
    samples = samples[(np.abs(samples) < _LARGEST).all(axis=1)]
    content: dict[str, Any] = {"points": [[float(f"{x:.4g}") for x in point] for point in samples]}
    field = discriminator and point_clouds.field_of(discriminator, limits, samples.shape[1], _FIELD)
    if field:
        values, is_probability = field
        content |= {"field": [float(f"{x:.3g}") for x in values.ravel()], "is_probability": is_probability}
    with atomic_write(path) as temporary:
        temporary.write_text(json.dumps(content), encoding="utf-8")


def read_points(directory: Path, data: np.ndarray, mixture: Any = None) -> dict[str, Any] | None:
    """Return the points of the epochs in a directory for the page, or None if there are none.

    Args:
        directory: directory with the files `epoch-0001.json`.
        data: points (N, D) that the model was trained on.
        mixture: `kerasgen.data.Mixture` of the data, to count the modes that were found, or None.

    Raises:
        RunError: a file is damaged.

    Example:
        >>> read_points(Path("/nowhere"), np.zeros((5, 2))) is None
        True
    """
    paths = {
        int(path.stem.removeprefix("epoch-")): path
        for path in directory.glob("epoch-*.json")
        if path.stem.removeprefix("epoch-").isdecimal()
    }
    if not paths:
        return None
    data = np.asarray(data, "float64")
    dimensions = min(2, data.shape[1])
    if data.shape[1] > 2:
        project, _ = point_clouds.projection(data)
        data, mixture = project(data), None
    limits = point_clouds.limits_of(data)
    epochs = []
    for epoch in select_epochs(sorted(paths), MAX_EPOCHS):
        points, field, is_probability = _read_epoch(paths[epoch], dimensions)
        scaled = _scaled_field(field, is_probability)
        epochs.append({"epoch": epoch, "points": encode_array(points), "field": scaled})
        probability = is_probability
    return {
        "dimensions": dimensions,
        "limits": [float(limit) for limit in limits],
        "data": encode_array(data[:POINTS]),
        "epochs": epochs,
        "field_side": _FIELD,
        "field_name": "D(x)" if probability else "critic",
        "modes": None if mixture is None else mixture.means.tolist(),
        "sigma": None if mixture is None else float(mixture.sigma),
    }


def _read_epoch(path, dimensions):
    """Return points (n, dimensions), values of the discriminator or None, and whether they are probabilities."""
    content = read_json(path, _FILE_BYTES)
    try:
        points = np.asarray(content["points"], "float64").reshape(-1, dimensions)
        field = content.get("field")
        field = None if field is None else np.asarray(field, "float64").reshape([_FIELD] * dimensions)
    except (KeyError, TypeError, ValueError) as error:
        raise RunError(f"cannot read {path}: it holds no points of an epoch; remove it") from error
    if len(points) > POINTS or not np.isfinite(points).all() or (field is not None and not np.isfinite(field).all()):
        raise RunError(f"cannot read {path}: more than {POINTS} points, or a value that is not finite; remove it")
    return points, field, bool(content.get("is_probability"))


def _scaled_field(field, is_probability):
    """Return the values of a discriminator as bytes, 0 to 255 from the smallest to the largest."""
    if field is None:
        return None
    low, high = (0.0, 1.0) if is_probability else (field.min(), field.max())
    return encode_array(np.rint(255 * (field - low) / max(high - low, 1e-12)).clip(0, 255), "<u1")


# -- translation and denoising: results of the newest weights


def read_translation(model: Any, dataset: Any) -> dict[str, Any] | None:
    """Return inputs, outputs and targets of some test images in each direction of a model that translates.

    Args:
        model: model that translates.
        dataset: `Dataset` of pairs, or of two domains without pairs, which have no targets.

    Example:
        >>> import kerasgen
        >>> model = kerasgen.create("pix2pix", image_size=16, channels=3, width=2, receptive_field="16")
        >>> shown = read_translation(model, kerasgen.data.load("outlines", image_size=16, kind="pairs"))
        >>> shown["directions"][0]["name"]
        'AtoB'
    """
    from kerasgen.data import Pairs
    from kerasgen.data.pixels import as_floats

    a, b = (as_floats(images[:_IMAGES]) for images in dataset.test.first(_IMAGES))
    directions = []
    for direction in model.directions:
        inputs, targets = (a, b) if direction == "AtoB" else (b, a)
        outputs = model.translate(inputs, direction, seed=0)
        has_targets = isinstance(dataset.test, Pairs)
        directions.append(
            {
                "name": direction,
                "inputs": _encode_images(inputs),
                "outputs": _encode_images(outputs),
                "targets": _encode_images(targets) if has_targets else None,
            }
        )
    return {"directions": directions}


def read_denoising(model: Any, dataset: Any) -> dict[str, Any] | None:
    """Return test images, and for several strengths of the noise the noisy and the denoised images.

    Args:
        model: model that denoises.
        dataset: `Dataset` of images.

    Example:
        >>> import kerasgen
        >>> model = kerasgen.create("denoising-autoencoder", image_size=8)
        >>> shown = read_denoising(model, kerasgen.data.load("digits", image_size=8))
        >>> len(shown["steps"])
        8
    """
    from kerasgen.data.pixels import as_floats

    images = as_floats(dataset.test.first(_IMAGES))
    corrupted, denoised = (inspect.signature(method).parameters for method in (model.corrupt, model.denoise))
    # A model of one strength takes a relative one, and a model of all strengths a standard deviation
    name = "noise_factor" if "noise_factor" in corrupted else "strength"
    is_absolute = name == "noise_factor" or name in denoised
    steps = []
    for strength in _ABSOLUTE if is_absolute else _RELATIVE:
        noisy = model.corrupt(images, seed=0, **{name: strength})
        clean = model.denoise(noisy, **({name: strength} if name in denoised else {}))
        steps.append({"strength": strength, "noisy": _strip(noisy), "denoised": _strip(clean)})
    return {"count": len(images), "clean": _strip(images), "is_absolute": is_absolute, "steps": steps}


def read_trajectory(model: Any, dataset: Any = None) -> dict[str, Any]:
    """Return samples of a model at times from noise to data, as pictures or as points.

    Args:
        model: model with a trajectory, such as `kerasgen.models.Diffusion`.
        dataset: its `Dataset`; the axes of points depend on it.

    Example:
        >>> import kerasgen
        >>> model = kerasgen.create("flow", image_size=8, width=4)
        >>> shown = read_trajectory(model)
        >>> len(shown["times"]), len(shown["pictures"])
        (11, 11)
    """
    if not model.is_of_points:
        times, samples = model.trajectory(_TRAJECTORIES, seed=0)
        pictures = [encode_picture(_to_pillow(_tiles(images))) for images in samples]
        return {"times": [float(time) for time in times], "pictures": pictures}
    times, samples = model.trajectory(POINTS, seed=0, frames=_POINT_FRAMES)
    data = np.asarray(dataset.test.first(4 * POINTS), "float64")
    if data.shape[1] > 2:
        project, _ = point_clouds.projection(data)
        data, samples = project(data), [project(each) for each in samples]
    limits = point_clouds.limits_of(data)
    points = [encode_array(np.asarray(each).clip(-_LARGEST, _LARGEST)) for each in samples]
    return {
        "times": [float(time) for time in times],
        "points": points,
        "dimensions": data.shape[1],
        "limits": [float(limit) for limit in limits],
        "data": encode_array(data[:POINTS]),
    }


def _tiles(images):
    """Return images (N, H, W, C) in rows and columns as one image."""
    rows = np.array_split(images, math.isqrt(len(images)))
    return np.concatenate([np.concatenate(list(row), axis=1) for row in rows])


def read_model_parts(model: Any, dataset: Any, samples: Path) -> dict[str, Any]:
    """Return the parts of the page that need the model or its data: dict of name -> part.

    Args:
        model: the trained model.
        dataset: its `Dataset`.
        samples: directory of the run's samples.

    Raises:
        RunError: a file of points is damaged.

    Example:
        >>> import kerasgen
        >>> model = kerasgen.create("vae", image_size=8, hidden_dim=8)
        >>> [*read_model_parts(model, kerasgen.data.load("digits", image_size=8), Path("/nowhere"))]
        ['live', 'live_reason']
    """
    from kerasgen.data.sources.mixtures import MIXTURES
    from kerasgen.models.base.abilities import Denoises, HasTrajectory, Translates
    from kerasgen.report.live import read_decoder

    live, reason = read_decoder(model, dataset)
    parts: dict[str, Any] = {"live": live, "live_reason": reason}
    try:
        if model.is_of_points:
            mixture = MIXTURES.get(dataset.name)
            parts["points"] = read_points(samples, dataset.test.first(4 * POINTS), mixture)
        elif isinstance(model, Translates):
            parts["translation"] = read_translation(model, dataset)
        elif isinstance(model, Denoises):
            parts["denoising"] = read_denoising(model, dataset)
        if isinstance(model, HasTrajectory):
            parts["trajectory"] = read_trajectory(model, dataset)
    except RunError:
        raise
    except (KerasgenError, TypeError):  # a model of another package that takes other arguments
        pass
    return parts


def _encode_images(images):
    return [encode_picture(_to_pillow(image)) for image in images]


def _strip(images):
    """Return images (N, H, W, C) side by side, as one picture."""
    return encode_picture(_to_pillow(np.concatenate(list(images), axis=1)))


def _to_pillow(image):
    from PIL import Image

    from kerasgen.data.pixels import as_bytes

    array = as_bytes(image)
    return Image.fromarray(array[..., 0] if array.shape[-1] == 1 else array[..., :3])
