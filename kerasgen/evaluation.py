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
from kerasgen.errors import UsageError
from kerasgen.files import atomic_write
from kerasgen.metrics import classifier as classifiers

_VERSION_OF_CLASSIFIER = 1  # of its network and training; part of the name of the file that keeps it


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
    if hasattr(model, "generate") and dataset.train.labels is not None:
        figures += of_samples(model.generate(samples, seed=seed), dataset, seed)
    if not figures:
        raise UsageError(f"{dataset.name} has no labels: the features that samples are judged by need a classifier")
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
    images = as_floats(dataset.test.first(samples))
    labels = dataset.test.labels[: len(images)] if model.num_classes else None
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
    images = as_floats(dataset.test.first(samples))
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
    """
    real, labels = _real_images(dataset, len(images))
    network, accuracy = classifier_of(dataset, cache)
    features = metrics.Features(network)
    of_real, of_fake = features(real), features(images)
    on = f"features of a classifier of {dataset.name} that reads {accuracy:.2%} of its test images"
    on += f"; {len(images):,} samples, {len(real):,} real images"
    kernel, spread = metrics.kernel_distance(of_real, of_fake, seed=seed)
    found = metrics.overlap(of_real, of_fake)
    classes = np.bincount(classifiers.predict_labels(network, images), minlength=dataset.num_classes) / len(images)
    usual = np.bincount(labels, minlength=dataset.num_classes) / len(labels)
    return [
        Figure("classifier Frechet distance", metrics.frechet_distance(of_real, of_fake), on),
        Figure("classifier kernel distance", kernel, f"unbiased, mean and deviation over 100 subsets; {on}", spread),
        *(Figure(name, value, f"nearest neighbours; {on}") for name, value in found._asdict().items()),
        Figure("class balance", 0.5 * np.abs(classes - usual).sum(), f"total variation from the real classes; {on}"),
    ]


def classifier_of(dataset, cache=None):
    """Return `(classifier, its accuracy on the test images)`: trained once for each data set, and kept."""
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


def binarize(images, seed):
    """Return images (N, H, W, C) whose pixels are 0 or 1, drawn with their grey as the probability of 1."""
    return (np.random.default_rng(seed).random(images.shape, dtype="float32") < images).astype("float32")


def _real_images(dataset, n):
    part = dataset.test if len(dataset.test) >= n or len(dataset.test) >= len(dataset.train) else dataset.train
    return part.first(n), part.labels[:n]


def _similarity(expected, images, on, suffix=""):
    found = metrics.similarity(expected, images)
    units = {"MSE": "of a pixel in [0, 1]", "PSNR": "dB, mean over the images", "SSIM": "mean over the images"}
    return [Figure(name + suffix, value, f"{units[name]}; {on}") for name, value in found.items()]


def _standard_error(values):
    return float(values.std(ddof=1) / len(values) ** 0.5) if len(values) > 1 else None
