"""Scores of generated images on the features of a classifier of their data set, or of the Inception network."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from kerasgen import metrics
from kerasgen.data.shapes import sample_kind
from kerasgen.errors import UsageError
from kerasgen.evaluation.images import check_counts, describe_shape, generated_shape
from kerasgen.evaluation.scores import NotApplicable, Score

if TYPE_CHECKING:
    from kerasgen.data import Dataset
    from kerasgen.evaluation.evaluation import Evaluation

_SUBSETS, _SUBSET_SIZE = 100, 1000  # of a kernel distance
CONFIDENCE = 0.9  # smallest probability of a class that a confident classifier gives


def generates_images(model: Any, dataset: Dataset) -> bool:
    """Return whether the model generates images."""
    from kerasgen.models.base.abilities import Generates

    can_generate = isinstance(model, Generates)
    return can_generate and sample_kind(generated_shape(model)) == "images"


def applies_to_labelled(model: Any, dataset: Dataset) -> bool:
    """Return whether the model generates images that one classifier can classify."""
    from kerasgen.data.sources.stacked import StackedDataset

    return generates_images(model, dataset) and not isinstance(dataset.image_set or dataset, StackedDataset)


def check_images(evaluation: Evaluation) -> None:
    """Raise an error if the images are too few, or do not have the shape of the images of the data set.

    Raises:
        UsageError: fewer than six images, or another shape.
    """
    check_counts(evaluation.samples, evaluation.reference_count)
    shape, dataset = generated_shape(evaluation.model), evaluation.image_set
    if shape != tuple(dataset.sample_shape):
        raise UsageError(
            f"the model generates {describe_shape(shape)}, but {dataset.name} contains "
            f"{describe_shape(dataset.sample_shape)}: give --dataset with a set of images like the training images"
        )


def check_classifier(evaluation: Evaluation) -> None:
    """Raise an error if no classifier can be trained, or for images as `check_images`.

    Raises:
        NotApplicable: the data set has fewer than two classes.
    """
    from kerasgen.evaluation.classifier_cache import check_classes

    try:
        check_classes(evaluation.image_set)
    except UsageError as error:
        raise NotApplicable(str(error)) from None
    check_images(evaluation)


def check_inception(evaluation: Evaluation) -> None:
    """Raise an error if the Inception network is not installed, or for images as `check_images`.

    Raises:
        MissingPackageError, ModelFileError: as `kerasgen.evaluation.inception.weights_file`.
    """
    from kerasgen.evaluation.inception import weights_file

    weights_file()
    check_images(evaluation)


def score_with_classifier(evaluation: Evaluation) -> list[Score]:
    """Return distances and overlap on the features of a classifier, the class balance and the confident samples.

    Example:
        >>> import kerasgen
        >>> from kerasgen.evaluation import Evaluation
        >>> digits = kerasgen.data.load("digits", image_size=8)
        >>> evaluation = Evaluation(kerasgen.create("gan", image_size=8), digits, samples=50)
        >>> scores = score_with_classifier(evaluation)  # doctest: +SKIP
    """
    from kerasgen.evaluation.classifier_cache import classifier_of

    dataset = evaluation.image_set
    classifier, accuracy = classifier_of(dataset)
    (real, real_classes), (fake, fake_classes) = map(classifier.read, (evaluation.reference, evaluation.generated))
    subject = f"features of a classifier of {dataset.name} with {accuracy:.2%} accuracy; {evaluation.describe_counts()}"
    names = ("classifier Frechet distance", "classifier kernel distance", "")
    scores = _feature_scores(real, fake, names, subject, evaluation.seed)
    # Real images are classified too, so that errors of the classifier do not count as imbalance
    real_shares, fake_shares = (
        np.bincount(classes.argmax(axis=1), minlength=dataset.num_classes) / len(classes)
        for classes in (real_classes, fake_classes)
    )
    balance = float(0.5 * np.abs(real_shares - fake_shares).sum())
    scores.append(Score("class balance", balance, f"total variation distance to the real classes; {subject}"))
    confident, reference = (float((x.max(axis=1) > CONFIDENCE).mean()) for x in (fake_classes, real_classes))
    estimator = f"share with a probability above {CONFIDENCE}, {reference:.4f} of the real images; {subject}"
    scores.append(Score("confident samples", confident, estimator))
    return with_accuracy_warning(scores, dataset, accuracy)


def score_with_inception(evaluation: Evaluation) -> list[Score]:
    """Return FID, KID and overlap on the features of the reference Inception network.

    Raises:
        MissingPackageError, ModelFileError: as `kerasgen.evaluation.inception.weights_file`.

    Example:
        >>> import kerasgen
        >>> from kerasgen.evaluation import Evaluation
        >>> digits = kerasgen.data.load("digits", image_size=8)
        >>> evaluation = Evaluation(kerasgen.create("gan", image_size=8), digits, samples=50)
        >>> scores = score_with_inception(evaluation)  # doctest: +SKIP
    """
    from kerasgen.evaluation.inception import InceptionFeatures

    features = InceptionFeatures()
    subject = f"features of {features.name}; {evaluation.describe_counts()}"
    real, fake = features(evaluation.reference), features(evaluation.generated)
    return _feature_scores(real, fake, ("FID", "KID", "Inception "), subject, evaluation.seed)


def with_accuracy_warning(scores: list[Score], dataset: Dataset, accuracy: float) -> list[Score]:
    """Return the scores, with a warning if the classifier is hardly better than chance.

    Args:
        scores: scores that depend on a classifier.
        dataset: the set that the classifier was trained on.
        accuracy: its accuracy on the test images.

    Example:
        >>> from kerasgen import data
        >>> digits = data.load("digits", image_size=8)
        >>> with_accuracy_warning([Score("a", 1.0, "")], digits, accuracy=0.99)[0].warning is None
        True
    """
    chance = np.bincount(dataset.train.labels).max() / len(dataset.train)
    if accuracy >= (chance + 1) / 2:
        return scores
    warning = (
        f"the classifier of {dataset.name} has {accuracy:.2%} accuracy and the most frequent class {chance:.2%} of the "
        "images: its scores are unreliable; give more images of each class, or --dataset with a set of similar images"
    )
    return [replace(score, warning=warning) for score in scores]


def _feature_scores(real, fake, names, subject, seed):
    """Return the scores of features (M, D) and (N, D).

    `names` are those of the Frechet and the kernel distance, and the prefix of the others.
    """
    frechet, kernel, prefix = names
    value, spread = metrics.kernel_distance(real, fake, _SUBSETS, _SUBSET_SIZE, seed)
    statistic = "mean" if spread is None else "mean and deviation"
    statistic += f" over {_SUBSETS} subsets of {min(_SUBSET_SIZE, len(real), len(fake)):,}"
    return [
        Score(frechet, metrics.frechet_distance(real, fake), subject),
        Score(kernel, value, f"unbiased, {statistic}; {subject}", spread),
        *(
            Score(prefix + name, value, f"nearest neighbours; {subject}")
            for name, value in metrics.overlap(real, fake)._asdict().items()
        ),
    ]
