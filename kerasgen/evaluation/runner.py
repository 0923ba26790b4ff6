"""Evaluation of a model, or of a set of images, by the evaluators that apply."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from kerasgen.data import Dataset
from kerasgen.errors import KerasgenError, UsageError, unknown
from kerasgen.evaluation.evaluation import Evaluation
from kerasgen.evaluation.images import describe_channels, describe_shape, draw_images, with_channels
from kerasgen.evaluation.registry import EVALUATORS, Evaluator, select_groups
from kerasgen.evaluation.scores import NotApplicable, Score
from kerasgen.io import progress


def evaluate(
    model: Any,
    dataset: Dataset,
    samples: int = 10_000,
    seed: int = 0,
    groups: Sequence[str] | None = None,
    generate_options: dict[str, Any] | None = None,
    **options: Any,
) -> list[Score]:
    """Return the scores of a model by all evaluators that apply to it.

    Generated images are scored as a file would store them, clipped to [0, 1] and rounded to 8 bits. They are compared
    with test images, or with training images if the set has fewer test images than `samples`.

    Args:
        model: a `GenerativeModel`, a generator of `kerasgen.samplers`, or any object with such abilities.
        dataset: the set with the test images.
        samples: number of samples to generate, and largest number of test images.
        seed: seed of everything that is drawn.
        groups: names of evaluators; by default all that apply and are not on request only, such as `fid`.
        generate_options: keyword arguments for `model.generate`.
        options: options of the evaluators, such as `likelihood_samples=500`.

    Raises:
        UsageError: too few images, a model without scores, or a named evaluator that does not apply.
        MissingPackageError: a package is needed and not installed.
        ModelFileError: the weights of the Inception network are needed and missing.

    Example:
        >>> import kerasgen
        >>> model = kerasgen.create("autoencoder", image_size=8, hidden_dim=4, latent_dim=2)
        >>> digits = kerasgen.data.load("digits", image_size=8)
        >>> [score.name for score in evaluate(model, digits, samples=20)]
        ['MSE', 'PSNR', 'SSIM']
    """
    evaluators = select_groups(model, dataset, groups, f"{type(model).__name__} on {dataset.name}")
    if not evaluators:
        from kerasgen.models.base.abilities import abilities_of

        can = ", ".join(abilities_of(model)) or "nothing"
        raise UsageError(
            f"a {type(model).__name__} cannot be scored: it can {can}; define generate, reconstruct or translate, or "
            "register an evaluator"
        )
    evaluation = Evaluation(model, dataset, samples, seed, _resolve(options), generate_options)
    return _scores(evaluation, evaluators, named=groups is not None)


def score_samples(
    images: np.ndarray, dataset: Dataset, groups: Sequence[str] | None = None, seed: int = 0
) -> list[Score]:
    """Return the scores of generated images that exist already.

    Args:
        images: (N, H, W, C), uint8 or float in [0, 1]; or points (N, D).
        dataset: the set to compare with.
        groups: names of evaluators, as for `evaluate`.
        seed: seed of the reference images and of the metrics.

    Raises:
        UsageError: images of another shape; and as `evaluate`.

    Example:
        >>> from kerasgen import data
        >>> ring = data.load("ring-8")
        >>> score_samples(ring.test[:], ring)[0].value
        8
    """
    return evaluate(_Samples(images), dataset, len(images), seed, groups)


def score_sets(
    real: Dataset,
    fake: Dataset,
    labelled: Dataset,
    samples: int = 10_000,
    seed: int = 0,
    groups: Sequence[str] | None = None,
) -> list[Score]:
    """Return the scores of the images in one set compared with those in another.

    All images of both sets are used, or `samples` at random if there are more. Only test images of `real` are used
    if there are enough. Images are converted to grey or colour like those of `labelled`.

    Args:
        real: the reference set.
        fake: the set to score.
        labelled: the set that the classifier is trained on; it can be `real`.
        samples: largest number of images of a set.
        seed: seed of everything that is drawn.
        groups: names of evaluators, as for `evaluate`.

    Raises:
        UsageError: images of different sizes; and as `evaluate`.

    Example:
        >>> from kerasgen import data
        >>> digits = data.load("digits", image_size=8)
        >>> scores = score_sets(digits, digits, digits)  # doctest: +SKIP
    """
    for dataset in (real, fake):
        _check_size(dataset, labelled)
    images = draw_images([fake.train, fake.test], samples, seed)
    parts = [real.test] if len(real.test) >= len(images) else [real.train, real.test]
    channels = labelled.sample_shape[2]
    reference, images = (with_channels(each, channels) for each in (draw_images(parts, samples, seed), images))
    converted = [dataset.name for dataset in (real, fake) if dataset.sample_shape[2] != channels]
    note = f"{' and '.join(converted)} converted to {describe_channels(channels)}" if converted else ""
    model = _Samples(images)
    evaluators = select_groups(model, labelled, groups, describe_shape(labelled.sample_shape))
    evaluation = Evaluation(model, labelled, len(images), seed, _resolve({}), reference=reference, note=note)
    return _scores(evaluation, evaluators, named=groups is not None)


class _Samples:
    """Samples that exist already, with the interface of a model that generates them."""

    def __init__(self, samples):
        self.samples, self.sample_shape = np.asarray(samples), tuple(np.shape(samples)[1:])

    def generate(self, n, seed=None):
        return self.samples[:n]


def _resolve(options):
    """Return the options of all evaluators with their defaults filled in.

    Raises:
        UsageError: an option that no evaluator has, or a value that it cannot have.
    """
    known = {name: option for each in EVALUATORS.entries for name, option in each.options.items()}
    for name in options:
        if name not in known:
            raise unknown("option of an evaluator", name, known)
    return {
        name: option.parse(options[name], name, "evaluate") if name in options else option.default
        for name, option in known.items()
    }


def _scores(evaluation: Evaluation, evaluators: list[Evaluator], named: bool) -> list[Score]:
    """Return the scores by evaluators. All are checked before the first computes."""
    checked, reasons = [], []
    for evaluator in evaluators:
        try:
            if evaluator.check is not None:
                evaluator.check(evaluation)
            checked.append(evaluator)
        except NotApplicable as error:
            if named:
                raise
            reasons.append(error)
    if not checked:
        raise reasons[0]
    return [score for evaluator in checked for score in _compute(evaluator, evaluation, named)]


def _compute(evaluator, evaluation, named):
    """Return the scores by one evaluator. A failure in another package is reported, and an error only if named."""
    progress.start(evaluator.name)
    try:
        return list(evaluator.compute(evaluation))
    except KerasgenError:
        raise
    except Exception as error:
        if evaluator in EVALUATORS.own:
            raise
        reason = EVALUATORS.leave_out(evaluator.name, error)
        if named:
            raise UsageError(reason) from error
        return []


def _check_size(dataset, labelled):
    if dataset.sample_shape[:2] != labelled.sample_shape[:2]:
        raise UsageError(
            f"{dataset.name} contains {describe_shape(dataset.sample_shape)}, but {labelled.name}, which the "
            f"classifier is trained on, {describe_shape(labelled.sample_shape)}: give --image-size"
        )
