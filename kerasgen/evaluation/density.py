"""Scores of models with a density, such as a normalizing flow."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from kerasgen.data.shapes import sample_kind
from kerasgen.evaluation.images import choose_rows
from kerasgen.evaluation.scores import Score

if TYPE_CHECKING:
    from kerasgen.data import Dataset
    from kerasgen.evaluation.evaluation import Evaluation


def has_density(model: Any, dataset: Dataset) -> bool:
    """Return whether the model has a density of samples like those of the data set."""
    from kerasgen.models.base.abilities import HasDensity

    return isinstance(model, HasDensity) and tuple(model.sample_shape) == tuple(dataset.sample_shape)


def score_density(evaluation: Evaluation) -> list[Score]:
    """Return the log-likelihood of test samples; the bits per dimension of images; the divergence from a known mixture.

    Raises:
        DataError: samples that the model cannot take.

    Example:
        >>> from kerasgen import data, zoo
        >>> from kerasgen.evaluation import Evaluation
        >>> model = zoo.get("realnvp").create((2,), couplings=2, hidden_dim=4, bins=4)
        >>> [score.name for score in score_density(Evaluation(model, data.load("ring-8"), samples=20))]
        ['log-likelihood', 'KL(mixture, model)']
    """
    from kerasgen.data.sources.mixtures import MIXTURES

    model, test = evaluation.model, evaluation.dataset.test
    samples = test[choose_rows(len(test), evaluation.samples, evaluation.seed)]
    values = model.log_likelihood(samples)
    subject = f"mean over {len(samples):,} test samples; spread: standard error"
    if sample_kind(model.sample_shape) == "images":
        bound = f"a lower bound by {model.dequantization} dequantization"
        bits = (math.log(256) - values / math.prod(model.sample_shape)) / math.log(2)
        return [
            Score(
                "log-likelihood", float(values.mean()), f"nats, of pixels in [0, 1), {bound}, {subject}", _error(values)
            ),
            Score("bits per dimension", float(bits.mean()), f"of 256 levels, {bound}, {subject}", _error(bits)),
        ]
    scores = [Score("log-likelihood", float(values.mean()), f"nats, exact, {subject}", _error(values))]
    mixture = MIXTURES.get(evaluation.dataset.name)
    if mixture is not None:
        ratios = mixture.log_density(samples) - values
        scores.append(Score("KL(mixture, model)", float(ratios.mean()), f"nats, {subject}", _error(ratios)))
    return scores


def _error(values: np.ndarray) -> float | None:
    return float(values.std(ddof=1) / len(values) ** 0.5) if len(values) > 1 else None
