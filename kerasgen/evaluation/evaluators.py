"""What a trained model is worth, in figures: each with its estimator, its samples and its seed.

`evaluate` picks what a kind of model is judged by. Everything is computed with NumPy from what the model makes, the
same code on every backend.
"""

from functools import partial

import numpy as np

from kerasgen import metrics, models
from kerasgen.data.pixels import as_floats
from kerasgen.data.sources.mixtures import MIXTURES
from kerasgen.errors import UsageError
from kerasgen.evaluation.classifiers import classifier_of, has_classes
from kerasgen.evaluation.image_scores import (
    check,
    check_counts,
    drawn,
    offered,
    reference_images,
    score_samples,
    score_sets,
    score_stacked,
    some_rows,
)
from kerasgen.evaluation.scores import Score, choose

__all__ = [
    "Score",
    "binarize",
    "classifier_of",
    "drawn",
    "evaluate",
    "score_likelihood",
    "score_points",
    "score_reconstruction",
    "score_samples",
    "score_sets",
    "score_stacked",
    "score_translation",
]


def evaluate(model, dataset, samples=10_000, likelihood_samples=500, seed=0, groups=None):
    """Return the list of `Score` that this kind of model is judged by.

    Args:
        model: a `GenerativeModel`, or a `LatentMixture`.
        dataset: `kerasgen.data.Dataset`; the model is held against its test images, and the images it generates,
            where there are fewer test images than `samples`, against training images.
        samples: how many images are generated, and how many test images are used at most.
        likelihood_samples: latents for each image in the likelihood of a VAE.
        seed: of all that is drawn.
        groups: names in `kerasgen.evaluation.scores.GROUPS`; by default all that there are of this model but `fid`.

    Raises:
        UsageError: too few images, a model that nothing here can judge, or a group that does not apply to it.
        MissingPackageError: a package is needed and not installed.
        ModelFileError: the weights of the Inception network are needed and not there.
    """
    group, compute = _of_kind(model, likelihood_samples)
    of_model = () if group is None else (group,)
    of_images = offered(dataset) if _makes_images(model) else ()
    if groups is None and of_model and of_images and not has_classes(dataset):
        of_images = ()  # nothing to train a classifier on, but figures enough
    chosen = choose(groups, of_model + of_images, f"{type(model).__name__} on {dataset.name}")
    if not chosen and groups is None:
        raise UsageError(f"{type(model).__name__} has no generate, reconstruct or translate: nothing to judge it by")
    of_images = [name for name in chosen if name in of_images]
    check(of_images, dataset)
    if of_images:
        check_counts(samples, len(reference_images(dataset, samples)))
    figures = compute(model, dataset, samples, seed) if group in chosen else []
    if of_images:
        figures += score_samples(model.generate(samples, seed=seed), dataset, of_images, seed)
    return figures


def _of_kind(model, likelihood_samples):
    """Return the group of figures that only this kind of model has, and what computes it; or None twice."""
    if hasattr(model, "translate"):
        return "similarity", score_translation
    if isinstance(model, models.VAE):
        return "likelihood", partial(score_likelihood, likelihood_samples=likelihood_samples)
    if model.is_of_points and hasattr(model, "generate"):
        return "modes", score_points
    if hasattr(model, "reconstruct"):
        return "similarity", score_reconstruction
    return None, None


def _makes_images(model):
    return hasattr(model, "generate") and not model.is_of_points


def score_points(model, dataset, samples, seed):
    """Return the figures of a model of points: how it covers the modes of its mixture."""
    if dataset.name not in MIXTURES:
        raise UsageError(f"points are judged on {', '.join(MIXTURES)}; received {dataset.name}")
    found = metrics.mode_coverage(model.generate(samples, seed=seed), MIXTURES[dataset.name])
    of = f"of {samples:,} samples"
    return [
        Score("modes", found.modes, f"of {len(MIXTURES[dataset.name].means)}, with a sample within 3 sigma, {of}"),
        Score("high quality", found.high_quality, f"share within 3 sigma of a mode, {of}"),
        Score("reverse KL", found.reverse_kl, f"nats, over the modes of the high-quality ones, {of}"),
    ]


def score_likelihood(model, dataset, samples, seed, likelihood_samples=500):
    """Return the figures of a VAE: the bound, its parts, the log-likelihood and how many latents are in use."""
    rows = some_rows(len(dataset.test), samples, seed)
    images = as_floats(dataset.test[rows])
    labels = dataset.test.labels[rows] if model.num_classes and dataset.test.labels is not None else None
    on = f"of {len(images):,} test images"
    if model.likelihood == "bernoulli":
        images = binarize(images, seed)
        on += ", their pixels drawn once with their grey as probability"
    mean, log_variance = metrics.posterior(model, images, labels)
    divergence = 0.5 * np.sum(mean**2 + np.exp(log_variance) - 1.0 - log_variance, axis=1).mean(dtype="float64")
    elbo = metrics.log_likelihood(model, images, 1, seed, labels)
    bound = metrics.log_likelihood(model, images, likelihood_samples, seed, labels)
    used = metrics.active_units(mean)
    return [
        Score("ELBO", elbo.mean(), f"nats, mean {on}, 1 sample", _standard_error(elbo)),
        Score("KL divergence", divergence, f"nats, mean {on}, exact"),
        Score(
            "log-likelihood",
            bound.mean(),
            f"nats, mean {on}, importance sampling with {likelihood_samples:,} samples; spread: standard error",
            _standard_error(bound),
        ),
        Score("active units", used, f"of {mean.shape[1]}, variance of the mean over the images above 0.01"),
    ]


def score_reconstruction(model, dataset, samples, seed):
    """Return how near an autoencoder comes to its test images; a denoising one sees them with its noise."""
    images = drawn([dataset.test], samples, seed)
    made = model.denoise(model.corrupt(images, seed)) if hasattr(model, "denoise") else model.reconstruct(images)
    return _similarity(images, made, f"{len(images):,} test images")


def score_translation(model, dataset, samples, seed):
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
            Score(
                f"cycle error {there[0]}", error, f"mean absolute error, {there} and back; {len(images):,} test images"
            )
        )
    return figures


def binarize(images, seed):
    """Return images (N, H, W, C) whose pixels are 0 or 1, drawn with their grey as the probability of 1."""
    return (np.random.default_rng(seed).random(images.shape, dtype="float32") < images).astype("float32")


def _similarity(expected, images, on):
    found = metrics.similarity(expected, images)
    units = {"MSE": "of a pixel in [0, 1]", "PSNR": "dB, mean over the images", "SSIM": "mean over the images"}
    return [Score(name, value, f"{units[name]}; {on}") for name, value in found.items()]


def _standard_error(values):
    return float(values.std(ddof=1) / len(values) ** 0.5) if len(values) > 1 else None
