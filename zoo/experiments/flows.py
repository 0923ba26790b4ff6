"""Flow matching: modes of mixtures of Gaussians, densities, and samples of MNIST."""

from dataclasses import replace

from kerasgen.experiments import Experiment, Metric, measures

# Times near the data decide how sharp the modes are, because sigma is only 0.01 and 0.05.
POINTS = {"hidden_dim": 128, "times": "logit_normal", "time_mean": -1.0, "time_std": 1.5}

GRID = Experiment(
    name="flow-grid-25",
    summary="modes of grid-25: flow matching",
    table="mode coverage",
    recipe="flow",
    measure=measures.mode_coverage,
    metrics=(Metric("modes", 2), Metric("high quality, %", 1), Metric("reverse KL, nats", 3)),
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

LATENTS = Experiment(
    name="latents-autoencoder-flow",
    summary="classifier Frechet distance: flow on the latents of an autoencoder",
    table="classifier Frechet distance",
    recipe="autoencoder-conv",
    measure=measures.classifier_frechet,
    metrics=(Metric("10,000 samples", 2),),
    options={"latent_dim": 16, "loss": "mean_squared_error"},
    batch_size=128,
    epochs=10,
    samplers=("gmm-100", "flow"),
    backend="torch",
    baseline=measures.frechet_of_training_images,
    source="10,000 training images",
    setup="batch 128",
    minutes=20,
    quick={"epochs": 0, "steps": 10, "samplers": ("flow-10",)},
)

EXPERIMENTS = (
    GRID,
    replace(GRID, name="flow-ring-8", summary="modes of ring-8: flow matching", dataset="ring-8"),
    LATENTS,
)
