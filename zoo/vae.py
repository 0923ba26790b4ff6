"""Variational autoencoders.

`kerasgen train vae --dataset mnist --batch-size 100 --set latent_dim=200` reaches the loss of the same model written by
hand; the figure and its command stand in `results.csv`.
"""

from dataclasses import replace

from kerasgen.recipe import Recipe


def build_dense(image_shape, num_classes=0, *, hidden_dim, latent_dim, activation, learning_rate, **of_model):
    """Return a VAE of multilayer perceptrons with two hidden layers on each side."""
    import keras

    from kerasgen import models, networks

    model = models.VAE(
        networks.dense_encoder(
            image_shape, [hidden_dim, hidden_dim], latent_dim, num_classes=num_classes, activation=activation
        ),
        networks.dense_decoder(image_shape, [hidden_dim, hidden_dim], latent_dim, num_classes, activation),
        num_classes=num_classes,
        **of_model,
    )
    model.compile(keras.optimizers.Adam(learning_rate))
    return model


def build_conv(image_shape, *, width, hidden_dim, latent_dim, learning_rate, **of_model):
    """Return a VAE of strided convolutions and their mirror image."""
    import keras

    from kerasgen import models, networks

    model = models.VAE(
        networks.conv_encoder(image_shape, width, hidden_dim, latent_dim),
        networks.conv_decoder(image_shape, width, hidden_dim, latent_dim),
        **of_model,
    )
    model.compile(keras.optimizers.Adam(learning_rate))
    return model


VAE = Recipe(
    name="vae",
    summary="variational autoencoder, multilayer perceptrons",
    paper="Kingma and Welling 2014, arXiv:1312.6114",
    build=build_dense,
    options={
        "hidden_dim": 400,
        "latent_dim": 20,
        "activation": "leaky_relu",
        "beta": 1.0,
        "likelihood": "bernoulli",
        "samples": 1,
        "binarize": False,
        "warm_up": 0,
        "gradient_samples": 0,
        "learning_rate": 1e-3,
    },
    epochs=60,
    batch_size=16,  # the bundled digits are few: with 100 they are 17 steps in an epoch, and samples stay blurred
    try_next=("generate", "reconstruct", "latents"),
)

VAE_CONV = replace(
    VAE,
    name="vae-conv",
    summary="variational autoencoder, convolutions",
    build=build_conv,
    options={
        "width": 32,
        "hidden_dim": 256,
        "latent_dim": 32,
        "beta": 1.0,
        "likelihood": "bernoulli",
        "samples": 1,
        "binarize": False,
        "warm_up": 0,
        "gradient_samples": 0,
        "learning_rate": 1e-3,
    },
    epochs=30,
    batch_size=32,
)

CVAE = replace(
    VAE,
    name="cvae",
    summary="VAE that is told the class, multilayer perceptrons",
    paper="Kingma et al. 2014, arXiv:1406.5298",
    options=VAE.options | {"conditional": True, "latent_dim": 32},
    batch_size=32,
)

RECIPES = [VAE, VAE_CONV, CVAE]
