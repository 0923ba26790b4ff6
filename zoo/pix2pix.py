"""Image-to-image translation learnt from pairs.

    kerasgen train pix2pix --dataset ./facades --set direction=BtoA --image-size 256

The options: `receptive_field` of the discriminator is 1, 16, 34, 70, 142, ... pixels or `image`; `normalization` is
`instance`, `batch` or `none`; `upsampling` is `transposed`, or `resize` against checkerboards;
`adversarial_weight=0` trains the generator with L1 alone.
"""

from kerasgen.recipe import Recipe


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
        "direction": "AtoB",
        "width": 32,  # the paper has 64, which photographs need and digits do not
        "receptive_field": "70",
        "normalization": "instance",
        "dropout": 0.5,
        "upsampling": "transposed",
        "objective": "non_saturating",
        "l1_weight": 100.0,
        "adversarial_weight": 1.0,
        "jitter": True,
        "learning_rate": 2e-4,
        "beta_1": 0.5,
    },
    dataset="outlines",
    image_size=32,
    epochs=6,
    batch_size=4,  # the paper has 1 for sets of some hundred photographs
    try_next=("translate",),
    kind="pairs",
)

RECIPES = [PIX2PIX]
