"""Samplers of the latents of an autoencoder, and latent diffusion: Frechet distances of samples of MNIST.

An autoencoder has no prior. Its latents are drawn from N(0, I), from a mixture of Gaussians, or from a model trained by
flow matching with classes, or a RealNVP. Each is fitted to the latents of 20,000 training images. No sampler is
expected to be better than the reconstructions of training images.
"""

from dataclasses import replace

from kerasgen.experiments import Experiment, Metric, measures

AUTOENCODER = Experiment(
    name="latents-autoencoder-flow",
    summary="classifier Frechet distance: samplers of the latents of an autoencoder",
    table="classifier Frechet distance",
    recipe="autoencoder-conv",
    measure=measures.classifier_frechet,
    metrics=(Metric("10,000 samples", 2),),
    options={"latent_dim": 16, "loss": "mean_squared_error"},
    batch_size=128,
    epochs=10,
    samplers=("prior", "gmm", "gmm-100", "flow", "flow sampler=heun steps=5", "realnvp"),
    backend="torch",
    baseline=measures.frechet_of_reconstructions,
    source="10,000 training images",
    setup="batch 128",
    minutes=30,
    quick={"epochs": 0, "steps": 10, "samplers": ("flow-10", "realnvp-10")},
)

LATENT_DIFFUSION = replace(
    AUTOENCODER,
    name="latent-diffusion-mnist",
    summary="classifier Frechet distance: latent diffusion",
    recipe="latent-diffusion",
    options={"autoencoder_epochs": 10},
    epochs=25,
    samplers=("prior",),
    baseline=measures.frechet_of_training_images,
    minutes=35,
    quick={"epochs": 2, "options": {"autoencoder_epochs": 1, "width": 4}},
)

EXPERIMENTS = (AUTOENCODER, LATENT_DIFFUSION)
