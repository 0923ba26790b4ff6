"""Image-to-image translation learned from pairs.

kerasgen train pix2pix --dataset ./facades --set direction=BtoA --image-size 256
"""

from kerasgen.option import Option
from kerasgen.recipe import Recipe
from kerasgen.zoo.gan import GAN_OPTIONS

# Options of both translation recipes.
SHARED = {
    "receptive_field": Option(
        "70", "Side of the patches that the discriminator classifies: 1, 16, 34, 70, 142, ... pixels, or image."
    ),
    "upsampling": Option(
        "transposed", "Kind of upsampling; resize avoids checkerboard artifacts.", ("transposed", "resize")
    ),
    "feature_matching": GAN_OPTIONS["feature_matching"],
    "r1_penalty": GAN_OPTIONS["r1_penalty"],
    "r2_penalty": GAN_OPTIONS["r2_penalty"],
    "jitter": Option(True, "Whether training images are randomly enlarged, cropped and mirrored."),
    "learning_rate": GAN_OPTIONS["learning_rate"],
    "beta_1": GAN_OPTIONS["beta_1"],
}


def build(
    sample_shape, *, width, receptive_field, normalization, dropout, upsampling, learning_rate, beta_1, **options
):
    """Return a pix2pix with the U-Net and PatchGAN of Isola et al., and an Adam optimizer for each (section 3.3)."""
    import keras

    from kerasgen import models, networks

    generator = networks.unet_generator(sample_shape, width, normalization, dropout, upsampling)
    discriminator = None
    if options["adversarial_weight"]:
        discriminator = networks.patch_discriminator(
            sample_shape, width, receptive_field, normalization, conditional=True
        )
    model = models.Pix2Pix(generator, discriminator, **options)
    model.compile({player: keras.optimizers.Adam(learning_rate, beta_1=beta_1) for player in model.players})
    return model


PIX2PIX = Recipe(
    name="pix2pix",
    summary="Image-to-image translation learned from pairs",
    paper="Isola et al. 2017, arXiv:1611.07004",
    build=build,
    options={
        "direction": Option("AtoB", "Direction of the translation.", ("AtoB", "BtoA")),
        "width": Option(32, "Channels of the first layer; the paper has 64, for photographs.", maximum=1024),
        "normalization": Option("instance", "Normalization of the layers.", ("instance", "batch", "none")),
        "dropout": Option(0.5, "Dropout rate of the generator's inner layers, its only noise.", maximum=0.99),
        "objective": GAN_OPTIONS["objective"],
        "l1_weight": Option(100.0, "Weight of the mean absolute error."),
        "adversarial_weight": Option(1.0, "Weight of the adversarial loss; 0: L1 alone."),
    }
    | SHARED,
    dataset="outlines",
    image_size=32,
    epochs=6,
    minutes=2,
    batch_size=4,  # the paper has 1, for sets of some hundred photographs
    try_next=("translate",),
    kind="pairs",
    departures="Width 32 instead of 64, instance instead of batch normalization, batches of 4 instead of 1, and 6 "
    "epochs on the bundled images.",
    tiny={"width": 2, "receptive_field": "16", "image_size": 16},
)

RECIPES = [PIX2PIX]
