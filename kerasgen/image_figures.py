"""Figures of images held against real ones: by a classifier of their data set, or by the Inception network."""

import contextlib
import os
import zipfile
from importlib import resources
from pathlib import Path

import keras
import numpy as np

from kerasgen import metrics
from kerasgen.backend.inception import InceptionFeatures, weights_file
from kerasgen.data.pixels import as_floats
from kerasgen.data.stacked import StackedDataset, label
from kerasgen.errors import UsageError
from kerasgen.figures import Figure, choose
from kerasgen.files import atomic_write
from kerasgen.metrics import classifier as classifiers

_VERSION_OF_CLASSIFIER = 2  # of its network and training; part of the name of the file that keeps it
_IN_ZOO = resources.files("kerasgen.zoo") / "classifiers"  # of MNIST, so that its figures compare from place to place
_LEAST = 6  # images: each then has the five neighbours that coverage asks for
_SUBSETS, _SUBSET_SIZE = 100, 1000  # of a kernel distance


def offered(labelled):
    """Return the groups of figures of images that are held against those of a `Dataset`."""
    return ("modes" if isinstance(labelled, StackedDataset) else "classifier", "fid")


def check(groups, labelled):
    """Refuse what cannot be computed, before anything is.

    Raises:
        UsageError: fewer than two classes to train a classifier on.
        MissingPackageError, ModelFileError: as `weights_file`.
    """
    if "classifier" in groups and not has_classes(labelled):
        has = "one class alone" if labelled.num_classes else "no labels"
        raise UsageError(
            f"{labelled.name} has {has}, and the features that images are judged by are those of a classifier of "
            "labels: make a subfolder for each class, or give --dataset, a set that has labels, or --metrics fid"
        )
    if "fid" in groups:
        weights_file()


def has_classes(labelled):
    """Tell whether a `Dataset` has two classes or more to train a classifier on."""
    return labelled.num_classes > 1 and np.unique(labelled.train.labels).size > 1


def check_counts(fake, real):
    """Refuse fewer than six images to measure, or to hold them against."""
    if min(fake, real) < _LEAST:
        raise UsageError(f"{fake} images against {real} real ones: give {_LEAST} or more of each")


def held_against(dataset, count):
    """Return the `Images` that so many generated ones are held against: to test with, or to train if they are more."""
    return dataset.test if len(dataset.test) >= min(count, len(dataset.train)) else dataset.train


def of_samples(images, dataset, groups, seed, cache=None):
    """Return the figures of generated images (N, H, W, C).

    They are held against as many test images, or training images if there are fewer of those.

    Args:
        groups: of figures, some of `offered(dataset)`.
        cache: folder that keeps classifiers; `~/.cache/kerasgen` by default.

    Raises:
        UsageError: images of another size than the set's; and see `against`.
    """
    _check_size("the model", images.shape[1:], dataset)
    real, labels = drawn([held_against(dataset, len(images))], len(images), seed)
    return against(real, labels, images, dataset, groups, seed, cache)


def of_sets(real, fake, labelled, samples, seed, groups=None, cache=None):
    """Return the figures of the images in one `Dataset` held against those in another, `real`.

    Of both all images are taken, or if there are more than `samples`, so many at random; of `real` those that it
    tests with, if they are enough.

    Args:
        labelled: the `Dataset` whose classifier gives the features; it can be `real`.
        groups: of figures; all but `fid` by default.
        cache: as in `of_samples`.

    Raises:
        UsageError: groups that are not `offered`, images of sizes that differ; and see `check` and `against`.
    """
    groups = choose(groups, offered(labelled), f"images like those of {labelled.name}")
    check(groups, labelled)
    for dataset in (real, fake):
        _check_size(dataset.name, dataset.image_shape, labelled)
    images, _ = drawn([fake.train, fake.test], samples, seed)
    parts = [real.test] if len(real.test) >= len(images) else [real.train, real.test]
    real_images, labels = drawn(parts, samples, seed)
    return against(real_images, labels if labelled is real else None, images, labelled, groups, seed, cache)


def against(real, labels, images, labelled, groups, seed, cache=None):
    """Return the figures of images (N, H, W, C) held against real ones (M, H, W, C).

    Args:
        labels: int (M,) of the real images; None if the classifier is to read them.
        labelled: the `Dataset` whose classifier gives the features.
        groups: of figures, some of `offered(labelled)`.

    Raises:
        UsageError: fewer than six images, or fewer than two classes to train a classifier on.
        MissingPackageError, ModelFileError: as `weights_file`, for `fid`.
    """
    check_counts(len(images), len(real))
    ways = {
        "modes": lambda: of_stacked(images, labelled, cache),
        "classifier": lambda: by_classifier(real, labels, images, labelled, seed, cache),
        "fid": lambda: by_inception(real, images, seed),
    }
    return [figure for group in groups for figure in ways[group]()]


def by_classifier(real, labels, images, labelled, seed, cache=None):
    """Return the figures on the features of a classifier of the data set; the arguments are those of `against`."""
    network, accuracy = classifier_of(labelled, cache)
    labels = classifiers.predict_labels(network, real) if labels is None else labels
    features = metrics.Features(network)
    on = f"features of a classifier of {labelled.name} that reads {accuracy:.2%} of its test images"
    names = ("classifier Frechet distance", "classifier kernel distance", "")
    on, figures = _on_features(features(real), features(images), names, on, seed)
    classes = np.bincount(classifiers.predict_labels(network, images), minlength=labelled.num_classes) / len(images)
    usual = np.bincount(labels, minlength=labelled.num_classes) / len(labels)
    balance = 0.5 * np.abs(classes - usual).sum()
    return [*figures, Figure("class balance", balance, f"total variation from the real classes; {on}")]


def by_inception(real, images, seed):
    """Return the figures of images (N, H, W, C) on the features of the reference Inception: FID, KID and more.

    Raises:
        MissingPackageError, ModelFileError: as `weights_file`.
    """
    features = InceptionFeatures()
    on = f"features of {features.name}"
    return _on_features(features(real), features(images), ("FID", "KID", "Inception "), on, seed)[1]


def of_stacked(images, dataset, cache=None):
    """Return the figures of images (N, H, W, 3) of stacked digits: a classifier reads the digit in each channel."""
    network, accuracy = classifier_of(dataset.digits, cache)
    channels = [classifiers.predict_labels(network, images[..., [channel]]) for channel in range(images.shape[-1])]
    modes, divergence = metrics.class_coverage(label(channels, dataset.digits.num_classes), dataset.num_classes)
    on = f"of {len(images):,} samples, each channel read by a classifier of {dataset.digits.name} that reads "
    on += f"{accuracy:.2%} of its test images"
    return [
        Figure("modes", modes, f"of {dataset.num_classes:,}, with a sample, {on}"),
        Figure("reverse KL", divergence, f"nats, from the uniform distribution over the modes, {on}"),
    ]


def classifier_of(dataset, cache=None):
    """Return `(classifier, its accuracy on the test images)`: trained once for each data set, and kept.

    That of MNIST in 28x28 comes with the zoo, trained on TensorFlow: on another machine or backend it would come out
    otherwise, and the distances with it.

    Raises:
        UsageError: the set has fewer than two classes.
    """
    check(["classifier"], dataset)
    folder = Path(cache or Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "kerasgen")
    name = f"classifier-{_VERSION_OF_CLASSIFIER}-{dataset.fingerprint}.keras"
    network = _kept(_IN_ZOO / name) or _kept(folder / name)
    if network is None:
        network = classifiers.train_classifier(dataset.train[:], dataset.train.labels, dataset.num_classes)
        with contextlib.suppress(OSError):  # where nothing can be kept it is trained again the next time
            folder.mkdir(parents=True, exist_ok=True)
            with atomic_write(folder / name) as temporary:
                network.save(temporary)
    read = classifiers.predict_labels(network, dataset.test[:])
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


def drawn(parts, n, seed):
    """Return n of the images in several `Images`, or all if there are fewer, as floats; and their labels or None.

    Folders are sorted by class: the first n would be of a few classes only.
    """
    count = sum(map(len, parts))
    rows = np.sort(np.random.default_rng(seed).permutation(count)[:n])
    images, labels, first = [], [], 0
    for part in parts:
        of_part = rows[(rows >= first) & (rows < first + len(part))] - first
        if len(of_part):
            images.append(as_floats(part[of_part]))
            labels.append(None if part.labels is None else part.labels[of_part])
        first += len(part)
    return np.concatenate(images), None if any(each is None for each in labels) else np.concatenate(labels)


def _on_features(real, fake, names, on, seed):
    """Return what features (M, D) and (N, D) are in words, and their figures.

    Args:
        names: of the Frechet and the kernel distance, and what stands before the names of the others.
    """
    on += f"; {len(fake):,} samples, {len(real):,} real images"
    frechet, kernel, prefix = names
    value, spread = metrics.kernel_distance(real, fake, _SUBSETS, _SUBSET_SIZE, seed)
    over = "mean" if spread is None else "mean and deviation"
    over += f" over {_SUBSETS} subsets of {min(_SUBSET_SIZE, len(real), len(fake)):,}"
    return on, [
        Figure(frechet, metrics.frechet_distance(real, fake), on),
        Figure(kernel, value, f"unbiased, {over}; {on}", spread),
        *(
            Figure(prefix + name, value, f"nearest neighbours; {on}")
            for name, value in metrics.overlap(real, fake)._asdict().items()
        ),
    ]


def _check_size(name, shape, labelled):
    if shape != labelled.image_shape:
        of, wanted = (f"{w}x{h} in {'grey' if c == 1 else 'colour'}" for h, w, c in (shape, labelled.image_shape))
        remedy = " with --image-size" if shape[2] == labelled.image_shape[2] else ""
        raise UsageError(
            f"{name} has images of {of}, and they are judged by {labelled.name}, of {wanted}: make them the "
            f"same{remedy}"
        )
