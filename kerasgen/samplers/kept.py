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
        identity: JSON values that the fit depends on, such as the checksum of the model and the fingerprint of the
            data.

    Raises:
        UsageError: as `Sampler.fit`.
    """
    if sampler.restore is None:
        return sampler.fit_to(model, dataset)
    if (kept := restored(sampler, model, folder, identity)) is not None:
        return kept
    record = _record(sampler, identity)
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


def restored(sampler: Sampler, model: Any, folder: Path, identity: dict[str, Any]) -> Any | None:
    """Return the sampler that is kept in a folder, or None if there is none of these settings and this identity.

    Args:
        sampler: the sampler, with its settings.
        model: the trained model.
        folder: folder of this sampler.
        identity: entries that the record in the folder must have; JSON values.
    """
    if sampler.restore is None:
        return None
    expected = json.loads(json.dumps(_record(sampler, identity)))
    try:
        record = read_json(folder / RECORD)
        if {name: record.get(name) for name in expected} == expected:
            return sampler.restore(model, folder)
    except (KerasgenError, OSError, ValueError, KeyError):
        pass
    return None


def _record(sampler, identity):
    return {"sampler": sampler.name, "settings": sampler.values} | identity
