"""Image-to-image translation learnt from pairs.

kerasgen train pix2pix --dataset ./facades --set direction=BtoA --image-size 256
"""

from kerasgen.recipe import Option, Recipe
from kerasgen.zoo.gan import GAN_OPTIONS

# The options that both recipes of translation have.
SHARED = {
    "receptive_field": Option("70", "side of what the discriminator judges: 1, 16, 34, 70, 142, ... pixels, or image"),
    "upsampling": Option(
        "transposed", "how sides are doubled; resize works against checkerboards", ("transposed", "resize")
    ),
    "jitter": Option(True, "whether images are enlarged, cut and mirrored at random"),
    "learning_rate": GAN_OPTIONS["learning_rate"],
    "beta_1": GAN_OPTIONS["beta_1"],
}


def build(
    image_shape, *, width, receptive_field, normalization, dropout, upsampling, learning_rate, beta_1, **of_model
):
    """Return the U-Net and the PatchGAN of Isola et al., with an Adam for each (their section 3.3)."""
    import keras

    from kerasgen import models, networks

    generator = networks.unet_generator(image_shape, width, normalization, dropout, upsampling)
    discriminator = None
    if of_model["adversarial_weight"]:
        discriminator = networks.patch_discriminator(
            image_shape, width, receptive_field, normalization, conditional=True
        )
    model = models.Pix2Pix(generator, discriminator, **of_model)
    model.compile({player: keras.optimizers.Adam(learning_rate, beta_1=beta_1) for player in model.players})
    return model


PIX2PIX = Recipe(
    name="pix2pix",
    summary="translation of images, learnt from pairs",
    paper="Isola et al. 2017, arXiv:1611.07004",
    build=build,
    options={
        "direction": Option("AtoB", "what is learnt", ("AtoB", "BtoA")),
        "width": Option(32, "channels of the first layer; the paper has 64, for photographs"),
        "normalization": Option("instance", "of each image, of the batch, or none", ("instance", "batch", "none")),
        "dropout": Option(0.5, "share of the generator's inner features that is dropped, its noise"),
        "objective": GAN_OPTIONS["objective"],
        "l1_weight": Option(100.0, "weight of the mean absolute error"),
        "adversarial_weight": Option(1.0, "weight of the game; 0: L1 alone"),
    }
    | SHARED,
    dataset="outlines",
    image_size=32,
    epochs=6,
    batch_size=4,  # the paper has 1 for sets of some hundred photographs
    try_next=("translate",),
    kind="pairs",
)

RECIPES = [PIX2PIX]
