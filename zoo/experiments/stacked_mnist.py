"""Covered modes of Stacked MNIST, three digits in three channels: a classifier predicts the digits of 25,600 samples.

GANs with a small discriminator, after Lin et al. 2018 (PacGAN, arXiv:1712.04086), table 3: a generator of 64, 32 and
16 channels from 256 latents, and a discriminator of 2, 4 and 8 channels, "1/4 of G". The set-up differs from the
paper's, so compare the gain of a remedy over the plain `dcgan`, not the values. Models with an encoder are not
comparable with GANs, because they have to reconstruct every mode.
"""

from dataclasses import replace

from kerasgen.experiments import Experiment, Metric, measures

SMALL = "Stacked MNIST, small discriminator"
WITH_ENCODER = "Stacked MNIST, models with an encoder"
# Packing -> number of modes, reverse KL: mean and standard error over 50 seeds (table 3, D = 1/4 G).
PUBLISHED = {
    1: ("78.5 ± 17.56", "5.21 ± 0.19"),
    2: ("484.5 ± 32.99", "2.61 ± 0.22"),
    4: ("667.4 ± 29.00", "1.81 ± 0.15"),
}
LARGE = ("1000.0 ± 0.00", "0.06 ± 0.003")  # PacDCGAN2 with a large discriminator (table 2)
SIZES = {"latent_dim": 256, "width": 16, "discriminator_width": 2}


def _metrics(published: tuple[str, str] = ("", "")) -> tuple[Metric, ...]:
    return (Metric("modes, of 1,000", 1, published[0]), Metric("reverse KL, nats", 3, published[1]))


def _source(packing: int) -> str:
    model = f"PacDCGAN{packing}" if packing > 1 else "DCGAN"
    return f"{model} in another set-up, Lin et al. 2018 (arXiv:1712.04086), table 3: 500,000 steps, 50 seeds"


DCGAN = Experiment(
    name="stacked-dcgan",
    summary="modes of Stacked MNIST: dcgan",
    table=SMALL,
    recipe="dcgan",
    measure=measures.stacked_modes,
    metrics=_metrics(PUBLISHED[1]),
    options=SIZES,
    dataset="stacked-mnist",
    image_size=32,
    batch_size=128,
    steps=15_000,
    samples=25_600,
    backend="tensorflow",
    source=_source(1),
    label="dcgan",
    setup="32x32 pixels, 4x4 kernels, Adam 2e-4 for both networks",
    minutes=30,
    quick={"steps": 20},
)


def _variant(key: str, summary: str, minutes: float, steps: int = 15_000, **options: object) -> Experiment:
    packing = int(str(options.get("packing", 1)))
    return replace(
        DCGAN,
        name=f"stacked-{key}",
        summary=f"modes of Stacked MNIST: {summary}",
        metrics=_metrics(PUBLISHED[packing]),
        options=SIZES | options,
        batch_size=128 * packing,
        steps=steps,
        source=_source(packing),
        label=" ".join(["dcgan", *(f"{name}={value}" for name, value in options.items())]),
        minutes=minutes,
    )


RELATIVISTIC = {"objective": "relativistic", "r1_penalty": 0.05, "r2_penalty": 0.05}
_OF_VAE_GAN = RELATIVISTIC | {"adversarial_weight": 0.3, "learning_rate": 0.002}

VAE_GAN = replace(
    DCGAN,
    name="stacked-vae-gan",
    summary="modes of Stacked MNIST: vae-gan",
    table=WITH_ENCODER,
    recipe="vae-gan",
    metrics=_metrics(),
    options=SIZES | {"latent_dim": 32} | _OF_VAE_GAN,
    steps=4000,
    backend="torch",
    source="",
    label=" ".join(["vae-gan", *(f"{name}={value}" for name, value in _OF_VAE_GAN.items())]),
    setup="batch 128, the small discriminator, 32 latents",
    minutes=20,
)

VAE_GAN_1 = replace(
    VAE_GAN,
    name="stacked-vae-gan-1",
    summary="modes of Stacked MNIST: vae-gan with weight 1",
    options=dict(VAE_GAN.options) | {"adversarial_weight": 1},
    label=VAE_GAN.label.replace("adversarial_weight=0.3", "adversarial_weight=1"),
)

AUTOENCODER = replace(
    DCGAN,
    name="stacked-autoencoder",
    summary="modes of Stacked MNIST: Gaussian mixtures on the latents of an autoencoder",
    table=WITH_ENCODER,
    recipe="autoencoder-conv",
    metrics=_metrics(LARGE),
    options={"latent_dim": 48, "loss": "mean_squared_error"},
    samplers=("gmm", "gmm-100"),
    steps=8000,
    backend="torch",
    source="context: PacDCGAN2, a GAN without an encoder, Lin et al. 2018 (arXiv:1712.04086), table 2: 50 epochs of "
    "128,000 images, 10 seeds",
    label="",
    setup="batch 128, no discriminator",
    minutes=35,
)

EXPERIMENTS = (
    DCGAN,
    _variant("packing", "dcgan, packing 4", 75, packing=4),
    _variant(
        "relativistic", "dcgan, relativistic, R1 and R2", 42, objective="relativistic", r1_penalty=1, r2_penalty=1
    ),
    _variant(
        "best",
        "dcgan, the same with averaged weights and packing 2",
        38,
        steps=10_000,
        **RELATIVISTIC,
        average=0.999,
        packing=2,
    ),
    VAE_GAN,
    VAE_GAN_1,
    AUTOENCODER,
)
