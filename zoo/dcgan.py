"""Deep convolutional generative adversarial networks."""

from dataclasses import replace

from kerasgen.recipe import Option, Recipe
from kerasgen.zoo.gan import GAN_OPTIONS, of_discriminator, play


def build(image_shape, num_classes=0, *, width, discriminator_width, latent_dim, **switches):
    """Return a GAN of the networks of Radford et al., with an Adam for each player (their section 4)."""
    from kerasgen import networks

    normalization = "layer" if switches["objective"] == "wasserstein" else "batch"
    if switches["spectral_normalization"]:
        normalization = "none"  # as in Miyato et al. 2018, table 3
    return play(
        networks.dcgan_generator(image_shape, latent_dim, width, num_classes),
        networks.dcgan_discriminator(
            image_shape,
            discriminator_width or width,
            normalization,
            num_classes=num_classes,
            **of_discriminator(switches),
        ),
        num_classes,
        switches,
    )


DCGAN = Recipe(
    name="dcgan",
    summary="generative adversarial networks of convolutions",
    paper="Radford et al. 2016, arXiv:1511.06434",
    build=build,
    options={
        "width": Option(
            64, "channels of the layers nearest the image, doubled with each halving of the side, to 8 times"
        ),
        "discriminator_width": Option(0, "the discriminator's own width; 0: the same"),
        "latent_dim": Option(100, "numbers that the generator makes an image of"),
    }
    | GAN_OPTIONS,
    epochs=50,
    batch_size=32,  # the paper has 128; the bundled set has only 1,617 images to train with
)

# The paper takes five steps of the critic for one of the generator, at 1e-4 and with beta_1 of 0, 200,000 times.
WGAN_GP = replace(
    DCGAN,
    name="wgan-gp",
    summary="GAN whose critic measures the distance from the data, convolutions",
    paper="Gulrajani et al. 2017, arXiv:1704.00028",
    options=DCGAN.options
    | {
        "objective": replace(GAN_OPTIONS["objective"], default="wasserstein"),
        "average": replace(GAN_OPTIONS["average"], default=0.995),
        "learning_rate": replace(GAN_OPTIONS["learning_rate"], default=5e-4),
    },
)

RECIPES = [DCGAN, WGAN_GP]
