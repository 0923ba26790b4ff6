"""Training of a flow from eight Gaussians to two moons, without normal noise."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

    from kerasgen.experiments.trial import Trial


@dataclass(frozen=True)
class FromEightGaussians:
    """Function of `(trial, model, stage)` that trains; the field `fit` of an `Experiment`.

    The batches bring points of the eight Gaussians as their noise, so that the model and its options do not change.

    Attributes:
        pairing: `"random"`, or `"optimal"` for the optimal assignment in each batch.

    Example:
        >>> FromEightGaussians("optimal").pairing
        'optimal'

    Source:
        Tong et al. 2024, arXiv:2302.00482, section 5.1; Cheng and Schwing 2025, arXiv:2503.10636, figure 1.
    """

    pairing: str = "random"

    def __call__(self, trial: Trial, model: Any, stage: str) -> None:
        """Train the model of a trial."""
        batches = trial.batches()
        batches.prepare = self.prepare
        model.fit(batches, epochs=trial.experiment.epochs, shuffle=False, verbose=0, callbacks=trial.callbacks(stage))

    def prepare(self, arrays: tuple[np.ndarray, ...], generator: np.random.Generator) -> dict[str, Any]:
        """Return a batch with its source points, paired with the samples; the attribute `prepare` of `Batches`."""
        from kerasgen.data.sources.mixtures import EIGHT_GAUSSIANS
        from kerasgen.models.base.pairing import optimal_pairs

        def source(generator: np.random.Generator, n: int) -> np.ndarray:
            return EIGHT_GAUSSIANS.sample(n, int(generator.integers(2**31)))[0]

        if self.pairing == "optimal":
            return optimal_pairs(arrays, generator, source)
        return {"images": arrays[0], "noise": {"noise": source(generator, len(arrays[0]))}}
