"""Mean flows: one step from noise to a sample, of images and of points.

`kerasgen generate RUN --set steps=2` generates with two steps.
"""

from dataclasses import replace

from kerasgen.option import Option
from kerasgen.recipe import Recipe
from kerasgen.zoo import diffusion

_SHARED = ("conditional", "label_dropout", "width", "patch", "attention", "hidden_dim", "depth", "average")


def build(
    sample_shape, num_classes=0, *, width, patch, attention, hidden_dim, depth, learning_rate, decay_from, **options
):
    """Return a mean flow with a U-Net for images (H, W, C), or with an MLP for points (D,)."""
    import keras

    from kerasgen import models, networks
    from kerasgen.optimizers import LinearDecay

    if len(sample_shape) == 1:
        network = networks.diffusion_mlp(sample_shape, hidden_dim, depth, num_classes, intervals=True)
    else:
        network = networks.diffusion_unet(sample_shape, width, num_classes, int(patch), attention, intervals=True)
    model = models.MeanFlow(network, num_classes=num_classes, **options)
    rate = LinearDecay(learning_rate, decay_from) if decay_from != 1 else learning_rate
    model.compile(keras.optimizers.Adam(rate))
    return model


MEANFLOW = Recipe(
    name="meanflow",
    summary="Mean flow: samples in one step (U-Net, or MLP for points)",
    paper="Geng et al. 2025, arXiv:2505.13447",
    build=build,
    options={
        "flow_share": Option(0.75, "Fraction of a batch with an empty time interval, as in flow matching.", maximum=1),
        "tangent": Option(
            "sample",
            "Velocity along which the network is differentiated: of the sample or the model.",
            ("sample", "model"),
        ),
        "weight_power": Option(1.0, "Power of the squared error by which the loss is divided; 0: none.", maximum=4),
        "guidance": Option(0.0, "Strength of the learnt guidance, for conditional models; 0: none.", maximum=100),
        "times": replace(diffusion.SHARED["times"], default="logit_normal"),
        "time_mean": replace(diffusion.SHARED["time_mean"], default=-0.4),
        "time_std": diffusion.SHARED["time_std"],
        "pairing": diffusion.FLOW.options["pairing"],
        "learning_rate": diffusion.SHARED["learning_rate"],
        "decay_from": diffusion.SHARED["decay_from"],
    }
    | {name: diffusion.SHARED[name] for name in _SHARED},
    epochs=40,
    batch_size=64,
    minutes=12,
    try_next=("generate", "denoise"),
    departures="A small U-Net of pixels instead of a transformer of latents, a learning rate of 1e-3, and 40 epochs.",
    points={"epochs": 15, "batch_size": 500, "hidden_dim": 128},
    tiny=diffusion.DIFFUSION.tiny | {"patch": "2", "flow_share": 0.5, "weight_power": 0.0},
)

RECIPES = [MEANFLOW]
