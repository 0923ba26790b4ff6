"""Variational autoencoders.

`kerasgen train vae --dataset mnist --batch-size 100 --set latent_dim=200` reaches the loss of the same model written by
hand; the figure and its command stand in `results.csv`.
"""

from dataclasses import replace

from kerasgen.recipe import Option, Recipe

# The options that every VAE of the zoo has.
SHARED = {
    "beta": Option(1.0, "weight of the KL divergence; 1 gives the bound on log p(x)"),
    "likelihood": Option("bernoulli", "of a pixel given the latents", ("bernoulli", "gaussian")),
    "samples": Option(1, "latents drawn for each image; several make it an IWAE"),
    "binarize": Option(False, "whether each step draws the pixels, 0 or 1 by their grey"),
    "warm_up": Option(0, "steps in which the weight of the KL divergence grows to beta"),
    "gradient_samples": Option(0, "of several samples, how many carry the gradient; 0: all"),
    "learning_rate": Option(1e-3, "of Adam"),
}


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
        "hidden_dim": Option(400, "units of each hidden layer"),
        "latent_dim": Option(20, "numbers that stand for an image"),
        "activation": Option("leaky_relu", "of the hidden layers", ("leaky_relu", "relu", "tanh")),
    }
    | SHARED,
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
        "width": Option(32, "channels of the first convolution, doubled with each halving of the side, to 8 times"),
        "hidden_dim": Option(256, "units of the dense layer between convolutions and latents"),
        "latent_dim": Option(32, "numbers that stand for an image"),
    }
    | SHARED,
    epochs=30,
    batch_size=32,
)

CVAE = replace(
    VAE,
    name="cvae",
    summary="VAE that is told the class, multilayer perceptrons",
    paper="Kingma et al. 2014, arXiv:1406.5298",
    options=VAE.options
    | {
        "latent_dim": replace(VAE.options["latent_dim"], default=32),
        "conditional": Option(True, "whether the networks are told the class"),
    },
    batch_size=32,
)

RECIPES = [VAE, VAE_CONV, CVAE]
