"""The classifier of a data set, whose features its images are judged by: trained once for each set, and kept."""

import contextlib
import os
import zipfile
from importlib import resources
from pathlib import Path

import keras
import numpy as np

from kerasgen.errors import UsageError
from kerasgen.io.files import atomic_write
from kerasgen.metrics.classifier import predict_labels, train_classifier

_VERSION = 2  # of the network and its training; part of the name of the file that keeps it
_IN_ZOO = resources.files("kerasgen.zoo") / "classifiers"  # of MNIST, so that its figures compare from place to place


def has_classes(labelled):
    """Tell whether a `Dataset` has two classes or more to train a classifier on."""
    return labelled.num_classes > 1 and np.unique(labelled.train.labels).size > 1


def check_classes(labelled):
    """Refuse a `Dataset` on which no classifier can be trained.

    Raises:
        UsageError: it has fewer than two classes.
    """
    if not has_classes(labelled):
        has = "one class alone" if labelled.num_classes else "no labels"
        raise UsageError(
            f"{labelled.name} has {has}, and the features that images are judged by are those of a classifier of "
            "labels: make a subfolder for each class, or give --dataset, a set that has labels, or --metrics fid"
        )


def classifier_of(dataset, cache=None):
    """Return `(classifier, its accuracy on the test images)`: trained once for each data set, and kept.

    That of MNIST in 28x28 comes with the zoo, trained on TensorFlow: on another machine or backend it would come out
    otherwise, and the distances with it.

    Args:
        dataset: with labels.
        cache: folder that keeps classifiers; `~/.cache/kerasgen` by default.

    Raises:
        UsageError: the set has fewer than two classes.
    """
    check_classes(dataset)
    folder = Path(cache or Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "kerasgen")
    name = f"classifier-{_VERSION}-{dataset.fingerprint}.keras"
    network = _kept(_IN_ZOO / name) or _kept(folder / name)
    if network is None:
        network = train_classifier(dataset.train[:], dataset.train.labels, dataset.num_classes)
        with contextlib.suppress(OSError):  # where nothing can be kept it is trained again the next time
            folder.mkdir(parents=True, exist_ok=True)
            with atomic_write(folder / name) as temporary:
                network.save(temporary)
    read = predict_labels(network, dataset.test[:])
    return network, float((read == dataset.test.labels).mean())


def _kept(path):
    """Return the classifier in a file, or None if there is none or it is damaged."""
    try:
        with zipfile.ZipFile(path) as archive:
            if archive.testzip() is not None:  # Keras reads weights without looking at their checksum
                return None
        return keras.saving.load_model(path, compile=False)
    except Exception:  # of a damaged file zipfile and Keras raise almost anything
        return None
