"""Experiments: published results as data, which one runner can measure again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from kerasgen.errors import UsageError

if TYPE_CHECKING:
    from kerasgen.experiments.trial import Trial

Values = Mapping[str, float]  # metric -> value


@dataclass(frozen=True)
class Metric:
    """A quantity that an experiment measures.

    Attributes:
        name: Name with its unit and its estimator, the column `metric` of `zoo/results.csv`.
        digits: Number of digits after the decimal point.
        reference: Published value as text; empty if there is none.
        error_digits: Number of digits of the standard error; by default `digits`.
    """

    name: str
    digits: int
    reference: str = ""
    error_digits: int | None = None


@dataclass(frozen=True)
class Experiment:
    """A published result: the training, its length, the measurement and the reference value.

    A variant of an experiment is a `dataclasses.replace` of it. Each seed is one training; the result is the mean
    over the seeds with its standard error.

    Attributes:
        name: Argument of `kerasgen reproduce`.
        summary: One line for the list of experiments.
        table: Heading of the table of results, the column `figure` of `zoo/results.csv`.
        recipe: Name of a recipe of the zoo.
        measure: Function of a `Trial` with a trained model that returns metric -> value.
        metrics: Metrics that `measure` returns.
        options: Option of the recipe -> value; the other options have the recipe's defaults.
        recorded_defaults: Option -> default of the recipe when the result was recorded, if it has another one now.
        dataset: Name of a data set; with `in_data_dir` the name of a folder in `--data-dir`.
        in_data_dir: Whether the data set is a folder that the user has to provide.
        image_size: Side of the images in pixels.
        batch_size: Number of examples in a batch.
        epochs: Number of epochs. Exactly one of `epochs` and `steps` is above 0 if there is a training.
        steps: Number of training steps instead of epochs.
        seeds: Number of seeds: 0, 1, ...
        show_seeds: Whether the column `spread` also has the value of each seed.
        backend: Backend of the recorded result.
        samplers: Samplers of the latents, which may have options of `generate`, such as `flow steps=5`. Each gives
            separate rows, from the same training.
        samples: Number of samples of the estimator: generated samples, or latents for each image.
        test_images: Number of test images used; None means all.
        fit: Function of `(trial, model, stage)` that trains; by default `Trial.fit`.
        baseline: Function of a `Trial` that returns metric -> text of a measured reference.
        source: Source of the references.
        label: Column `recipe` of `zoo/results.csv`; by default the recipe and its options.
        setup: Settings that matter for a comparison, and differences from the source.
        minutes: Approximate duration with all seeds, on two CPU cores.
        quick: Field -> value of a small version, which shows that the experiment runs.
    """

    name: str
    summary: str
    table: str
    recipe: str
    measure: Callable[[Trial], Values]
    metrics: tuple[Metric, ...]
    options: Mapping[str, object] = field(default_factory=dict)
    recorded_defaults: Mapping[str, object] = field(default_factory=dict)
    dataset: str = "mnist"
    in_data_dir: bool = False
    image_size: int = 28
    batch_size: int = 100
    epochs: int = 0
    steps: int = 0
    seeds: int = 3
    show_seeds: bool = False
    backend: str = "jax"
    samplers: tuple[str, ...] = ("prior",)
    samples: int = 10_000
    test_images: int | None = None
    fit: Callable | None = None
    baseline: Callable[[Trial], Mapping[str, str]] | None = None
    source: str = ""
    label: str = ""
    setup: str = ""
    minutes: float = 1.0
    quick: Mapping[str, object] = field(default_factory=dict)

    def __post_init__(self):
        """Refuse two lengths of a training, and a number of seeds below 1."""
        if self.epochs and self.steps:
            raise UsageError(f"{self.name} has epochs={self.epochs} and steps={self.steps}; give one of them")
        if self.seeds < 1:
            raise UsageError(f"seeds is {self.seeds}; give 1 or more")

    @property
    def is_trained(self) -> bool:
        """Return whether the experiment trains a model."""
        return bool(self.epochs or self.steps)

    @property
    def length(self) -> str:
        """Return the length of the training as text, such as `10` (epochs) or `4000 steps`."""
        return f"{self.steps} steps" if self.steps else str(self.epochs or "")

    @property
    def all_options(self) -> dict[str, object]:
        """Return the options of the recipe that are set: those of the experiment, and the recorded defaults."""
        return dict(self.recorded_defaults) | dict(self.options)

    def quick_version(self) -> Experiment:
        """Return the small version: one seed, and the fields in `quick`."""
        changes: dict[str, Any] = {"seeds": 1} | dict(self.quick)
        return replace(self, **changes)

    def row_label(self, sampler: str = "prior") -> str:
        """Return the column `recipe` of the rows of a sampler."""
        words = [self.label or " ".join([self.recipe, *(f"{name}={_text(v)}" for name, v in self.options.items())])]
        return " ".join(words if sampler == "prior" else [*words, f"sampler={sampler}"])

    def settings(self) -> dict[str, object]:
        """Return the settings that a seed's values depend on, as plain values."""
        names = ("recipe", "dataset", "image_size", "batch_size", "epochs", "steps", "samples", "test_images")
        measured = {"measure": self.measure.__name__, "metrics": [metric.name for metric in self.metrics]}
        plain = {name: getattr(self, name) for name in names}
        return plain | measured | {"options": self.all_options, "samplers": list(self.samplers)}


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else f"{value}"
