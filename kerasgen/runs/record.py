"""The contents of a run's `recipe.json`, and the settings that may change when the run is resumed."""

import datetime
import importlib.metadata
import os
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kerasgen.errors import DataError, UsageError
from kerasgen.runs.settings import Settings

if TYPE_CHECKING:  # so that the commands need not import NumPy for their help
    from kerasgen.data.dataset import Dataset

# The location of the data and the times of saving do not affect the result; the number of devices affects rounding. The
# path of a data set may change too, see `immutable_settings`.
MUTABLE = (
    "epochs",
    "devices",
    "class_names",
    "data_dir",
    "checkpoint_every",
    "keep",
    "keep_best",
    "parameters",
    "versions",
    "started",
)


def create_record(settings: Settings, dataset: "Dataset") -> dict[str, Any]:
    """Return the record of a run: its settings, fingerprint and classes of the data, the backend and the versions.

    Args:
        settings: settings of the run.
        dataset: data set that the run is trained on.

    Example:
        >>> from kerasgen import data, runs
        >>> create_record(runs.resolve("vae", dataset="digits"), data.load("digits"))["dataset"]
        'digits'
    """
    import keras

    from kerasgen.data import sources

    backend = keras.backend.backend()
    versions = {name: importlib.metadata.version(name) for name in ("kerasgen", "keras", "numpy")}
    versions[backend] = sys.modules[backend].__version__  # its package may be called tensorflow-cpu
    record = asdict(settings)
    # Absolute paths, so that the data are found from any working directory
    if sources.is_path(settings.dataset):
        record["dataset"] = _absolute(settings.dataset)
    if settings.data_dir and "://" not in str(settings.data_dir):  # TensorFlow Datasets also takes gs://bucket
        record["data_dir"] = _absolute(settings.data_dir)
    return record | {
        "fingerprint": dataset.fingerprint,
        "class_names": dataset.class_names,
        "backend": backend,
        "versions": versions,
        "started": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
    }


def immutable_settings(record: dict[str, Any]) -> dict[str, Any]:
    """Return the settings that must stay the same when a run is resumed.

    Data at a path may have moved, so that only their fingerprint is among them.

    Args:
        record: result of `create_record`.

    Example:
        >>> immutable_settings({"dataset": "digits", "seed": 0, "epochs": 30})
        {'dataset': 'digits', 'seed': 0}
    """
    from kerasgen.data import sources

    mutable = {*MUTABLE, "dataset"} if sources.is_path(record["dataset"]) else MUTABLE
    return {name: value for name, value in record.items() if name not in mutable}


def resolve_dataset_path(
    directory: str | os.PathLike, before: str | os.PathLike, now: str | os.PathLike | None
) -> str | os.PathLike:
    """Return the `dataset` of a run that is resumed: the path `now` if it is given, otherwise `before`.

    Args:
        directory: run directory, for the messages.
        before: name or path of the data set that the run was trained on.
        now: path where the data are now, or None.

    Raises:
        DataError: there are no data at the path any more.
        UsageError: the data of the run have no path, or `now` is not a path.

    Example:
        >>> resolve_dataset_path("runs/vae-1", "digits", None)
        'digits'
    """
    from kerasgen.data import sources

    if now is None:
        if sources.is_path(before) and not Path(before).exists():
            raise DataError(f"no such file or folder: {before}; if the data have moved, give their path by --dataset")
        return before
    if not sources.is_path(before):
        raise UsageError(f"{directory} was trained on {before}, which has no path; leave --dataset out")
    if not sources.is_path(now):
        raise UsageError(f"--dataset {now} is not a path; give the path of the data of {directory}")
    return _absolute(now)


def _absolute(path: str | os.PathLike) -> str:
    return str(Path(path).expanduser().absolute())
