"""Latent diffusion: a convolutional autoencoder, and then a flow or diffusion model of its latents.

`kerasgen train latent-diffusion --set conditional=true` trains both, one after the other.
"""

from dataclasses import replace

from kerasgen.recipe import Option, Recipe
from kerasgen.zoo.autoencoder import AUTOENCODER_CONV
from kerasgen.zoo.diffusion import DIFFUSION


def build(
    sample_shape,
    num_classes=0,
    *,
    autoencoder_epochs,
    width,
    hidden_dim,
    latent_dim,
    loss,
    schedule,
    diffusion_hidden_dim,
    diffusion_depth,
    label_dropout,
    average,
    learning_rate,
):
    """Return an autoencoder with convolutions and a diffusion model of its latents with an MLP."""
    import keras

    from kerasgen import models, networks

    autoencoder = models.Autoencoder(
        networks.conv_encoder(sample_shape, width, hidden_dim, latent_dim, heads=["latents"]),
        networks.conv_decoder(sample_shape, width, hidden_dim, latent_dim),
        reconstruction_loss=loss,
    )
    diffusion = models.Diffusion(
        networks.diffusion_mlp((latent_dim,), diffusion_hidden_dim, diffusion_depth, num_classes),
        schedule=schedule,
        prediction="velocity" if schedule == "straight" else "v",
        num_classes=num_classes,
        label_dropout=label_dropout,
        average=average,
    )
    model = models.LatentDiffusion(autoencoder, diffusion, autoencoder_epochs)
    model.compile(keras.optimizers.Adam(learning_rate))
    return model


LATENT_DIFFUSION = Recipe(
    name="latent-diffusion",
    summary="Convolutional autoencoder, then a flow or diffusion of its latents",
    paper="Rombach et al. 2022, arXiv:2112.10752; Dao et al. 2023, arXiv:2307.08698",
    build=build,
    options={
        "conditional": DIFFUSION.options["conditional"],
        "autoencoder_epochs": Option(
            30, "Number of epochs that train the autoencoder; all later ones train the diffusion model.", minimum=0
        ),
        "width": AUTOENCODER_CONV.options["width"],
        "hidden_dim": AUTOENCODER_CONV.options["hidden_dim"],
        "latent_dim": Option(16, "Size of the latent vector.", maximum=8192),
        "loss": replace(AUTOENCODER_CONV.options["loss"], default="mean_squared_error"),
        "schedule": Option(
            "straight", "Path of the diffusion model; straight: flow matching.", ("straight", "cosine", "linear")
        ),
        "diffusion_hidden_dim": Option(256, "Units of each hidden layer of the diffusion model.", maximum=8192),
        "diffusion_depth": Option(4, "Number of hidden layers of the diffusion model.", maximum=64),
        "label_dropout": DIFFUSION.options["label_dropout"],
        "average": DIFFUSION.options["average"],
        "learning_rate": Option(1e-3, "Learning rate of both Adam optimizers."),
    },
    epochs=100,
    batch_size=128,
    try_next=("generate", "interpolate", "reconstruct"),
    departures="The autoencoder has a latent vector instead of a feature map, and neither an adversarial nor a "
    "perceptual loss.",
    tiny={
        "autoencoder_epochs": 1,
        "width": 2,
        "hidden_dim": 8,
        "latent_dim": 3,
        "diffusion_hidden_dim": 8,
        "diffusion_depth": 2,
        "image_size": 8,
    },
)

RECIPES = [LATENT_DIFFUSION]
