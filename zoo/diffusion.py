"""Diffusion models and flow matching, for images and for points.

`kerasgen train flow --dataset grid-25` learns a density in the plane.
"""

from dataclasses import replace

from kerasgen.option import Option
from kerasgen.recipe import Recipe

# Options of every diffusion and flow model of the zoo.
SHARED = {
    "conditional": Option(False, "Whether the network receives the class label."),
    "label_dropout": Option(
        0.1, "Probability of dropping a label in training, for classifier-free guidance.", maximum=1
    ),
    "weighting": Option(
        "simple",
        "Weighting of the times in the loss: equal for errors of the prediction, of the noise or of the image, or by "
        "the signal-to-noise ratio.",
        ("simple", "noise", "image", "truncated_snr", "min_snr"),
    ),
    "times": Option("uniform", "Distribution of the times drawn in training.", ("uniform", "logit_normal")),
    "time_mean": Option(0.0, "Mean of logit-normal times, before the sigmoid.", minimum=-10, maximum=10),
    "time_std": Option(1.0, "Standard deviation of logit-normal times, before the sigmoid.", minimum=0.01, maximum=10),
    "width": Option(32, "Channels of the U-Net at its largest side; twice as many elsewhere.", maximum=1024),
    "patch": Option("2", "Side of the patches of pixels that the U-Net works on.", ("1", "2", "4")),
    "attention": Option(True, "Whether the U-Net has self-attention at its coarsest side."),
    "hidden_dim": Option(256, "Units of each hidden layer of the MLP, for points.", maximum=8192),
    "depth": Option(4, "Number of hidden layers of the MLP, for points.", maximum=64),
    "frequencies": Option(
        0,
        "Number of frequencies of the sines and cosines of each coordinate, for points; 0: none.",
        minimum=0,
        maximum=16,
    ),
    "average": Option(0.999, "Decay of the moving average of the weights used to generate; 0: none.", maximum=1),
    "learning_rate": Option(1e-3, "Initial learning rate of the Adam optimizer."),
    "decay_from": Option(
        1.0, "Fraction of the training after which the learning rate falls linearly to 0; 1: constant.", maximum=1
    ),
}
# A training on points. Times near the data decide how sharp narrow modes are.
POINTS = {
    "epochs": 30,
    "batch_size": 500,
    "hidden_dim": 128,
    "frequencies": 3,
    "learning_rate": 2e-3,
    "decay_from": 0.0,
    "times": "logit_normal",
    "time_mean": -1.0,
    "time_std": 1.5,
}
SCHEDULE = Option("cosine", "Noise schedule.", ("cosine", "linear"))
PREDICTION = Option("v", "Quantity that the network predicts.", ("noise", "image", "v"))


def build(
    sample_shape,
    num_classes=0,
    *,
    width,
    patch,
    attention,
    hidden_dim,
    depth,
    frequencies,
    learning_rate,
    decay_from,
    **options,
):
    """Return a diffusion model with a U-Net for images (H, W, C), or with an MLP for points (D,)."""
    import keras

    from kerasgen import models, networks
    from kerasgen.optimizers import LinearDecay

    if len(sample_shape) == 1:
        network = networks.diffusion_mlp(sample_shape, hidden_dim, depth, num_classes, frequencies=frequencies)
    else:
        network = networks.diffusion_unet(sample_shape, width, num_classes, int(patch), attention)
    model = models.Diffusion(network, num_classes=num_classes, **options)
    rate = LinearDecay(learning_rate, decay_from) if decay_from != 1 else learning_rate
    model.compile(keras.optimizers.Adam(rate))
    return model


def build_flow(sample_shape, num_classes=0, **options):
    """Return a flow matching model, which predicts the velocity of the straight path."""
    return build(sample_shape, num_classes, schedule="straight", prediction="velocity", **options)


DIFFUSION = Recipe(
    name="diffusion",
    summary="Diffusion model (U-Net, or MLP for points)",
    paper="Ho et al. 2020, arXiv:2006.11239; Salimans and Ho 2022, arXiv:2202.00512",
    build=build,
    options={"schedule": SCHEDULE, "prediction": PREDICTION} | SHARED,
    epochs=40,
    batch_size=64,
    minutes=7,
    try_next=("generate", "denoise", "complete"),
    departures="A small U-Net, a cosine schedule in continuous time instead of a linear one of 1,000 steps, the "
    "prediction of v, a learning rate of 1e-3 instead of 2e-4, and 40 epochs.",
    tiny={"width": 8, "patch": "1", "hidden_dim": 8, "depth": 2, "image_size": 8},
    points=POINTS,
)

FLOW = replace(
    DIFFUSION,
    name="flow",
    summary="Flow matching (U-Net, or MLP for points)",
    paper="Lipman et al. 2023, arXiv:2210.02747; Liu et al. 2023, arXiv:2209.03003",
    build=build_flow,
    options={
        "pairing": Option(
            "random",
            "Pairing of noise and samples; optimal minimizes the distances in a batch (Tong et al. 2024).",
            ("random", "optimal"),
        )
    }
    | SHARED,
    departures="A small U-Net, a learning rate of 1e-3, 40 epochs, and no second training on the model's own samples, "
    "which is the rectification of Liu et al.",
    tiny=DIFFUSION.tiny | {"patch": "2"},
)

RECIPES = [DIFFUSION, FLOW]
