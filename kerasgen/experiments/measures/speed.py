"""Speed of a training."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kerasgen.experiments.trial import Trial


def throughput(trial: Trial) -> dict[str, float]:
    """Return the number of examples that a recipe trains on in a second, with its default options."""
    from kerasgen.runs.throughput import images_per_second

    return {"images/s": images_per_second(trial.experiment.recipe)}
