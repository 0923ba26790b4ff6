"""Validation of samples, inside a step and for arrays passed by the user."""

import weakref
from typing import Any

import keras
import numpy as np
from keras import ops

from kerasgen.data.array_source import pieces
from kerasgen.data.pixels import as_floats
from kerasgen.data.shapes import sample_kind
from kerasgen.errors import DataError, UsageError
from kerasgen.io import progress
from kerasgen.io.memory_maps import MappedArray, in_memory

UNIT_INTERVAL = (0.0, 1.0)
ANY_RANGE = (-float("inf"), float("inf"))
_checked: list[weakref.ref] = []  # arrays whose values are known to be valid: those to train and to validate with


def to_float_tensor(images: Any, sample_shape: tuple[int, ...]) -> Any:
    """Return the samples of a batch as a float32 tensor; uint8 values are divided by 255.

    Args:
        images: (N, *sample_shape), any numeric type.
        sample_shape: shape of one sample.

    Raises:
        DataError: the samples have another shape.
    """
    images = ops.convert_to_tensor(images)
    received = tuple(images.shape[1:])
    if len(received) != len(sample_shape) or any(n not in (None, size) for n, size in zip(received, sample_shape)):
        raise DataError(_other_shape(images.shape, sample_shape))
    is_bytes = keras.backend.standardize_dtype(images.dtype) == "uint8"
    images = ops.cast(images, "float32")
    return images / 255.0 if is_bytes else images


def check_array(images: Any, sample_shape: tuple[int, ...], bounds: tuple[float, float]) -> Any:
    """Return `images` as an array that the model accepts.

    Args:
        images: (N, *sample_shape), floats within the bounds or uint8. A `MappedArray` is read piece by piece and
            returned as it is. Other arrays in memory maps are read into memory.
        sample_shape: shape of one sample.
        bounds: smallest and largest valid value of a float.

    Raises:
        DataError: another shape, another type than numbers, NaN or infinity, or values out of range.
    """
    in_file = isinstance(images, MappedArray)
    images = images if in_file else np.asarray(in_memory(images))
    if images.shape[1:] != tuple(sample_shape):
        raise DataError(_other_shape(images.shape, sample_shape))
    if images.dtype.kind not in "biuf":
        raise DataError(f"images have the type {images.dtype}; this model takes floats or uint8")
    if images.dtype != np.uint8 and images.nbytes and not any(each() is images for each in _checked):
        parts = pieces(images) if in_file else [images]
        low, high = np.array([(part.min(), part.max()) for part in parts], "float64").T
        check_range(float(low.min()), float(high.max()), bounds, sample_kind(sample_shape))
        _checked[:] = [*_checked[-1:], weakref.ref(images)]
    return images


def check_range(low: float, high: float, bounds: tuple[float, float], kind: str = "images") -> None:
    """Refuse values outside the bounds, with advice that fits the range.

    Raises:
        DataError: NaN, infinity, or values out of range.
    """
    if not np.isfinite(low + high):
        raise DataError("the images contain NaN or infinity; remove or repair them first")
    if low >= bounds[0] and high <= bounds[1]:
        return
    if kind == "points":
        raise DataError(
            f"the coordinates of the points lie in [{low:g}, {high:g}]; the likelihood or loss of this model takes "
            f"[{bounds[0]:g}, {bounds[1]:g}]: choose one for values of any range, such as likelihood=gaussian or "
            "loss=mean_squared_error"
        )
    if low >= -1.0 and high <= 1.0:
        advice = "pass (x + 1) / 2"
    elif low >= 0.0 and high <= 255.0:
        advice = "divide by 255, or pass uint8"
    elif low >= 0.0 and high <= 65535.0:
        advice = "divide by 65535"
    else:
        advice = f"rescale them, for example (x - {low:g}) / {high - low:g}"
    raise DataError(
        f"image values lie in [{low:g}, {high:g}]; this model takes floats in [{bounds[0]:g}, {bounds[1]:g}] "
        f"or uint8: {advice}"
    )


def check_not_empty(rows: Any) -> None:
    """Raise a `DataError` if there are no rows."""
    if not len(rows):
        raise DataError("there are no images; give one or more")


def check_unweighted(*weights: Any) -> None:
    """Raise a `UsageError` if weights of samples or classes are given: no model here takes them."""
    if any(each is not None for each in weights):
        raise UsageError(
            "sample_weight and class_weight are not supported: all images have the same weight; leave them out"
        )


PREDICT_BATCH = 64  # samples; every batch is padded to it, so that a sample does not depend on their number


def predict_in_batches(network: keras.Model, inputs: Any, batch_size: int = PREDICT_BATCH) -> Any:
    """Return `network(inputs)` as NumPy arrays, computed in batches that all have the same size.

    Because each batch is padded to `batch_size`, a row of the output does not depend on the number of rows.

    Args:
        network: a Keras model.
        inputs: an array, floats or bytes, or a list of arrays.
        batch_size: rows of one batch.
    """
    arrays = keras.tree.map_structure(np.asarray, inputs)
    count = len(keras.tree.flatten(arrays)[0])
    check_not_empty(keras.tree.flatten(arrays)[0])

    def padded(array):
        array = as_floats(array) if array.dtype == np.uint8 else array
        return np.concatenate([array, np.repeat(array[-1:], -count % batch_size, axis=0)])

    with progress.steps(-(-count // batch_size)) as step:
        callbacks = [keras.callbacks.LambdaCallback(on_predict_batch_end=lambda batch, logs: step())]
        inputs = keras.tree.map_structure(padded, arrays)
        outputs = network.predict(inputs, batch_size=batch_size, verbose=0, callbacks=callbacks)
    return keras.tree.map_structure(lambda array: array[:count], outputs)


def check_latents(latents: Any, latent_dim: int) -> np.ndarray:
    """Return latents as float32 (N, latent_dim).

    Raises:
        DataError: latents of another shape, or NaN or infinity among them.
    """
    latents = np.asarray(latents, "float32")
    if latents.ndim != 2 or latents.shape[1] != latent_dim:
        raise DataError(f"latents have shape {latents.shape}; this model takes (N, {latent_dim})")
    if not np.isfinite(latents).all():
        raise DataError("the latents contain NaN or infinity; this model takes finite numbers")
    return latents


def to_public_range(samples: np.ndarray) -> np.ndarray:
    """Return samples as float32, images (N, H, W, C) clipped to [0, 1]."""
    samples = samples.astype("float32", copy=False)
    return samples.clip(0.0, 1.0) if sample_kind(samples.shape[1:]) == "images" else samples


def to_public_tensor(images: Any) -> Any:
    """Return the samples that a model computes as a float32 tensor, images (N, H, W, C) clipped to [0, 1]."""
    images = ops.cast(images, "float32")
    return ops.clip(images, 0.0, 1.0) if sample_kind(images.shape[1:]) == "images" else images


def _other_shape(received, sample_shape):
    return f"images have shape {tuple(received)}; this model takes (N, {', '.join(map(str, sample_shape))})"
