"""Samplers that are fitted once and kept with the model."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kerasgen.errors import KerasgenError
from kerasgen.io.files import atomic_directory, remove_directory
from kerasgen.io.json_file import read_json
from kerasgen.samplers.registry import Sampler

if TYPE_CHECKING:
    from kerasgen.data import Dataset

RECORD = "sampler.json"


def fitted(sampler: Sampler, model: Any, dataset: Dataset, folder: Path, identity: dict[str, Any]) -> Any:
    """Return a fitted sampler, from the folder if it was fitted to the same model, data and settings.

    Otherwise it is fitted and kept in the folder. A folder that cannot be written or read is no error: the sampler is
    then fitted again.

    Args:
        sampler: the sampler, with its settings.
        model: the trained model.
        dataset: data set with the training images.
        folder: folder of this sampler.
        identity: what the fit depends on, such as checksum of the model and fingerprint of the data; JSON values.

    Raises:
        UsageError: as `Sampler.fit`.
    """
    if sampler.restore is None:
        return sampler.fit_to(model, dataset)
    record = {"sampler": sampler.name, "settings": sampler.values} | identity
    try:
        if read_json(folder / RECORD) == json.loads(json.dumps(record)):
            return sampler.restore(model, folder)
    except (KerasgenError, OSError, ValueError, KeyError):
        pass
    generator: Any = sampler.fit_to(model, dataset)
    try:
        if folder.exists():
            remove_directory(folder)
        folder.parent.mkdir(parents=True, exist_ok=True)
        with atomic_directory(folder) as temporary:
            generator.save(temporary)
            (temporary / RECORD).write_text(json.dumps(record) + "\n", encoding="utf-8")
    except OSError:
        pass
    return generator
