"""Classifier Frechet distances of 10,000 samples to MNIST's test images.

The features are those of a small classifier of the digits, so the values have another scale than an FID. Every recipe
trains for 10 epochs in batches of 128 with its own defaults. An autoencoder has no prior: its latents are drawn from
N(0, I), from one Gaussian or from a mixture of 20 fitted to the latents of training images (Ghosh et al. 2020,
arXiv:1903.12436, table 1: there a mixture of ten improves the FID of an autoencoder from 58.7 to 10.7).
"""

from dataclasses import replace
from typing import Any

from kerasgen.experiments import Experiment, Metric, measures

OBJECTIVES = ("non_saturating", "minimax", "least_squares", "wasserstein", "hinge", "relativistic")
# Recipe -> backend, options, minutes; the gradient penalty of `wasserstein` takes more time. Half the usual width of a
# DCGAN takes half the time.
ADVERSARIAL = {"gan": ("jax", {}, 6), "cgan": ("jax", {}, 9), "dcgan": ("torch", {"width": 32}, 22)}

VAE = Experiment(
    name="frechet-vae",
    summary="classifier Frechet distance: vae",
    table="classifier Frechet distance",
    recipe="vae",
    measure=measures.classifier_frechet,
    metrics=(Metric("10,000 samples", 2),),
    batch_size=128,
    epochs=10,
    baseline=measures.frechet_of_training_images,
    source="10,000 training images",
    setup="batch 128",
    minutes=3,
    quick={"epochs": 0, "steps": 10},
)


def _of_recipe(recipe: str, minutes: float, **fields: Any) -> Experiment:
    names: dict[str, Any] = {"name": f"frechet-{recipe}", "summary": f"classifier Frechet distance: {recipe}"}
    return replace(VAE, recipe=recipe, minutes=minutes, **names | fields)


def _of_objective(recipe: str, objective: str) -> Experiment:
    backend, options, minutes = ADVERSARIAL[recipe]
    experiment = _of_recipe(recipe, minutes * (1.6 if objective == "wasserstein" else 1), backend=backend)
    return replace(
        experiment,
        name=f"{experiment.name}-{objective.replace('_', '-')}",
        summary=f"{experiment.summary}, {objective}",
        options=options | {"objective": objective},
    )


EXPERIMENTS = (
    VAE,
    _of_recipe("vae-conv", 10, backend="torch"),
    _of_recipe("autoencoder-conv", 13, backend="torch", samplers=("prior", "gmm-1", "gmm")),
    *(_of_objective(recipe, objective) for objective in OBJECTIVES for recipe in ADVERSARIAL),
)
