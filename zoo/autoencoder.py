"""Autoencoders: plain ones of dense layers and of convolutions, and one that takes noise away.

    kerasgen train denoising-autoencoder --dataset mnist --set optimizer=rmsprop

The options `optimizer` and `learning_rate` of each: `adam`, `rmsprop` or `adadelta`; a rate of 0 stands for the
optimizer's own, in the tables below.
"""

from dataclasses import replace

from kerasgen.errors import unknown
from kerasgen.recipe import Recipe

# Adadelta finds the size of its steps by itself and scales them by the rate: 1 is its paper's (Zeiler 2012).
LEARNING_RATES = {"adam": 1e-3, "rmsprop": 1e-3, "adadelta": 1.0}
# On MNIST Adam at 3e-3 is at a test error of 0.0277 after 8 epochs, at 1e-3 0.0285, at 5e-3 0.0284;
# RMSprop at 3e-3 at 0.0313 after 5 epochs, at 1e-3 0.0338.
DENOISING_LEARNING_RATES = LEARNING_RATES | {"adam": 3e-3, "rmsprop": 3e-3}


def build_dense(image_shape, *, hidden_dim, latent_dim, loss, optimizer, learning_rate):
    """Return an autoencoder of multilayer perceptrons with two hidden layers on each side."""
    from kerasgen import models, networks

    model = models.Autoencoder(
        networks.dense_encoder(image_shape, [hidden_dim, hidden_dim], latent_dim, heads=["latents"]),
        networks.dense_decoder(image_shape, [hidden_dim, hidden_dim], latent_dim),
        reconstruction_loss=loss,
    )
    model.compile(_optimizer(optimizer, learning_rate))
    return model


def build_conv(image_shape, *, width, hidden_dim, latent_dim, loss, optimizer, learning_rate):
    """Return an autoencoder of strided convolutions and their mirror image."""
    from kerasgen import models, networks

    model = models.Autoencoder(
        networks.conv_encoder(image_shape, width, hidden_dim, latent_dim, heads=["latents"]),
        networks.conv_decoder(image_shape, width, hidden_dim, latent_dim),
        reconstruction_loss=loss,
    )
    model.compile(_optimizer(optimizer, learning_rate))
    return model


def build_denoising(image_shape, *, width, hidden_dim, latent_dim, noise, noise_factor, loss, optimizer, learning_rate):
    """Return a denoising autoencoder of three convolutions with batch normalisation and their mirror image."""
    from kerasgen import models, networks

    widths = [width, 2 * width, 4 * width]
    model = models.DenoisingAutoencoder(
        networks.denoising_encoder(image_shape, widths, hidden_dim, latent_dim),
        networks.denoising_decoder(image_shape, widths, hidden_dim, latent_dim),
        reconstruction_loss=loss,
        noise=noise,
        noise_factor=noise_factor,
    )
    model.compile(_optimizer(optimizer, learning_rate, DENOISING_LEARNING_RATES))
    return model


def _optimizer(name, learning_rate, own_rates=LEARNING_RATES):
    import keras

    if name not in own_rates:
        raise unknown("optimizer", name, own_rates)
    return keras.optimizers.get({"class_name": name, "config": {"learning_rate": learning_rate or own_rates[name]}})


AUTOENCODER = Recipe(
    name="autoencoder",
    summary="autoencoder, multilayer perceptrons",
    paper="Hinton and Salakhutdinov 2006; Bank et al. 2020, arXiv:2003.05991",
    build=build_dense,
    options={
        "hidden_dim": 400,
        "latent_dim": 32,
        "loss": "binary_crossentropy",
        "optimizer": "adam",
        "learning_rate": 0.0,
    },
    try_next=("reconstruct", "latents"),
)

AUTOENCODER_CONV = replace(
    AUTOENCODER,
    name="autoencoder-conv",
    summary="autoencoder, convolutions",
    build=build_conv,
    options={"width": 32, "hidden_dim": 256} | {k: v for k, v in AUTOENCODER.options.items() if k != "hidden_dim"},
)

DENOISING_AUTOENCODER = Recipe(
    name="denoising-autoencoder",
    summary="autoencoder that takes noise away, convolutions",
    paper="Vincent et al. 2010; Alain and Bengio 2014, arXiv:1211.4246",
    build=build_denoising,
    options={
        "width": 8,
        "hidden_dim": 128,
        "latent_dim": 4,
        "noise": "gaussian",
        "noise_factor": 0.3,
        "loss": "mean_squared_error",
        "optimizer": "adam",
        "learning_rate": 0.0,
    },
    try_next=("denoise",),
)

RECIPES = [AUTOENCODER, AUTOENCODER_CONV, DENOISING_AUTOENCODER]
