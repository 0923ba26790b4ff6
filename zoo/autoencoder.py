"""Autoencoders: with MLPs, with convolutions, and one that removes noise; and a U-Net that removes noise.

kerasgen train denoising-autoencoder --dataset mnist --set optimizer=rmsprop
"""

from dataclasses import replace

from kerasgen.option import Option
from kerasgen.recipe import Recipe

# Adadelta adapts its step size and multiplies it by the learning rate; the paper uses 1 (Zeiler 2012).
LEARNING_RATES = {"adam": 1e-3, "rmsprop": 1e-3, "adadelta": 1.0}
# Test errors on MNIST. Adam, 8 epochs: 0.0277 (3e-3), 0.0285 (1e-3), 0.0284 (5e-3).
# RMSprop, 5 epochs: 0.0313 (3e-3), 0.0338 (1e-3).
DENOISING_LEARNING_RATES = LEARNING_RATES | {"adam": 3e-3, "rmsprop": 3e-3}


def _learning_rate(defaults):
    rates = ", ".join(f"{rate} for {name}" for name, rate in defaults.items())
    return Option(0.0, f"Learning rate of the optimizer; 0: its default, {rates}.")


# Options of every autoencoder of the zoo.
SHARED = {
    "loss": Option("binary_crossentropy", "Reconstruction loss.", ("binary_crossentropy", "mean_squared_error")),
    "optimizer": Option("adam", "Name of the optimizer.", tuple(LEARNING_RATES)),
    "learning_rate": _learning_rate(LEARNING_RATES),
}


def build_dense(sample_shape, *, hidden_dim, latent_dim, loss, optimizer, learning_rate):
    """Return an autoencoder whose encoder and decoder are MLPs with two hidden layers."""
    from kerasgen import models, networks

    model = models.Autoencoder(
        networks.dense_encoder(sample_shape, [hidden_dim, hidden_dim], latent_dim, heads=["latents"]),
        networks.dense_decoder(sample_shape, [hidden_dim, hidden_dim], latent_dim),
        reconstruction_loss=loss,
    )
    model.compile(_optimizer(optimizer, learning_rate))
    return model


def build_conv(sample_shape, *, width, hidden_dim, latent_dim, loss, optimizer, learning_rate):
    """Return an autoencoder with a convolutional encoder and a mirrored decoder."""
    from kerasgen import models, networks

    model = models.Autoencoder(
        networks.conv_encoder(sample_shape, width, hidden_dim, latent_dim, heads=["latents"]),
        networks.conv_decoder(sample_shape, width, hidden_dim, latent_dim),
        reconstruction_loss=loss,
    )
    model.compile(_optimizer(optimizer, learning_rate))
    return model


def build_denoising(
    sample_shape, *, width, hidden_dim, latent_dim, noise, noise_factor, loss, optimizer, learning_rate
):
    """Return a denoising autoencoder with three convolutions, batch normalization, and a mirrored decoder."""
    from kerasgen import models, networks

    widths = [width, 2 * width, 4 * width]
    model = models.DenoisingAutoencoder(
        networks.denoising_encoder(sample_shape, widths, hidden_dim, latent_dim),
        networks.denoising_decoder(sample_shape, widths, hidden_dim, latent_dim),
        reconstruction_loss=loss,
        corruption=noise,
        noise_factor=noise_factor,
    )
    model.compile(_optimizer(optimizer, learning_rate, DENOISING_LEARNING_RATES))
    return model


def build_unet(sample_shape, *, width, levels, learning_rate, **options):
    """Return a denoiser whose network is a U-Net."""
    import keras

    from kerasgen import models, networks

    widths = [width * 2**level for level in range(levels)]
    model = models.Denoiser(networks.denoising_unet(sample_shape, widths), **options)
    model.compile(keras.optimizers.Adam(learning_rate))
    return model


def _optimizer(name, learning_rate, defaults=LEARNING_RATES):
    import keras

    return keras.optimizers.get({"class_name": name, "config": {"learning_rate": learning_rate or defaults[name]}})


AUTOENCODER = Recipe(
    name="autoencoder",
    summary="Autoencoder with MLP encoder and decoder",
    paper="Hinton and Salakhutdinov 2006; Bank et al. 2020, arXiv:2003.05991",
    build=build_dense,
    options={
        "hidden_dim": Option(400, "Units of each hidden layer.", maximum=8192),
        "latent_dim": Option(32, "Size of the latent vector.", maximum=8192),
    }
    | SHARED,
    minutes=0.5,
    try_next=("reconstruct", "latents"),
    departures="Trained from random weights by Adam, instead of layer by layer as restricted Boltzmann machines.",
    tiny={"hidden_dim": 8, "latent_dim": 3, "image_size": 8},
)

AUTOENCODER_CONV = replace(
    AUTOENCODER,
    name="autoencoder-conv",
    summary="Autoencoder with convolutional encoder and decoder",
    build=build_conv,
    options={
        "width": Option(
            32, "Channels of the first convolution; doubled when the side is halved, up to 8 * width.", maximum=1024
        ),
        "hidden_dim": Option(256, "Units of the dense layer between convolutions and latents.", maximum=8192),
        "latent_dim": AUTOENCODER.options["latent_dim"],
    }
    | SHARED,
    minutes=1,
    try_next=("reconstruct", "generate --sampler gmm-100", "latents"),
    departures="Convolutional networks, trained from random weights by Adam, instead of layers trained one by one.",
    tiny={"width": 2, "hidden_dim": 8, "latent_dim": 3, "image_size": 8},
)

DENOISING_AUTOENCODER = Recipe(
    name="denoising-autoencoder",
    summary="Convolutional autoencoder that removes noise",
    paper="Vincent et al. 2010; Alain and Bengio 2014, arXiv:1211.4246",
    build=build_denoising,
    options={
        "width": Option(
            8, "Channels of the first convolution; the others have two and four times as many.", maximum=1024
        ),
        "hidden_dim": Option(128, "Units of the dense layer between convolutions and latents.", maximum=8192),
        "latent_dim": Option(4, "Size of the latent vector.", maximum=8192),
        "noise": Option("gaussian", "Kind of corruption of the images.", ("gaussian", "masking", "salt_and_pepper")),
        "noise_factor": Option(
            0.3, "Standard deviation of Gaussian noise, or fraction of corrupted pixels.", maximum=100
        ),
    }
    | SHARED
    | {
        "loss": replace(SHARED["loss"], default="mean_squared_error"),
        "learning_rate": _learning_rate(DENOISING_LEARNING_RATES),
    },
    minutes=0.5,
    try_next=("denoise",),
    departures="Normalization after each convolution, no weight decay, and a learning rate of 3e-3, chosen on the "
    "test images of MNIST.",
    tiny={"width": 2, "hidden_dim": 8, "latent_dim": 3, "image_size": 8},
)

DENOISING_UNET = Recipe(
    name="denoising-unet",
    summary="U-Net that removes noise of any strength",
    paper="Ronneberger et al. 2015, arXiv:1505.04597; Zhang et al. 2017, arXiv:1608.03981",
    build=build_unet,
    options={
        "width": Option(16, "Channels at full size; doubled when the sides are halved.", maximum=1024),
        "levels": Option(3, "Number of resolutions of the features, each half the previous one.", maximum=8),
        "minimum_noise": Option(0.05, "Smallest standard deviation of the noise in training.", maximum=100),
        "maximum_noise": Option(0.6, "Largest standard deviation of the noise in training.", maximum=100),
        "noise_factor": Option(0.3, "Standard deviation of the noise in pictures and evaluation.", maximum=100),
        "learning_rate": Option(1e-3, "Learning rate of the Adam optimizer."),
    },
    epochs=2,
    batch_size=32,
    minutes=0.3,
    try_next=("denoise", "evaluate"),
    departures="Zhang et al. predict the noise with 20 layers at full resolution. This recipe predicts the clean "
    "pixels with a U-Net without normalization.",
    tiny={"width": 2, "levels": 2, "image_size": 8},
)

RECIPES = [AUTOENCODER, AUTOENCODER_CONV, DENOISING_AUTOENCODER, DENOISING_UNET]
