"""Figures of images held against real ones: by a classifier of their data set, or by the Inception network."""

from dataclasses import replace

import numpy as np

from kerasgen import metrics
from kerasgen.data.pixels import as_floats
from kerasgen.data.sources.stacked import StackedDataset, label
from kerasgen.errors import UsageError
from kerasgen.evaluation.classifiers import check_classes, classifier_of
from kerasgen.evaluation.inception import InceptionFeatures, weights_file
from kerasgen.evaluation.scores import Score, choose
from kerasgen.metrics.classifier import predict_labels

_LEAST = 6  # images: each then has the five neighbours that coverage asks for
_LUMINANCE = np.array([[0.299], [0.587], [0.114]], "float32")  # of red, green and blue, as Pillow has it (ITU-R 601)
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
    if "classifier" in groups:
        check_classes(labelled)
    if "fid" in groups:
        weights_file()


def check_counts(fake, real):
    """Refuse fewer than six images to measure, or to hold them against."""
    if min(fake, real) < _LEAST:
        raise UsageError(f"{fake} images against {real} real ones: give {_LEAST} or more of each")


def reference_images(dataset, count):
    """Return the `Images` that so many generated ones are held against: to test with, or to train if those are too few.

    The distances depend on how many images there are, and of a small set the few test images would say little. But
    nothing is nearer to training images than copies of them; `metrics.closeness` tells those.
    """
    return dataset.test if len(dataset.test) >= min(count, len(dataset.train)) else dataset.train


def score_samples(images, dataset, groups, seed):
    """Return the figures of generated images (N, H, W, C).

    They are held against as many test images if there are so many, and otherwise against training images, as many or
    all; the estimators say which. Copies of training images have the best figures then: see `reference_images`.

    Args:
        groups: of figures, some of `offered(dataset)`.

    Raises:
        UsageError: images of another shape than the set's; and see `against`.
    """
    if images.shape[1:] != dataset.sample_shape:
        one, other = map(_in_words, (images.shape[1:], dataset.sample_shape))
        raise UsageError(
            f"the model makes images of {one}, and {dataset.name} has images of {other}: give --dataset, a set of "
            "images like those it was trained on"
        )
    real = reference_images(dataset, len(images))
    note = f"the real ones are {'training' if real is dataset.train else 'test'} images"
    return against(drawn([real], len(images), seed), images, dataset, groups, seed, note)


def score_sets(real, fake, labelled, samples, seed, groups=None):
    """Return the figures of the images in one `Dataset` held against those in another, `real`.

    Of both all images are taken, or if there are more than `samples`, so many at random; of `real` those that it
    tests with, if they are enough. Grey images are brought to colour, or those in colour to grey, where the
    images of `labelled` are.

    Args:
        labelled: the `Dataset` whose classifier gives the features; it can be `real`.
        groups: of figures; all but `fid` by default.

    Raises:
        UsageError: groups that are not `offered`, images of sizes that differ; and see `check` and `against`.
    """
    groups = choose(groups, offered(labelled), f"images like those of {labelled.name}")
    check(groups, labelled)
    for dataset in (real, fake):
        _check_size(dataset, labelled)
    images = drawn([fake.train, fake.test], samples, seed)
    parts = [real.test] if len(real.test) >= len(images) else [real.train, real.test]
    real_images = drawn(parts, samples, seed)
    channels = labelled.sample_shape[2]
    changed = [dataset.name for dataset in (real, fake) if dataset.sample_shape[2] != channels]
    note = f"{' and '.join(changed)} made {_colour(channels)}" if changed else ""
    real_images, images = (_with_channels(each, channels) for each in (real_images, images))
    return against(real_images, images, labelled, groups, seed, note)


def against(real, images, labelled, groups, seed, note=""):
    """Return the figures of images (N, H, W, C) held against real ones (M, H, W, C).

    Args:
        labelled: the `Dataset` whose classifier gives the features.
        groups: of figures, some of `offered(labelled)`.
        note: what the estimators say of the images beside their numbers, in words.

    Raises:
        UsageError: fewer than six images, or fewer than two classes to train a classifier on.
        MissingPackageError, ModelFileError: as `weights_file`, for `fid`.
    """
    check_counts(len(images), len(real))
    ways = {
        "modes": lambda: score_stacked(images, labelled),
        "classifier": lambda: by_classifier(real, images, labelled, seed, note),
        "fid": lambda: by_inception(real, images, seed, note),
    }
    return [figure for group in groups for figure in ways[group]()]


def by_classifier(real, images, labelled, seed, note=""):
    """Return the figures on the features of a classifier of the data set; the arguments are those of `against`."""
    network, accuracy = classifier_of(labelled)
    features = metrics.Features(network)
    on = f"features of a classifier of {labelled.name} that reads {accuracy:.2%} of its test images"
    names = ("classifier Frechet distance", "classifier kernel distance", "")
    on, figures = _on_features(features(real), features(images), names, on, seed, note)
    # Both by the classifier, although real images have labels: its errors are no imbalance
    shares = [
        np.bincount(predict_labels(network, each), minlength=labelled.num_classes) / len(each)
        for each in (real, images)
    ]
    balance = 0.5 * np.abs(shares[0] - shares[1]).sum()
    figures.append(Score("class balance", balance, f"total variation from the real classes; {on}"))
    return _with_warning(figures, labelled, accuracy)


def by_inception(real, images, seed, note=""):
    """Return the figures of images (N, H, W, C) on the features of the reference Inception: FID, KID and more.

    Raises:
        MissingPackageError, ModelFileError: as `weights_file`.
    """
    features = InceptionFeatures()
    on = f"features of {features.name}"
    return _on_features(features(real), features(images), ("FID", "KID", "Inception "), on, seed, note)[1]


def score_stacked(images, dataset):
    """Return the figures of images (N, H, W, 3) of stacked digits: a classifier reads the digit in each channel."""
    network, accuracy = classifier_of(dataset.digits)
    channels = [predict_labels(network, images[..., [channel]]) for channel in range(images.shape[-1])]
    modes, divergence = metrics.class_coverage(label(channels, dataset.digits.num_classes), dataset.num_classes)
    on = f"of {len(images):,} samples, each channel read by a classifier of {dataset.digits.name} that reads "
    on += f"{accuracy:.2%} of its test images"
    figures = [
        Score("modes", modes, f"of {dataset.num_classes:,}, with a sample, {on}"),
        Score("reverse KL", divergence, f"nats, from the uniform distribution over the modes, {on}"),
    ]
    return _with_warning(figures, dataset.digits, accuracy)


def _with_warning(figures, labelled, accuracy):
    """Return the figures with a warning if the classifier is barely better than chance."""
    usual = np.bincount(labelled.train.labels).max() / len(labelled.train)
    if accuracy >= (usual + 1) / 2:
        return figures
    warning = (
        f"the classifier of {labelled.name} reads {accuracy:.2%} of its test images, and {usual:.2%} would be right "
        "without a look at them: figures by it say little; give more images of each class, or --dataset, a set of "
        "such images"
    )
    return [replace(figure, warning=warning) for figure in figures]


def some_rows(count, n, seed):
    """Return n of the numbers below `count` in their order, or all if there are fewer, int (n,).

    Folders are sorted by class: the first n would be of a few classes only.
    """
    return np.sort(np.random.default_rng(seed).permutation(count)[:n])


def drawn(parts, n, seed):
    """Return n of the images in several `Images`, or all if there are fewer, as floats."""
    rows, images, first = some_rows(sum(map(len, parts)), n, seed), [], 0
    for part in parts:
        of_part = rows[(rows >= first) & (rows < first + len(part))] - first
        if len(of_part):
            images.append(as_floats(part[of_part]))
        first += len(part)
    return np.concatenate(images)


def _on_features(real, fake, names, on, seed, note):
    """Return what features (M, D) and (N, D) are in words, and their figures.

    Args:
        names: of the Frechet and the kernel distance, and what stands before the names of the others.
        note: as in `against`.
    """
    on += f"; {len(fake):,} samples, {len(real):,} real images" + (note and f"; {note}")
    frechet, kernel, prefix = names
    value, spread = metrics.kernel_distance(real, fake, _SUBSETS, _SUBSET_SIZE, seed)
    over = "mean" if spread is None else "mean and deviation"
    over += f" over {_SUBSETS} subsets of {min(_SUBSET_SIZE, len(real), len(fake)):,}"
    return on, [
        Score(frechet, metrics.frechet_distance(real, fake), on),
        Score(kernel, value, f"unbiased, {over}; {on}", spread),
        *(
            Score(prefix + name, value, f"nearest neighbours; {on}")
            for name, value in metrics.overlap(real, fake)._asdict().items()
        ),
    ]


def _check_size(dataset, labelled):
    if dataset.sample_shape[:2] != labelled.sample_shape[:2]:
        one, other = (_in_words(found.sample_shape) for found in (dataset, labelled))
        raise UsageError(
            f"{dataset.name} has images of {one}, and they are judged by {labelled.name}, of {other}: make them the "
            "same with --image-size"
        )


def _with_channels(images, channels):
    """Return float images (N, H, W, C) in grey or in colour, as `kerasgen.data.image_files.pixels` does it."""
    if images.shape[3] == channels:
        return images
    return images.repeat(3, axis=3) if channels == 3 else images @ _LUMINANCE


def _in_words(shape):
    height, width, channels = shape
    return f"{width}x{height} in {_colour(channels)}"


def _colour(channels):
    return "grey" if channels == 1 else "colour"
