"""Flow matching: modes of mixtures of Gaussians."""

from dataclasses import replace

from kerasgen.experiments import Experiment, Metric, measures

# Times near the data decide how sharp the modes are, because sigma is only 0.01 and 0.05.
POINTS = {"hidden_dim": 128, "times": "logit_normal", "time_mean": -1.0, "time_std": 1.5}

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
    steps=3000,
    samples=2500,
    backend="torch",
    label="flow matching",
    setup="Adam 1e-3, averaged weights, MLP with 4 layers of 128, the adaptive sampler at 1e-3",
    minutes=3,
    quick={"steps": 100},
)

EXPERIMENTS = (
    GRID,
    replace(GRID, name="flow-ring-8", summary="modes of ring-8: flow matching", dataset="ring-8"),
)
