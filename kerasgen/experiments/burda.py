"""The training of Burda et al. 2015 (arXiv:1509.00519), section 5: a VAE and an importance-weighted autoencoder.

One stochastic layer of 50 latents and two tanh layers of 200 on each side; the bias of the pixels starts at their mean.
The pixels are drawn in each step with their grey value as probability. Differences from the paper: batches of 100
instead of 20, the Muon optimizer (Jordan et al. 2024) instead of Adam, and a learning rate that falls along half a
cosine; it takes a fraction of the paper's 3,280 epochs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kerasgen.experiments.trial import Trial

LAST_RATE = 0.01  # relative to the first learning rate


@dataclass(frozen=True)
class Training:
    """Function of `(trial, model, stage)` that trains; the field `fit` of an `Experiment`.

    Attributes:
        learning_rate: Learning rate of the first step after the first epochs.
        first_epochs: Number of epochs with `first_samples`, at a constant rate; they take less time (paper, table 2).
        first_samples: Number of latents for each image in these epochs.
        samples: Number of latents for each image afterwards; above 1 it is the importance-weighted bound.
        gradient_samples: Number of those latents that carry the gradient, drawn by their weights; 0 means all.
    """

    learning_rate: float = 3e-3
    first_epochs: int = 0
    first_samples: int = 1
    samples: int = 1
    gradient_samples: int = 0

    def __call__(self, trial: Trial, model: Any, stage: str) -> None:
        """Train the model of a trial."""
        batches, epochs = trial.batches(), trial.experiment.epochs
        first = min(self.first_epochs, epochs - 1)
        self._compile(model, first * len(batches), epochs * len(batches))
        _start_bias_at_mean(model, trial.dataset.train[:])
        for name, begin, end, samples, gradient_samples in (
            ("first", 0, first, self.first_samples, 0),
            ("last", first, epochs, self.samples, self.gradient_samples),
        ):
            if begin == end:
                continue
            model.samples, model.gradient_samples = samples, gradient_samples
            model.compile(model.optimizer)  # keeps the optimizer's state and traces the step again
            callbacks = trial.callbacks(f"{stage}-{name}")
            settings = {"initial_epoch": begin, "epochs": end, "shuffle": False, "verbose": 0}
            model.fit(batches, callbacks=callbacks, **settings)

    def _compile(self, model: Any, first_steps: int, steps: int) -> None:
        import keras

        rate = keras.optimizers.schedules.CosineDecay(
            self.learning_rate,
            steps - first_steps,
            alpha=LAST_RATE,
            warmup_target=self.learning_rate if first_steps else None,
            warmup_steps=first_steps,
        )
        model.compile(keras.optimizers.Muon(rate, weight_decay=None, adam_weight_decay=None))


def _start_bias_at_mean(model: Any, images: Any) -> None:
    """Set the bias of the decoder's last dense layer to the logit of the mean of each pixel."""
    import numpy as np

    mean = np.clip(images.mean(axis=0, dtype="float64") / 255, 1e-3, 1 - 1e-3)
    model.decoder.layers[-2].bias.assign(np.log(mean / (1 - mean)).ravel().astype("float32"))
