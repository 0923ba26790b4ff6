"""VQ-VAE: discrete codes of images; a second model is trained as their prior.

`kerasgen train vq-vae`, `kerasgen train pixelcnn --dataset runs/vq-vae-1`, `kerasgen generate runs/pixelcnn-1`.
"""

from kerasgen.option import Option
from kerasgen.recipe import Recipe


def build(sample_shape, *, width, halvings, code_dim, learning_rate, **options):
    """Return a convolutional VQ-VAE."""
    import keras

    from kerasgen import models, networks

    model = models.VQVAE(
        networks.grid_encoder(sample_shape, width, code_dim, halvings),
        networks.grid_decoder(sample_shape, width, code_dim, halvings),
        **options,
    )
    model.compile(keras.optimizers.Adam(learning_rate))
    return model


VQ_VAE = Recipe(
    name="vq-vae",
    summary="Autoencoder with discrete codes",
    paper="van den Oord et al. 2017, arXiv:1711.00937",
    build=build,
    options={
        "width": Option(
            32, "Channels of the first convolution; doubled when the side is halved, up to 8 * width.", maximum=1024
        ),
        "halvings": Option(
            2, "Number of times that the sides are halved; 2 gives 7x7 codes for images of 28x28.", maximum=8
        ),
        "code_dim": Option(16, "Size of each vector of the code book.", maximum=1024),
        "num_codes": Option(64, "Number of codes.", minimum=2, maximum=4096),
        "update": Option(
            "average", "Update rule of the code book: by moving averages, or by a loss.", ("average", "loss")
        ),
        "decay": Option(0.99, "Decay of the moving averages.", maximum=0.9999),
        "restart": Option(
            0.03, "Usage below which a code is restarted, as a fraction of the mean usage; 0: never.", maximum=0.9
        ),
        "commitment": Option(0.25, "Weight of the commitment loss."),
        "reconstruction_loss": Option(
            "binary_crossentropy", "Reconstruction loss.", ("binary_crossentropy", "mean_squared_error")
        ),
        "learning_rate": Option(1e-3, "Learning rate of the Adam optimizer."),
    },
    epochs=10,
    batch_size=32,
    minutes=1,
    try_next=("reconstruct", "encode", "train pixelcnn --dataset"),
    departures="64 codes instead of 512, for images of 28x28 instead of 128x128, a code book updated by moving "
    "averages with restarts of unused codes, and a learning rate of 1e-3 instead of 2e-4.",
    tiny={"width": 2, "code_dim": 3, "num_codes": 5, "image_size": 8},
)

RECIPES = [VQ_VAE]
