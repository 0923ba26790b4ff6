"""The classifier of a data set: trained once for each set, and kept on disk."""

import contextlib
import zipfile
from importlib import resources
from pathlib import Path

import keras
import numpy as np

from kerasgen.data import Dataset
from kerasgen.errors import UsageError
from kerasgen.evaluation.classifier import Classifier, train_classifier
from kerasgen.io.cache import user_cache
from kerasgen.io.files import atomic_write

# Fingerprint of `mnist-10k` in 28x28 -> that of MNIST, whose classifier was trained on more images
_FINGERPRINTS = {"f20f16d6efa3f3cc": "e2c6dc2a6cedffc4"}
_VERSION = 2  # of the network and its training, as a part of the file name
_IN_ZOO = resources.files("kerasgen.zoo") / "classifiers"  # classifier of MNIST, so that its scores are comparable


def has_classes(dataset: Dataset) -> bool:
    """Return whether the training images have two or more classes.

    Example:
        >>> from kerasgen import data
        >>> has_classes(data.load("digits", image_size=8))
        True
    """
    return dataset.num_classes > 1 and np.unique(dataset.train.labels).size > 1


def check_classes(dataset: Dataset) -> None:
    """Raise an error if no classifier can be trained on a data set.

    Raises:
        UsageError: it has fewer than two classes.

    Example:
        >>> from kerasgen import data
        >>> check_classes(data.load("digits", image_size=8))
    """
    if not has_classes(dataset):
        has = "only one class" if dataset.num_classes else "no labels"
        raise UsageError(
            f"{dataset.name} has {has}, but these scores use the features of a classifier trained on labels: put the "
            "images of each class into a subfolder, give --dataset with a labelled set, or use --metrics fid"
        )


def classifier_of(dataset: Dataset, cache: str | Path | None = None) -> tuple[Classifier, float]:
    """Return the classifier of a data set and its accuracy on the test images.

    The classifier is trained once for each data set. The one for MNIST and `mnist-10k` in 28x28 comes with
    kerasgen: a classifier trained on a different machine or backend would give different distances.

    Args:
        dataset: a set with labels.
        cache: folder that keeps classifiers; by default `$XDG_CACHE_HOME/kerasgen` or `~/.cache/kerasgen`.

    Raises:
        UsageError: the set has fewer than two classes.

    Example:
        >>> from kerasgen import data
        >>> classifier, accuracy = classifier_of(data.load("digits", image_size=8))  # doctest: +SKIP
    """
    check_classes(dataset)
    fingerprint = _FINGERPRINTS.get(dataset.fingerprint, dataset.fingerprint)
    name = f"classifier-{_VERSION}-{fingerprint}.keras"
    folder = None if cache is None else Path(cache)
    network = _read(_IN_ZOO / name)
    if network is None:
        folder = folder or user_cache()
        network = _read(folder / name) if folder else None
    if network is None:
        network = train_classifier(dataset.train[:], dataset.train.labels, dataset.num_classes)
        _keep(network, folder and folder / name)
    classifier = Classifier(network)
    labels = classifier.labels(dataset.test[:])
    return classifier, float((labels == dataset.test.labels).mean())


def _keep(network, path):
    """Save a network if that is possible; otherwise it is trained again the next time."""
    with contextlib.suppress(OSError):
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            with atomic_write(path) as temporary:
                network.save(temporary)


def _read(path):
    """Return the classifier in a file, or None if the file is missing or damaged."""
    try:
        with zipfile.ZipFile(path) as archive:
            if archive.testzip() is not None:  # Keras does not verify the checksum of the weights
                return None
        return keras.saving.load_model(path, compile=False)
    except Exception:  # zipfile and Keras raise many kinds of errors for damaged files
        return None
