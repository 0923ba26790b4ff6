"""The registry of evaluators, and the selection of those that apply to a model and a data set.

A package adds evaluators by an entry point of the group `kerasgen.evaluators`, which names an `Evaluator` or a list of
them. Importing this module imports no backend, and an evaluator must not import one before it computes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from kerasgen.errors import UsageError
from kerasgen.evaluation import density, features, likelihood, modes, similarity
from kerasgen.evaluation.scores import Score
from kerasgen.io.entry_points import Registry
from kerasgen.option import Option

if TYPE_CHECKING:
    from kerasgen.data import Dataset
    from kerasgen.evaluation.evaluation import Evaluation


@dataclass(frozen=True)
class Evaluator:
    """Scores of one kind, for the models and data sets that they apply to.

    Attributes:
        name: name for `--metrics`. Evaluators of different models can share a name, such as `similarity`.
        help: noun phrase for `kerasgen evaluate --help`.
        applies: function of a model and a `Dataset` that returns whether the scores have a meaning for them. It checks
            abilities, such as `isinstance(model, Generates)`, and not classes.
        compute: function of an `Evaluation` that returns a list of `Score`.
        on_request: whether the scores are computed only if `--metrics` names them.
        check: function of an `Evaluation` that raises a `KerasgenError` before anything is computed. If it raises
            `NotApplicable`, the evaluator is left out unless it is named.
        options: dict of name -> `Option`, keyword arguments of `evaluate` that `compute` reads from
            `Evaluation.options`.

    Example:
        A package scores the brightness of generated images::

            def brightness(evaluation):
                images = evaluation.generated / 255.0  # uint8 (N, H, W, C)
                return [Score("brightness", float(images.mean()), f"mean over {len(images):,} samples")]

            BRIGHTNESS = Evaluator("brightness", "Brightness of generated images.", generates_images, brightness)
    """

    name: str
    help: str
    applies: Callable[[Any, Dataset], bool]
    compute: Callable[[Evaluation], list[Score]]
    on_request: bool = False
    check: Callable[[Evaluation], None] | None = None
    options: dict[str, Option] = field(default_factory=dict)


EVALUATORS = Registry(
    "group of scores",
    "kerasgen.evaluators",
    Evaluator,
    own=(
        Evaluator(
            "likelihood",
            "VAEs: evidence lower bound and log-likelihood of test images.",
            likelihood.applies,
            likelihood.score_likelihood,
            options={"likelihood_samples": Option(500, "Number of latents for each image in the log-likelihood.")},
        ),
        Evaluator(
            "likelihood",
            "Autoregressive models: exact log-likelihood in nats and in bits per dimension.",
            likelihood.has_exact_likelihood,
            likelihood.score_exact_likelihood,
        ),
        Evaluator(
            "likelihood",
            "Flows: log-density of test samples, and KL divergence from a known mixture.",
            density.has_density,
            density.score_density,
        ),
        Evaluator(
            "similarity",
            "MSE, PSNR and SSIM of reconstructed test images.",
            similarity.applies_to_reconstruction,
            similarity.score_reconstruction,
        ),
        Evaluator(
            "similarity",
            "MSE, PSNR and SSIM of translated test pairs.",
            similarity.applies_to_translation,
            similarity.score_translation,
        ),
        Evaluator(
            "similarity",
            "Error of test images translated to the other domain and back.",
            similarity.applies_to_cycles,
            similarity.score_cycles,
        ),
        Evaluator(
            "modes",
            "Number of modes of a mixture of Gaussians that the samples cover.",
            modes.applies_to_points,
            modes.score_points,
            check=modes.check_mixture,
        ),
        Evaluator(
            "modes",
            "Number of modes of stacked digits that the samples cover.",
            modes.applies_to_stacked,
            modes.score_stacked,
            check=features.check_images,
        ),
        Evaluator(
            "classifier",
            "Frechet and kernel distance, precision, recall, density and coverage on features of a classifier, and the "
            "fraction of samples that it classifies with confidence.",
            features.applies_to_labelled,
            features.score_with_classifier,
            check=features.check_classifier,
        ),
        Evaluator(
            "fid",
            "FID, KID and overlap on Inception features; slow on a CPU.",
            features.generates_images,
            features.score_with_inception,
            on_request=True,
            check=features.check_inception,
        ),
    ),
)


def parse_groups(text: str) -> list[str]:
    """Return the names in a text such as `likelihood,fid`.

    Raises:
        UsageError: no evaluator has one of the names.

    Example:
        >>> parse_groups("likelihood, fid")
        ['likelihood', 'fid']
    """
    return [EVALUATORS.get(name.strip()).name for name in text.split(",")]


def help_of_groups() -> dict[str, str]:
    """Return a dict of name -> help of kerasgen's own evaluators; those that share a name are joined.

    Example:
        >>> help_of_groups()["fid"]
        'FID, KID and overlap on Inception features; slow on a CPU.'
    """
    names = dict.fromkeys(evaluator.name for evaluator in EVALUATORS.own)
    return {name: " ".join(each.help for each in EVALUATORS.own if each.name == name) for name in names}


def available_groups(model: Any, dataset: Dataset) -> list[str]:
    """Return the names of the evaluators that apply to a model and a data set, each once.

    Example:
        >>> import kerasgen
        >>> digits = kerasgen.data.load("digits", image_size=8)
        >>> available_groups(kerasgen.create("gan", image_size=8), digits)
        ['classifier', 'fid']
    """
    return list(dict.fromkeys(each.name for each in _applying(model, dataset)))


def select_groups(
    model: Any, dataset: Dataset, names: Sequence[str] | None = None, subject: str = ""
) -> list[Evaluator]:
    """Return the evaluators that apply and are named; without names, all that apply and are not `on_request`.

    Args:
        model: the model.
        dataset: the `Dataset` to compare with.
        names: names of evaluators, or None.
        subject: the model and the set in words, for the message.

    Raises:
        UsageError: a named evaluator does not apply.

    Example:
        >>> import kerasgen
        >>> digits = kerasgen.data.load("digits", image_size=8)
        >>> [each.name for each in select_groups(kerasgen.create("gan", image_size=8), digits)]
        ['classifier']
    """
    applying = _applying(model, dataset)
    if names is None:
        return [each for each in applying if not each.on_request]
    available = list(dict.fromkeys(each.name for each in applying))
    for name in names:
        if name not in available:
            can = ", ".join(available) or "none"
            raise UsageError(f"{name} does not apply to {subject or type(model).__name__}; available: {can}")
    return [each for each in applying if each.name in names]


def _applying(model, dataset):
    """Return the evaluators that apply. A failure in another package is reported and means that it does not apply."""
    applying = []
    for evaluator in EVALUATORS.entries:
        try:
            if evaluator.applies(model, dataset):
                applying.append(evaluator)
        except Exception as error:
            if evaluator in EVALUATORS.own:
                raise
            EVALUATORS.leave_out(evaluator.name, error)
    return applying
