"""What a run's `recipe.json` holds, and what of it may change when the run goes on."""

import datetime
import importlib.metadata
import sys
from dataclasses import asdict
from pathlib import Path

from kerasgen.errors import DataError, UsageError

# What may differ when a run goes on; where the data lie (a path too, see `fixed`) and when it is saved do not show in
# what comes of it, and on how many devices it is trained hardly does.
MAY_CHANGE = ("epochs", "devices", "data_dir", "checkpoint_every", "versions", "started")


def record_of(settings, dataset):
    """Return the record of a run on a `Dataset`: its `Settings`, the data's fingerprint, backend and versions."""
    import keras

    from kerasgen.data import sources

    backend = keras.backend.backend()
    versions = {name: importlib.metadata.version(name) for name in ("kerasgen", "keras", "numpy")}
    versions[backend] = sys.modules[backend].__version__  # its package may be called tensorflow-cpu
    known = asdict(settings)
    # So that the data are found from any working directory
    if sources.is_path(settings.dataset):
        known["dataset"] = _absolute(settings.dataset)
    if settings.data_dir and "://" not in str(settings.data_dir):  # TensorFlow Datasets also takes gs://bucket
        known["data_dir"] = _absolute(settings.data_dir)
    return known | {
        "fingerprint": dataset.fingerprint,
        "backend": backend,
        "versions": versions,
        "started": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
    }


def fixed(record):
    """Return what must be the same when a run goes on; of data at a path that is the fingerprint alone."""
    from kerasgen.data import sources

    may_change = {*MAY_CHANGE, "dataset"} if sources.is_path(record["dataset"]) else MAY_CHANGE
    return {name: value for name, value in record.items() if name not in may_change}


def resolve_dataset_path(directory, before, now):
    """Return the `dataset` of a run that goes on: the path `now` if it is not None, otherwise what it was.

    Raises:
        DataError: nothing lies there any more.
        UsageError: the data of this run lie at no path, or `now` is none.
    """
    from kerasgen.data import sources

    if now is None:
        if sources.is_path(before) and not Path(before).exists():
            raise DataError(f"no such file or folder: {before}; if the data have moved, give their path by --dataset")
        return before
    if not sources.is_path(before):
        raise UsageError(f"{directory} was trained on {before}, which lies at no path; leave --dataset out")
    if not sources.is_path(now):
        raise UsageError(f"--dataset {now} is no path; give the one at which the data of {directory} lie now")
    return _absolute(now)


def _absolute(path):
    return str(Path(path).expanduser().absolute())
