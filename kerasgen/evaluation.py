"""What a trained model is worth, in figures: each with its estimator, its samples and its seed.

`evaluate` picks what a kind of model is judged by. Everything is computed with NumPy from what the model makes, the
same code on every backend.
"""

import os
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np

from kerasgen import metrics, models
from kerasgen.data.mixtures import MIXTURES
from kerasgen.data.pixels import as_floats
from kerasgen.data.stacked import StackedDataset, label
from kerasgen.errors import UsageError
from kerasgen.files import atomic_write
from kerasgen.metrics import classifier as classifiers

_VERSION_OF_CLASSIFIER = 2  # of its network and training; part of the name of the file that keeps it
_LEAST = 6  # images: each then has the five neighbours that coverage asks for


@dataclass(frozen=True)
class Figure:
    """One figure of merit.

    Attributes:
        name: what it is called.
        value: float.
        estimator: how it was estimated, in words.
        spread: float or None; what it is, the estimator says.
    """

    name: str
    value: float
    estimator: str
    spread: float | None = None


def evaluate(model, dataset, samples=10_000, likelihood_samples=500, seed=0):
    """Return the list of `Figure` that this kind of model is judged by.

    Args:
        model: a `GenerativeModel`.
        dataset: `kerasgen.data.Dataset`; its test images are what the model is held against.
        samples: how many images are generated, and how many test images are used at most.
        likelihood_samples: latents for each image in the likelihood of a VAE.
        seed: of all that is drawn.

    Raises:
        UsageError: too few images, or a model that nothing here can judge.
        MissingPackageError: scikit-image is needed and not installed.
    """
    if getattr(model, "is_of_points", False):
        return of_points(model, dataset, samples, seed)
    if hasattr(model, "translate"):
        return of_translation(model, dataset, samples, seed)
    figures = []
    if isinstance(model, models.VAE):
        figures += of_likelihood(model, dataset, samples, likelihood_samples, seed)
    elif hasattr(model, "reconstruct"):
        figures += of_reconstruction(model, dataset, samples, seed)
    if not figures:
        _check_classes(dataset)
    if hasattr(model, "generate") and dataset.num_classes > 1:
        figures += of_samples(model.generate(samples, seed=seed), dataset, seed)
    return figures


def of_points(model, dataset, samples, seed):
    """Return the figures of a model of points: how it covers the modes of its mixture."""
    if dataset.name not in MIXTURES:
        raise UsageError(f"points are judged on {', '.join(MIXTURES)}; received {dataset.name}")
    found = metrics.mode_coverage(model.generate(samples, seed=seed), MIXTURES[dataset.name])
    of = f"of {samples:,} samples"
    return [
        Figure("modes", found.modes, f"of {len(MIXTURES[dataset.name].means)}, with a sample within 3 sigma, {of}"),
        Figure("high quality", found.high_quality, f"share within 3 sigma of a mode, {of}"),
        Figure("reverse KL", found.reverse_kl, f"nats, over the modes of the high-quality ones, {of}"),
    ]


def of_likelihood(model, dataset, samples, likelihood_samples, seed):
    """Return the figures of a VAE: the bound, its parts, the log-likelihood and how many latents are in use."""
    images, labels = drawn([dataset.test], samples, seed)
    labels = labels if model.num_classes else None
    on = f"of {len(images):,} test images"
    if model.likelihood == "bernoulli":
        images = binarize(images, seed)
        on += ", their pixels drawn once with their grey as probability"
    mean, log_variance = model.predict_in_batches(model.encoder, model.with_labels(images, labels))
    divergence = 0.5 * np.sum(mean**2 + np.exp(log_variance) - 1.0 - log_variance, axis=1).mean(dtype="float64")
    elbo = metrics.log_likelihood(model, images, 1, seed, labels)
    bound = metrics.log_likelihood(model, images, likelihood_samples, seed, labels)
    used = metrics.active_units(mean)
    return [
        Figure("ELBO", elbo.mean(), f"nats, mean {on}, 1 sample", _standard_error(elbo)),
        Figure("KL divergence", divergence, f"nats, mean {on}, exact"),
        Figure(
            "log-likelihood",
            bound.mean(),
            f"nats, mean {on}, importance sampling with {likelihood_samples:,} samples; spread: standard error",
            _standard_error(bound),
        ),
        Figure("active units", used, f"of {mean.shape[1]}, variance of the mean over the images above 0.01"),
    ]


def of_reconstruction(model, dataset, samples, seed):
    """Return how near an autoencoder comes to its test images; a denoising one sees them with its noise."""
    images, _ = drawn([dataset.test], samples, seed)
    made = model.denoise(model.corrupt(images, seed)) if hasattr(model, "denoise") else model.reconstruct(images)
    return _similarity(images, made, f"{len(images):,} test images")


def of_translation(model, dataset, samples, seed):
    """Return how near translations come to the other half of test pairs; without pairs, how near they come back."""
    a, b = (as_floats(images) for images in dataset.test.first(samples))
    if len(model.directions) == 1:
        source, target = (a, b) if model.directions == ("AtoB",) else (b, a)
        made = model.translate(source, seed=seed)
        return _similarity(target, made, f"{len(source):,} test pairs, {model.directions[0]}")
    figures = []
    for images, there, back in ((a, "AtoB", "BtoA"), (b, "BtoA", "AtoB")):
        returned = model.translate(model.translate(images, there, seed), back, seed)
        error = float(np.abs(returned - images).mean())
        figures.append(
            Figure(
                f"cycle error {there[0]}", error, f"mean absolute error, {there} and back; {len(images):,} test images"
            )
        )
    return figures


def of_samples(images, dataset, seed, cache=None):
    """Return the figures of generated images (N, H, W, C), on the features of a classifier of their data set.

    They are held against as many test images, or training images if there are fewer of those.

    Args:
        cache: folder that keeps classifiers; `~/.cache/kerasgen` by default.

    Raises:
        UsageError: images of another size than the set's; and see `against`.
    """
    _check_size("the model", images.shape[1:], dataset)
    enough = len(dataset.test) >= min(len(images), len(dataset.train))
    real, labels = drawn([dataset.test if enough else dataset.train], len(images), seed)
    return against(real, labels, images, dataset, seed, cache)


def of_sets(real, fake, labelled, samples, seed, cache=None):
    """Return the figures of the images in one `Dataset` held against those in another, `real`.

    Of both all images are taken, or if there are more than `samples`, so many at random; of `real` those that it
    tests with, if they are enough.

    Args:
        labelled: the `Dataset` whose classifier gives the features; it can be `real`.
        cache: as in `of_samples`.

    Raises:
        UsageError: images of another size than the labelled ones; and see `against`.
    """
    for dataset in (real, fake):
        _check_size(dataset.name, dataset.image_shape, labelled)
    images, _ = drawn([fake.train, fake.test], samples, seed)
    parts = [real.test] if len(real.test) >= len(images) else [real.train, real.test]
    real_images, labels = drawn(parts, samples, seed)
    return against(real_images, labels if labelled is real else None, images, labelled, seed, cache)


def against(real, labels, images, labelled, seed, cache=None):
    """Return the figures of images (N, H, W, C) held against real ones (M, H, W, C).

    Args:
        labels: int (M,) of the real images; None if the classifier is to read them.
        labelled: the `Dataset` whose classifier gives the features.

    Raises:
        UsageError: fewer than six images, or fewer than two classes to train a classifier on.
    """
    if min(len(images), len(real)) < _LEAST:
        raise UsageError(f"{len(images)} images against {len(real)} real ones: give {_LEAST} or more of each")
    if isinstance(labelled, StackedDataset):
        return of_stacked(images, labelled, cache)
    network, accuracy = classifier_of(labelled, cache)
    labels = classifiers.predict_labels(network, real) if labels is None else labels
    features = metrics.Features(network)
    of_real, of_fake = features(real), features(images)
    on = f"features of a classifier of {labelled.name} that reads {accuracy:.2%} of its test images"
    on += f"; {len(images):,} samples, {len(real):,} real images"
    kernel, spread = metrics.kernel_distance(of_real, of_fake, seed=seed)
    found = metrics.overlap(of_real, of_fake)
    classes = np.bincount(classifiers.predict_labels(network, images), minlength=labelled.num_classes) / len(images)
    usual = np.bincount(labels, minlength=labelled.num_classes) / len(labels)
    return [
        Figure("classifier Frechet distance", metrics.frechet_distance(of_real, of_fake), on),
        Figure("classifier kernel distance", kernel, f"unbiased, mean and deviation over 100 subsets; {on}", spread),
        *(Figure(name, value, f"nearest neighbours; {on}") for name, value in found._asdict().items()),
        Figure("class balance", 0.5 * np.abs(classes - usual).sum(), f"total variation from the real classes; {on}"),
    ]


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

    Raises:
        UsageError: the set has fewer than two classes.
    """
    _check_classes(dataset)
    folder = Path(cache or Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "kerasgen")
    path = folder / f"classifier-{_VERSION_OF_CLASSIFIER}-{dataset.fingerprint}.keras"
    if path.is_file():
        network = keras.saving.load_model(path, compile=False)
    else:
        network = classifiers.train_classifier(dataset.train[:], dataset.train.labels, dataset.num_classes)
        folder.mkdir(parents=True, exist_ok=True)
        with atomic_write(path) as temporary:
            network.save(temporary)
    read = classifiers.predict_labels(network, dataset.test[:])
    return network, float((read == dataset.test.labels).mean())


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


def binarize(images, seed):
    """Return images (N, H, W, C) whose pixels are 0 or 1, drawn with their grey as the probability of 1."""
    return (np.random.default_rng(seed).random(images.shape, dtype="float32") < images).astype("float32")


def _check_classes(dataset):
    if dataset.num_classes < 2:
        has = "one class alone" if dataset.num_classes else "no labels"
        raise UsageError(
            f"{dataset.name} has {has}, and the features that images are judged by are those of a classifier of "
            "labels: make a subfolder for each class, or give --dataset, a set that has labels"
        )


def _check_size(name, shape, labelled):
    if shape != labelled.image_shape:
        of, wanted = (f"{w}x{h} in {'grey' if c == 1 else 'colour'}" for h, w, c in (shape, labelled.image_shape))
        remedy = " with --image-size" if shape[2] == labelled.image_shape[2] else ""
        raise UsageError(
            f"{name} has images of {of}, and the classifier is trained on {labelled.name}, of {wanted}: make them "
            f"the same{remedy}"
        )


def _similarity(expected, images, on, suffix=""):
    found = metrics.similarity(expected, images)
    units = {"MSE": "of a pixel in [0, 1]", "PSNR": "dB, mean over the images", "SSIM": "mean over the images"}
    return [Figure(name + suffix, value, f"{units[name]}; {on}") for name, value in found.items()]


def _standard_error(values):
    return float(values.std(ddof=1) / len(values) ** 0.5) if len(values) > 1 else None
