"""Variational autoencoders.

`kerasgen train vae --dataset mnist --batch-size 100 --set latent_dim=200` reaches the loss of the same model written by
hand; `results.csv` has the value and its command.
"""

from dataclasses import replace

from kerasgen.option import Option
from kerasgen.recipe import Recipe

# Options of every VAE of the zoo.
SHARED = {
    "beta": Option(1.0, "Weight of the KL divergence; 1 gives the evidence lower bound."),
    "likelihood": Option("bernoulli", "Likelihood of each pixel given the latents.", ("bernoulli", "gaussian")),
    "samples": Option(
        1, "Number of latent vectors drawn for each image; several give the importance-weighted bound.", maximum=1000
    ),
    "binarize": Option(False, "Whether each step draws binary pixels, with the grey value as the probability of 1."),
    "warm_up": Option(
        0, "Number of steps in which the weight of the KL divergence grows from 0 to beta.", maximum=10**9
    ),
    "gradient_samples": Option(0, "Number of samples used for the gradient; 0: all.", maximum=1000),
    "learning_rate": Option(1e-3, "Learning rate of the Adam optimizer."),
}


def build_dense(sample_shape, num_classes=0, *, hidden_dim, latent_dim, activation, learning_rate, **options):
    """Return a VAE whose encoder and decoder are MLPs with two hidden layers."""
    import keras

    from kerasgen import models, networks

    hidden_dims = [hidden_dim, hidden_dim]
    model = models.VAE(
        networks.dense_encoder(sample_shape, hidden_dims, latent_dim, num_classes=num_classes, activation=activation),
        networks.dense_decoder(sample_shape, hidden_dims, latent_dim, num_classes, activation),
        num_classes=num_classes,
        **options,
    )
    model.compile(keras.optimizers.Adam(learning_rate))
    return model


def build_conv(sample_shape, *, width, hidden_dim, latent_dim, learning_rate, **options):
    """Return a VAE with a convolutional encoder and a mirrored decoder."""
    import keras

    from kerasgen import models, networks

    model = models.VAE(
        networks.conv_encoder(sample_shape, width, hidden_dim, latent_dim),
        networks.conv_decoder(sample_shape, width, hidden_dim, latent_dim),
        **options,
    )
    model.compile(keras.optimizers.Adam(learning_rate))
    return model


VAE = Recipe(
    name="vae",
    summary="VAE with MLP encoder and decoder",
    paper="Kingma and Welling 2014, arXiv:1312.6114",
    build=build_dense,
    options={
        "hidden_dim": Option(400, "Units of each hidden layer.", maximum=8192),
        # Fewer latents leave fewer gaps in the prior, so more samples look like digits; with 3 they become blurred.
        "latent_dim": Option(4, "Size of the latent vector.", maximum=8192),
        "activation": Option("leaky_relu", "Activation of the hidden layers.", ("leaky_relu", "relu", "tanh")),
    }
    | SHARED,
    epochs=60,
    batch_size=64,
    minutes=0.8,
    try_next=("generate", "generate --sampler gmm-100", "reconstruct", "latents"),
    departures="Two hidden layers with leaky ReLU instead of one with tanh, and Adam instead of Adagrad. A classifier "
    "recognizes about seven in ten samples of the prior with confidence. The others come from latents between two "
    "digits, where the prior has mass but no training image is encoded. The sampler gmm-100 avoids these gaps.",
    tiny={"hidden_dim": 8, "latent_dim": 3, "image_size": 8},
)

VAE_CONV = replace(
    VAE,
    name="vae-conv",
    summary="VAE with convolutional encoder and decoder",
    build=build_conv,
    options={
        "width": Option(
            32, "Channels of the first convolution; doubled when the side is halved, up to 8 * width.", maximum=1024
        ),
        "hidden_dim": Option(256, "Units of the dense layer between convolutions and latents.", maximum=8192),
        "latent_dim": Option(10, "Size of the latent vector.", maximum=8192),
    }
    | SHARED,
    epochs=24,
    minutes=1,
    departures="Convolutional instead of fully connected networks, and Adam instead of Adagrad.",
    tiny={"width": 2, "hidden_dim": 8, "latent_dim": 3, "image_size": 8},
)

CVAE = replace(
    VAE,
    name="cvae",
    summary="Class-conditional VAE (MLP)",
    paper="Kingma et al. 2014, arXiv:1406.5298",
    options=VAE.options | {"conditional": Option(True, "Whether encoder and decoder receive the class label.")},
    epochs=40,
    minutes=0.4,
    try_next=("generate", "reconstruct", "latents"),
    departures="Only the part of model M2 with known labels: there is no classifier, and no unlabelled image.",
)

RECIPES = [VAE, VAE_CONV, CVAE]
