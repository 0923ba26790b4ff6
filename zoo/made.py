"""MADE: exact likelihoods from one dense network with masked connections."""

from kerasgen.option import Option
from kerasgen.recipe import Recipe

# Options of the autoregressive models of the zoo.
SHARED = {
    "levels": Option(
        2,
        "Number of values of a pixel: 2 for the Bernoulli likelihood, 256 for images of 8 bits. A run of codes sets "
        "it to its number of codes.",
        minimum=2,
        maximum=4096,
    ),
    "binarize": Option(
        True, "Whether each step draws binary pixels, with the grey value as the probability of 1; for 2 levels only."
    ),
    "learning_rate": Option(1e-3, "Learning rate of the Adam optimizer."),
    "conditional": Option(False, "Whether the model receives the class label."),
}


def build(
    sample_shape,
    num_classes=0,
    *,
    hidden_dim,
    hidden_layers,
    num_masks,
    order,
    mask_seed,
    activation,
    levels,
    learning_rate,
    **options,
):
    """Return a MADE with hidden layers of equal width."""
    import math

    import keras

    from kerasgen import models, networks

    values = (levels if len(sample_shape) == 2 else 1, 1 if levels == 2 else levels)
    network = networks.made_network(
        math.prod(sample_shape),
        [hidden_dim] * hidden_layers,
        values,
        num_classes,
        num_masks,
        order,
        activation,
        mask_seed,
    )
    model = models.MADE(
        network, sample_shape, num_masks, order, mask_seed, levels=levels, num_classes=num_classes, **options
    )
    model.compile(keras.optimizers.Adam(learning_rate))
    return model


MADE = Recipe(
    name="made",
    summary="Masked autoencoder with exact likelihood",
    paper="Germain et al. 2015, arXiv:1502.03509",
    build=build,
    options={
        "hidden_dim": Option(1000, "Units of each hidden layer.", maximum=16384),
        "hidden_layers": Option(1, "Number of hidden layers.", maximum=16),
        "num_masks": Option(1, "Number of masks; each step uses one, and p(x) is the mean over them.", maximum=64),
        "order": Option("raster", "Order of the pixels.", ("raster", "random")),
        "mask_seed": Option(0, "Seed of the masks.", maximum=2**31 - 1),
        "activation": Option("relu", "Activation of the hidden layers.", ("leaky_relu", "relu", "tanh")),
    }
    | SHARED,
    epochs=30,
    batch_size=64,
    minutes=0.4,
    departures="1,000 hidden units instead of 8,000, Adam, 30 epochs, and pixels that each step draws again from the "
    "grey values, instead of images that are binarized once.",
    tiny={"hidden_dim": 8, "hidden_layers": 3, "num_masks": 2, "image_size": 8, "order": "random"},
)

RECIPES = [MADE]
