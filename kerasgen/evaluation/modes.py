"""Scores of generators on sets with known modes: mixtures of Gaussians and stacked digits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kerasgen import metrics
from kerasgen.data.shapes import sample_kind
from kerasgen.evaluation.scores import NotApplicable, Score

if TYPE_CHECKING:
    from kerasgen.data import Dataset
    from kerasgen.evaluation.evaluation import Evaluation


def applies_to_points(model: Any, dataset: Dataset) -> bool:
    """Return whether the model generates points."""
    from kerasgen.models.base.abilities import Generates

    can_generate = isinstance(model, Generates)
    return can_generate and sample_kind(model.sample_shape) == "points"


def check_mixture(evaluation: Evaluation) -> None:
    """Raise an error if the points do not come from a known mixture.

    Raises:
        NotApplicable: another set.
    """
    from kerasgen.data.sources.mixtures import MIXTURES

    name = evaluation.dataset.name
    if name not in MIXTURES:
        raise NotApplicable(
            f"modes are known for {', '.join(MIXTURES)}; received {name}: give one of these by --dataset"
        )


def score_points(evaluation: Evaluation) -> list[Score]:
    """Return the number of modes of the mixture that the generated points cover, their quality and the reverse KL.

    Example:
        >>> from kerasgen import data, zoo
        >>> from kerasgen.evaluation import Evaluation
        >>> model = zoo.get("gan").create((2,), hidden_dim=4, latent_dim=2)
        >>> [score.name for score in score_points(Evaluation(model, data.load("ring-8"), samples=20))]
        ['modes', 'high quality', 'reverse KL']
    """
    from kerasgen.data.sources.mixtures import MIXTURES

    mixture, points = MIXTURES[evaluation.dataset.name], evaluation.generated
    coverage = metrics.mode_coverage(points, mixture)
    samples = f"{len(points):,} samples"
    return [
        Score("modes", coverage.modes, f"of {len(mixture.means)}, with a sample within 3 sigma; {samples}"),
        Score("high quality", coverage.high_quality, f"share of samples within 3 sigma of a mode; {samples}"),
        Score(
            "reverse KL",
            coverage.reverse_kl,
            f"nats, from the uniform distribution over the modes, of samples within 3 sigma; {samples}",
        ),
    ]


def applies_to_stacked(model: Any, dataset: Dataset) -> bool:
    """Return whether the model generates images and the set consists of stacked digits."""
    from kerasgen.data.sources.stacked import StackedDataset
    from kerasgen.evaluation.features import generates_images

    return isinstance(dataset, StackedDataset) and generates_images(model, dataset)


def score_stacked(evaluation: Evaluation) -> list[Score]:
    """Return the number of modes of stacked digits among generated images (N, H, W, 3), and the reverse KL.

    A classifier predicts the digit in each channel.

    Source:
        Metz et al. 2017, arXiv:1611.02163; Lin et al. 2018, arXiv:1712.04086, section 4.2.

    Example:
        >>> import kerasgen
        >>> from kerasgen.evaluation import Evaluation
        >>> model = kerasgen.create("dcgan", image_size=8, channels=3, width=2, latent_dim=2)
        >>> stacked = kerasgen.data.load("stacked-digits", image_size=8)
        >>> scores = score_stacked(Evaluation(model, stacked, samples=20))  # doctest: +SKIP
    """
    from kerasgen.data.sources.stacked import label
    from kerasgen.evaluation.classifier_cache import classifier_of
    from kerasgen.evaluation.features import with_accuracy_warning

    dataset, images = evaluation.dataset, evaluation.generated
    digits = dataset.digits
    classifier, accuracy = classifier_of(digits)
    channels = [classifier.labels(images[..., [channel]]) for channel in range(images.shape[-1])]
    modes, divergence = metrics.class_coverage(label(channels, digits.num_classes), dataset.num_classes)
    subject = (
        f"{len(images):,} samples; channels classified by a classifier of {digits.name} with {accuracy:.2%} accuracy"
    )
    scores = [
        Score("modes", modes, f"of {dataset.num_classes:,}, with a sample; {subject}"),
        Score("reverse KL", divergence, f"nats, from the uniform distribution over the modes; {subject}"),
    ]
    return with_accuracy_warning(scores, digits, accuracy)
