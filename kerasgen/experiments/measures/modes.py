"""Modes and densities of mixtures, and modes of Stacked MNIST."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kerasgen.experiments.trial import Trial

DENSITY_ERROR = "log p, mean absolute error, nats"
_DENSITIES = 1000  # points whose densities are compared


def mode_coverage(trial: Trial) -> dict[str, float]:
    """Return the number of covered modes of the mixture, the share of good samples and the reverse KL divergence."""
    from kerasgen import metrics
    from kerasgen.data.sources.mixtures import MIXTURES

    samples = trial.generate(trial.experiment.samples)
    coverage = metrics.mode_coverage(samples, MIXTURES[trial.dataset.name])
    _draw_points(trial)
    high_quality = 100 * coverage.high_quality
    return {"modes": coverage.modes, "high quality, %": high_quality, "reverse KL, nats": coverage.reverse_kl}


def mixture_divergence(trial: Trial) -> dict[str, float]:
    """Return KL(mixture, model): the mean of log p - log q over points of the mixture that no training uses."""
    from kerasgen.data.sources.mixtures import MIXTURES

    mixture, count = MIXTURES[trial.dataset.name], trial.experiment.samples
    points, _ = mixture.sample(count, seed=2)  # 0 and 1 are the training and the test points
    _draw_points(trial)
    divergence = mixture.log_density(points) - trial.model.log_likelihood(points)
    return {f"KL(mixture, model), nats, {count:,} points": float(divergence.mean())}


def modes_and_density(trial: Trial) -> dict[str, float]:
    """Return the values of `mode_coverage`, and the mean of |log p - log q| over new points of the mixture."""
    import numpy as np

    from kerasgen.data.sources.mixtures import MIXTURES

    mixture = MIXTURES[trial.dataset.name]
    points, _ = mixture.sample(_DENSITIES, seed=2)  # 0 and 1 are the training and the test points
    error = np.abs(mixture.log_density(points) - trial.model.log_likelihood(points)).mean()
    return mode_coverage(trial) | {DENSITY_ERROR: float(error)}


def modes_of_the_mixture(trial: Trial) -> dict[str, str]:
    """Return the values of `mode_coverage` for the same number of points of the mixture itself."""
    from kerasgen import metrics
    from kerasgen.data.sources.mixtures import MIXTURES

    mixture = MIXTURES[trial.dataset.name]
    coverage = metrics.mode_coverage(mixture.sample(trial.experiment.samples, seed=2)[0], mixture)
    return {
        "modes": f"{coverage.modes}",
        "high quality, %": f"{100 * coverage.high_quality:.1f}",
        "reverse KL, nats": f"{coverage.reverse_kl:.3f}",
    }


def stacked_modes(trial: Trial) -> dict[str, float]:
    """Return the number of covered modes of Stacked MNIST, of 1,000, and the reverse KL divergence."""
    from kerasgen import evaluation

    scores = evaluation.score_samples(trial.generate(trial.experiment.samples), trial.dataset, ["modes"])
    values = {score.name: score.value for score in scores}
    return {"modes, of 1,000": values["modes"], "reverse KL, nats": values["reverse KL"]}


def _draw_points(trial: Trial) -> None:
    if trial.folder is not None:
        from kerasgen.plots import point_clouds

        experiment, path = trial.experiment, trial.folder.parent / f"{trial.folder.name}.png"
        test = trial.dataset.test.first(point_clouds.POINTS)
        title = f"{experiment.name}, {experiment.length}"
        point_clouds.save_preview(path, trial.model, test, seed=trial.seed, title=title)
