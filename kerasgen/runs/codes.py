"""The run of a model with discrete codes as a data set: its codes of the images that it was trained on."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from kerasgen.data.array_source import ArraySource
from kerasgen.data.dataset import Dataset, Images
from kerasgen.data.load_options import LoadOptions
from kerasgen.errors import DataError
from kerasgen.runs.directory import Run

_CHUNK = 4096  # images in memory


def load(path: Path, options: LoadOptions) -> Dataset:
    """Return the codes, int32 (N, h, w), of the data set that the run in a directory was trained on.

    The set identifies its codes by the checksum of the weights and by the fingerprint of the images. Its `codec` is the
    model of the run, and its `image_set` has the images.

    Raises:
        DataError: the model of the run has no codes.
        KerasgenError: the model or its images cannot be read.

    Example:
        >>> import kerasgen
        >>> codes = kerasgen.data.load("runs/vq-vae-1")  # doctest: +SKIP
    """
    from kerasgen import data
    from kerasgen.io.archive import checksum_of
    from kerasgen.models.load import load as load_model

    run = Run.open(path)
    model = load_model(path)
    if getattr(model, "code_shape", None) is None:
        raise DataError(f"{path} has no codes: its model is a {type(model).__name__}; give a run of the recipe vq-vae")
    record = run.read_recipe()
    side = model.sample_shape[0] if model.sample_shape[0] == model.sample_shape[1] else None
    images = data.load(
        record["dataset"], image_size=side, data_dir=options.data_dir or record.get("data_dir"), kind="images"
    )
    return replace(
        images,
        name=path.absolute().name,
        train=_encode(model, images.train),
        test=_encode(model, images.test),
        content=f"codes of {images.fingerprint} by {checksum_of(run.model_path)}",
        native_size=None,
        notes=[],
        codec=model,
        image_set=images,
    )


def _encode(model: Any, images: Any) -> Images:
    """Return the codes of images, with their labels."""
    parts = [model.encode(images[start : start + _CHUNK]) for start in range(0, len(images), _CHUNK)]
    return Images(ArraySource(np.concatenate(parts).astype("int32")), labels=images.labels)
