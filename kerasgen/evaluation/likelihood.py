"""Scores of models with a likelihood bound, such as a VAE, or with an exact likelihood, such as MADE."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from kerasgen import metrics
from kerasgen.data.pixels import as_floats
from kerasgen.evaluation.images import choose_rows
from kerasgen.evaluation.scores import Score

if TYPE_CHECKING:
    from kerasgen.data import Dataset
    from kerasgen.evaluation.evaluation import Evaluation


def applies(model: Any, dataset: Dataset) -> bool:
    """Return whether the model has a likelihood bound."""
    from kerasgen.models.base.abilities import HasLikelihoodBound

    return isinstance(model, HasLikelihoodBound)


def score_likelihood(evaluation: Evaluation) -> list[Score]:
    """Return the bound, its KL divergence, the log-likelihood and the number of active units, on test images.

    The option `likelihood_samples` is the number of latents for each image in the log-likelihood. The pixels of a
    Bernoulli likelihood are drawn once, see `binarize`.

    Raises:
        DataError: images or classes that the model does not have.

    Example:
        >>> import kerasgen
        >>> from kerasgen.evaluation import Evaluation
        >>> model = kerasgen.create("vae", image_size=8, hidden_dim=4, latent_dim=2)
        >>> digits = kerasgen.data.load("digits", image_size=8)
        >>> evaluation = Evaluation(model, digits, samples=20, options={"likelihood_samples": 5})
        >>> [score.name for score in score_likelihood(evaluation)]
        ['ELBO', 'KL divergence', 'log-likelihood', 'active units']
    """
    model, seed = evaluation.model, evaluation.seed
    latents = evaluation.options["likelihood_samples"]
    images, labels = _test_samples(evaluation)
    images = as_floats(images)
    subject = f"mean over {len(images):,} test images"
    if model.likelihood == "bernoulli":
        images = binarize(images, seed)
        subject += ", binarized once with the grey values as probabilities"
    mean, log_variance = model.posterior(images, labels)
    divergence = metrics.kl_to_standard_normal(mean, log_variance).mean(dtype="float64")
    elbo = metrics.log_likelihood(model, images, 1, seed, labels)
    bound = metrics.log_likelihood(model, images, latents, seed, labels)
    sampling = f"importance sampling with {latents:,} samples; spread: standard error"
    return [
        Score("ELBO", float(elbo.mean()), f"nats, {subject}, 1 sample; spread: standard error", _standard_error(elbo)),
        Score("KL divergence", float(divergence), f"nats, {subject}, exact"),
        Score("log-likelihood", float(bound.mean()), f"nats, {subject}, {sampling}", _standard_error(bound)),
        Score(
            "active units",
            metrics.active_units(mean),
            f"of {mean.shape[1]} latents; the variance of the mean over the images exceeds 0.01",
        ),
    ]


def has_exact_likelihood(model: Any, dataset: Dataset) -> bool:
    """Return whether the model has an exact likelihood of samples like those of the data set."""
    from kerasgen.models.base.abilities import HasLogLikelihood

    return isinstance(model, HasLogLikelihood) and tuple(model.sample_shape) == tuple(dataset.sample_shape)


def score_exact_likelihood(evaluation: Evaluation) -> list[Score]:
    """Return the exact log-likelihood of test samples in nats, and in bits per dimension.

    The pixels of a model of binary pixels are drawn once, see `binarize`.

    Raises:
        DataError: samples or classes that the model does not have.

    Example:
        >>> import kerasgen
        >>> from kerasgen.evaluation import Evaluation
        >>> model = kerasgen.create("made", image_size=8, hidden_dim=4)
        >>> digits = kerasgen.data.load("digits", image_size=8)
        >>> [score.name for score in score_exact_likelihood(Evaluation(model, digits, samples=20))]
        ['log-likelihood', 'bits per dimension']
    """
    model = evaluation.model
    samples, labels = _test_samples(evaluation)
    subject = f"mean over {len(samples):,} test samples"
    if model.draws_pixels:
        samples = binarize(as_floats(samples), evaluation.seed)
        subject += ", binarized once with the grey values as probabilities"
    values = model.log_likelihood(samples, labels)
    bits = -values / (math.log(2) * math.prod(model.sample_shape))
    subject += "; spread: standard error"
    return [
        Score("log-likelihood", float(values.mean()), f"nats, exact, {subject}", _standard_error(values)),
        Score("bits per dimension", float(bits.mean()), f"exact, {subject}", _standard_error(bits)),
    ]


def _test_samples(evaluation):
    """Return the test samples that are scored, and their labels if the model has classes."""
    model, dataset = evaluation.model, evaluation.dataset
    names = (getattr(model, "origin", None) or {}).get("class_names")
    test = (dataset.with_classes(names) if names else dataset).test
    rows = choose_rows(len(test), evaluation.samples, evaluation.seed)
    has_labels = getattr(model, "num_classes", 0) and test.labels is not None
    return test[rows], test.labels[rows] if has_labels else None


def binarize(images: np.ndarray, seed: int) -> np.ndarray:
    """Return images (N, H, W, C) of 0 and 1, drawn with the grey values as the probability of 1.

    Source:
        Salakhutdinov and Murray 2008.

    Example:
        >>> binarize(np.ones((1, 2, 2, 1), "float32"), seed=0).min()
        np.float32(1.0)
    """
    return (np.random.default_rng(seed).random(images.shape, dtype="float32") < images).astype("float32")


def _standard_error(values):
    return float(values.std(ddof=1) / len(values) ** 0.5) if len(values) > 1 else None
