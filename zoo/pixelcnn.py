"""Gated PixelCNN: exact likelihoods of grey images, and priors of the codes of a VQ-VAE."""

from kerasgen.option import Option
from kerasgen.recipe import Recipe
from kerasgen.zoo.made import SHARED


def build(
    sample_shape,
    num_classes=0,
    *,
    width,
    blocks,
    kernel,
    first_kernel,
    head,
    levels,
    learning_rate,
    **options,
):
    """Return a gated PixelCNN of grey images (H, W, 1) or codes (H, W)."""
    import keras

    from kerasgen import models, networks
    from kerasgen.errors import UsageError

    codes = len(sample_shape) == 2
    if not codes and (len(sample_shape) != 3 or sample_shape[-1] != 1):
        raise UsageError(
            f"a PixelCNN models grey images (H, W, 1) or codes (H, W); received samples {tuple(sample_shape)}: use made"
        )
    for name, size in (("kernel", kernel), ("first_kernel", first_kernel)):
        if size % 2 == 0:
            raise UsageError(f"{name} is {size}; a PixelCNN has kernels of odd width, such as {size + 1}")
    stacks = networks.pixelcnn_networks(
        sample_shape[:2],
        levels if codes else 1,
        1 if levels == 2 else levels,
        width,
        blocks,
        kernel,
        first_kernel,
        head,
        num_classes,
    )
    model = models.PixelCNN(*stacks, codes=codes, levels=levels, num_classes=num_classes, **options)
    model.compile(keras.optimizers.Adam(learning_rate))
    return model


PIXELCNN = Recipe(
    name="pixelcnn",
    summary="Gated PixelCNN of grey images or codes",
    paper="van den Oord et al. 2016, arXiv:1606.05328",
    build=build,
    options={
        "width": Option(16, "Channels of each stack.", maximum=1024),
        "blocks": Option(6, "Number of gated blocks.", maximum=64),
        "kernel": Option(3, "Width of the kernels, an odd number.", minimum=3, maximum=31),
        "first_kernel": Option(7, "Width of the kernels of the first block, an odd number.", minimum=3, maximum=31),
        "head": Option(32, "Channels of the layer before the logits.", maximum=4096),
    }
    | SHARED,
    epochs=8,
    batch_size=32,
    minutes=4,
    try_next=("generate", "complete"),
    # Codes have few positions and many values, so that they need and allow a wider network.
    codes={"epochs": 16, "batch_size": 64, "width": 64, "blocks": 5, "head": 128, "first_kernel": 5},
    departures="6 blocks of 16 channels, for grey images instead of colour images, Adam, and 8 epochs; pixels are "
    "binary and drawn again in each step, unless levels is 256.",
    tiny={"width": 3, "blocks": 2, "head": 4, "image_size": 8},
)

RECIPES = [PIXELCNN]
