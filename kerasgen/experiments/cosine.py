"""Training with Adam and a learning rate that falls along half a cosine."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kerasgen.experiments.trial import Trial

LAST_RATE = 0.01  # relative to the first learning rate


@dataclass(frozen=True)
class CosineAdam:
    """Function of `(trial, model, stage)` that trains; the field `fit` of an `Experiment`.

    Attributes:
        learning_rate: Learning rate of the first step.

    Example:
        >>> CosineAdam(1e-3).learning_rate
        0.001
    """

    learning_rate: float

    def __call__(self, trial: Trial, model: Any, stage: str) -> None:
        """Train the model of a trial."""
        import keras

        batches, epochs = trial.batches(), trial.experiment.epochs
        rate = keras.optimizers.schedules.CosineDecay(self.learning_rate, epochs * len(batches), alpha=LAST_RATE)
        model.compile(keras.optimizers.Adam(rate))
        model.fit(batches, epochs=epochs, shuffle=False, verbose=0, callbacks=trial.callbacks(stage))
