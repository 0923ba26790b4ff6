"""Flow matching in the plane: modes and densities of mixtures, and transport from eight Gaussians to two moons.

The experiment of the moons has the data, the distance and the number of examples of Cheng and Schwing 2025
(arXiv:2503.10636), figure 1: 20,000 steps of 256. Here 3,900 steps have a learning rate that falls to 0.
"""

from dataclasses import replace

from kerasgen.experiments import Experiment, Metric, measures
from kerasgen.experiments.transport import FromEightGaussians

# The defaults of the recipe for points. Times near the data and high frequencies decide how sharp the modes are: sigma
# is only 0.01 and 0.05.
POINTS = {
    "hidden_dim": 128,
    "frequencies": 3,
    "learning_rate": 2e-3,
    "decay_from": 0.0,
    "times": "logit_normal",
    "time_mean": -1.0,
    "time_std": 1.5,
}

GRID = Experiment(
    name="flow-grid-25",
    summary="modes of grid-25: flow matching",
    table="mode coverage",
    recipe="flow",
    measure=measures.modes_and_density,
    metrics=(
        Metric("modes", 2),
        Metric("high quality, %", 1),
        Metric("reverse KL, nats", 3),
        Metric(measures.DENSITY_ERROR, 2),
    ),
    baseline=measures.modes_of_the_mixture,
    source="the same number of points of the mixture",
    options=POINTS,
    dataset="grid-25",
    batch_size=500,
    epochs=30,
    samples=2500,
    label="flow matching",
    setup="Adam 2e-3 that falls to 0, averaged weights, MLP with 4 layers of 128, the adaptive sampler at 1e-3",
    minutes=3,
    quick={"epochs": 0, "steps": 100},
)

# Pairing -> squared 2-Wasserstein distance with the adaptive sampler and with one step: mean ± deviation of 10 seeds.
PUBLISHED = {"random": ("0.120 ± 0.045", "6.232 ± 0.186"), "optimal": ("0.050 ± 0.040", "0.072 ± 0.025")}


def _moons(pairing: str) -> Experiment:
    adaptive, one_step = PUBLISHED[pairing]
    return Experiment(
        name=f"flow-moons-{pairing}",
        summary=f"transport from eight Gaussians to two moons: {pairing} pairs",
        table="transport to moons",
        recipe="flow",
        measure=measures.moons_from_gaussians,
        metrics=(Metric(measures.ADAPTIVE, 3, adaptive), Metric(measures.ONE_STEP, 3, one_step)),
        baseline=measures.distance_of_moons,
        source="Cheng and Schwing 2025 (arXiv:2503.10636), figure 1: 20,000 steps, 10 seeds, 10,000 points; then two "
        "sets of 4,000 points of the moons",
        options={"hidden_dim": 128, "learning_rate": 1e-3, "decay_from": 0.0},
        fit=FromEightGaussians(pairing),
        dataset="moons",
        batch_size=256,
        epochs=10,
        samples=4000,
        label=f"flow matching, {pairing} pairs",
        setup="MLP with 4 layers of 128, averaged weights, Adam 1e-3 that falls to 0, pairs in batches of 256",
        minutes=6,
        quick={"epochs": 1, "samples": 200},
    )


EXPERIMENTS = (
    GRID,
    replace(GRID, name="flow-ring-8", summary="modes of ring-8: flow matching", dataset="ring-8"),
    *map(_moons, PUBLISHED),
)
