"""Normalizing flows.

`kerasgen train realnvp --dataset grid-25` learns the density of 25 Gaussians in less than a minute.
"""

from kerasgen.option import Option
from kerasgen.recipe import Recipe


def build(
    sample_shape,
    *,
    coupling,
    couplings,
    hidden_dim,
    bins,
    width,
    scales,
    dequantization,
    learning_rate,
    decay_steps,
    clip_norm,
):
    """Return a flow with dense networks for points (D,), and with convolutions for images (H, W, C)."""
    import keras

    from kerasgen import models, networks

    is_image, dequantizer = len(sample_shape) == 3, None
    transform = coupling if coupling != "auto" else "affine" if is_image else "spline"
    if is_image:
        flow = networks.conv_flow(sample_shape, max(1, couplings // 3), width, scales, transform, bins)
        if dequantization == "variational":
            dequantizer = networks.dequantization_flow(sample_shape, 4, width)
    else:
        flow = networks.dense_flow(sample_shape, couplings, [hidden_dim, hidden_dim], transform, bins)
    model = models.RealNVP(flow, dequantizer)
    rate = keras.optimizers.schedules.CosineDecay(learning_rate, decay_steps) if decay_steps else learning_rate
    model.compile(keras.optimizers.Adam(rate, clipnorm=clip_norm or None))
    return model


REALNVP = Recipe(
    name="realnvp",
    summary="Normalizing flow with affine or spline couplings",
    paper="Dinh et al. 2017, arXiv:1605.08803; Durkan et al. 2019, arXiv:1906.04032",
    build=build,
    options={
        "coupling": Option(
            "auto",
            "Transform of the couplings; auto: splines for points, affine for images.",
            ("auto", "affine", "spline"),
        ),
        "couplings": Option(
            6, "Number of couplings; for images a third of them for each mask of each scale.", maximum=256
        ),
        "hidden_dim": Option(128, "Units of the two hidden layers of a network for points.", maximum=8192),
        "bins": Option(16, "Number of pieces of a spline.", minimum=2, maximum=128),
        "width": Option(
            24, "Channels of a network for images at the first scale; doubled at the next scale.", maximum=1024
        ),
        "scales": Option(3, "Maximum number of scales of a flow for images.", maximum=8),
        "dequantization": Option(
            "uniform", "Distribution of the noise added to the levels of pixels.", ("uniform", "variational")
        ),
        "learning_rate": Option(1e-3, "Learning rate of the Adam optimizer."),
        "decay_steps": Option(
            0, "Number of steps in which the learning rate falls to 0 along half a cosine; 0: constant.", maximum=10**9
        ),
        "clip_norm": Option(5.0, "Largest norm of the gradient of a weight array; 0: no limit."),
    },
    epochs=20,
    batch_size=128,
    minutes=9,
    try_next=("generate", "interpolate", "evaluate"),
    tiny={"couplings": 3, "hidden_dim": 8, "width": 2, "bins": 4, "scales": 2, "image_size": 8},
    departures="No batch normalization, log-scales in (-2, 2), standardization by statistics of the first 10,000 "
    "examples, and "
    "networks with one residual block. Samples of images are mediocre: flows suit points and latents better.",
)

RECIPES = [REALNVP]
