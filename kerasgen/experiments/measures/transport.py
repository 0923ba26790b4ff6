"""Distances of a flow from eight Gaussians to two moons."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kerasgen.experiments.trial import Trial

ADAPTIVE, ONE_STEP = "squared 2-Wasserstein, adaptive sampler", "squared 2-Wasserstein, one Euler step"
_TOLERANCE = 1e-4  # that of the source's code
_SEEDS = (2, 3, 4)  # of the source points, of the moons and of other moons; 0 and 1 are the data set's


def moons_from_gaussians(trial: Trial) -> dict[str, float]:
    """Return the distances of transported points to the moons, with the adaptive sampler and one step of Euler."""
    from kerasgen.data.sources.mixtures import EIGHT_GAUSSIANS, sample_moons
    from kerasgen.metrics import squared_wasserstein_distance

    count, model = trial.experiment.samples, trial.model
    points, _ = EIGHT_GAUSSIANS.sample(count, _SEEDS[0])
    real, _ = sample_moons(count, _SEEDS[1])
    transported = {
        ADAPTIVE: model.decode(points, sampler="adaptive", tolerance=_TOLERANCE),
        ONE_STEP: model.decode(points, sampler="euler", steps=1),
    }
    _draw(trial, points, transported)
    return {name: squared_wasserstein_distance(real, each) for name, each in transported.items()}


def distance_of_moons(trial: Trial) -> dict[str, str]:
    """Return the distance between two sets of points of the moons, the value of a perfect flow."""
    from kerasgen.data.sources.mixtures import sample_moons
    from kerasgen.metrics import squared_wasserstein_distance

    real, other = (sample_moons(trial.experiment.samples, seed)[0] for seed in _SEEDS[1:])
    return dict.fromkeys((ADAPTIVE, ONE_STEP), f"{squared_wasserstein_distance(real, other):.3f}")


def _draw(trial, points, transported):
    """Write a picture with the lines from source points to transported points, if there is a folder."""
    if trial.folder is None:
        return
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 4), layout="constrained")
    for axes, (name, ends) in zip(figure.subplots(1, 2, sharex=True, sharey=True), transported.items(), strict=True):
        axes.plot(*zip(points[:500].T, ends[:500].T, strict=True), color="0.85", linewidth=0.4)
        axes.scatter(*points[:500].T, s=3, label="source")
        axes.scatter(*ends[:500].T, s=3, label="transported")
        axes.set_title(name.split(", ")[1])
    axes.legend(loc="lower right")
    trial.folder.mkdir(parents=True, exist_ok=True)
    figure.savefig(trial.folder.parent / f"{trial.folder.name}.png", dpi=120)
