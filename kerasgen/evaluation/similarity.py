"""Scores of models that map images to images: similarity of the results to their targets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from kerasgen import metrics
from kerasgen.data.pixels import as_floats
from kerasgen.data.shapes import sample_kind
from kerasgen.evaluation.images import as_saved, draw_images
from kerasgen.evaluation.scores import Score

if TYPE_CHECKING:
    from kerasgen.data import Dataset
    from kerasgen.evaluation.evaluation import Evaluation

_UNITS = {"MSE": "of a value", "PSNR": "dB, mean over the images", "SSIM": "mean over the images"}


def applies_to_reconstruction(model: Any, dataset: Dataset) -> bool:
    """Return whether the model reconstructs or denoises, and has no likelihood bound, which includes this error."""
    from kerasgen.models.base.abilities import Denoises, HasLikelihoodBound, Reconstructs

    return isinstance(model, (Reconstructs, Denoises)) and not isinstance(model, HasLikelihoodBound)


def applies_to_translation(model: Any, dataset: Dataset) -> bool:
    """Return whether the model translates in one direction, and so from pairs."""
    from kerasgen.models.base.abilities import Translates

    return isinstance(model, Translates) and len(model.directions) == 1


def applies_to_cycles(model: Any, dataset: Dataset) -> bool:
    """Return whether the model translates in both directions."""
    from kerasgen.models.base.abilities import Translates

    return isinstance(model, Translates) and len(model.directions) == 2


def score_reconstruction(evaluation: Evaluation) -> list[Score]:
    """Return the similarity of reconstructions to test images; a model that denoises starts from noisy images.

    Example:
        >>> import kerasgen
        >>> from kerasgen.evaluation import Evaluation
        >>> model = kerasgen.create("autoencoder", image_size=8, hidden_dim=4, latent_dim=2)
        >>> digits = kerasgen.data.load("digits", image_size=8)
        >>> [score.name for score in score_reconstruction(Evaluation(model, digits, samples=20))]
        ['MSE', 'PSNR', 'SSIM']
    """
    from kerasgen.models.base.abilities import Denoises

    model, seed = evaluation.model, evaluation.seed
    images = draw_images([evaluation.dataset.test], evaluation.samples, seed)
    if isinstance(model, Denoises):
        outputs, task = model.denoise(model.corrupt(images, seed)), "denoised"
    else:
        outputs, task = model.reconstruct(images), "reconstructed"
    return _similarity(images, outputs, f"{len(images):,} {task} test images")


def score_translation(evaluation: Evaluation) -> list[Score]:
    """Return the similarity of translations to the targets of test pairs.

    Example:
        >>> import kerasgen
        >>> from kerasgen.evaluation import Evaluation
        >>> model = kerasgen.create("pix2pix", image_size=8, channels=3, width=2, receptive_field="1")
        >>> outlines = kerasgen.data.load("outlines", image_size=8, kind="pairs")
        >>> [score.name for score in score_translation(Evaluation(model, outlines, samples=4))]
        ['MSE', 'PSNR', 'SSIM']
    """
    model = evaluation.model
    a, b = (as_floats(images) for images in evaluation.dataset.test.first(evaluation.samples))
    (direction,) = model.directions
    source, target = (a, b) if direction == "AtoB" else (b, a)
    outputs = model.translate(source, seed=evaluation.seed)
    return _similarity(target, outputs, f"{len(source):,} test pairs, {direction}")


def score_cycles(evaluation: Evaluation) -> list[Score]:
    """Return the mean absolute error of test images that are translated to the other domain and back.

    Example:
        >>> import kerasgen
        >>> from kerasgen.evaluation import Evaluation
        >>> model = kerasgen.create("cyclegan", image_size=8, channels=3, width=2, blocks=1, receptive_field="16")
        >>> domains = kerasgen.data.load("ink-chalk", image_size=8, kind="domains")
        >>> [score.name for score in score_cycles(Evaluation(model, domains, samples=4))]
        ['cycle error A', 'cycle error B']
    """
    model, seed = evaluation.model, evaluation.seed
    a, b = (as_floats(images) for images in evaluation.dataset.test.first(evaluation.samples))
    scores = []
    for images, there, back in ((a, "AtoB", "BtoA"), (b, "BtoA", "AtoB")):
        returned = model.translate(model.translate(images, there, seed), back, seed)
        error = float(np.abs(as_floats(as_saved(returned)) - as_floats(as_saved(images))).mean())
        estimator = f"mean absolute error of a value, {there} and back; {len(images):,} test images"
        scores.append(Score(f"cycle error {there[0]}", error, estimator))
    return scores


def _similarity(expected, outputs, subject):
    """Return the scores of outputs compared with the expected samples; images are compared as saved."""
    if sample_kind(expected.shape[1:]) == "images":
        expected, outputs = as_saved(expected), as_saved(outputs)
    values = metrics.similarity(expected, outputs)
    return [Score(name, value, f"{_UNITS[name]}; {subject}") for name, value in values.items()]
