"""Scores of models with a likelihood bound, such as a VAE."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from kerasgen import metrics
from kerasgen.data.pixels import as_floats
from kerasgen.evaluation.images import choose_rows
from kerasgen.evaluation.scores import Score

if TYPE_CHECKING:
    from kerasgen.data import Dataset
    from kerasgen.evaluation.runner import Evaluation


def applies(model: Any, dataset: Dataset) -> bool:
    """Return whether the model has a likelihood bound."""
    from kerasgen.models.base.abilities import HasLikelihoodBound

    return isinstance(model, HasLikelihoodBound)


def score_likelihood(evaluation: Evaluation) -> list[Score]:
    """Return the bound, its KL divergence, the log-likelihood and the number of active units, on test images.

    The option `likelihood_samples` is the number of latents for each image in the log-likelihood. The pixels of a
    Bernoulli likelihood are drawn once, see `binarize`.

    Raises:
        DataError: images or classes that the model does not know.

    Example:
        >>> import kerasgen
        >>> from kerasgen.evaluation import Evaluation
        >>> model = kerasgen.create("vae", image_size=8, hidden_dim=4, latent_dim=2)
        >>> digits = kerasgen.data.load("digits", image_size=8)
        >>> evaluation = Evaluation(model, digits, samples=20, options={"likelihood_samples": 5})
        >>> [score.name for score in score_likelihood(evaluation)]
        ['ELBO', 'KL divergence', 'log-likelihood', 'active units']
    """
    model, dataset, seed = evaluation.model, evaluation.dataset, evaluation.seed
    names = (getattr(model, "origin", None) or {}).get("class_names")
    test = (dataset.with_classes(names) if names else dataset).test
    latents = evaluation.options["likelihood_samples"]
    rows = choose_rows(len(test), evaluation.samples, seed)
    images = as_floats(test[rows])
    labels = test.labels[rows] if getattr(model, "num_classes", 0) and test.labels is not None else None
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
