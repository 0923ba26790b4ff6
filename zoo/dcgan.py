"""Deep convolutional generative adversarial networks."""

from kerasgen.recipe import Recipe
from kerasgen.zoo.gan import SWITCHES, of_discriminator, play


def build(image_shape, num_classes=0, *, width, discriminator_width, latent_dim, **switches):
    """Return a GAN of the networks of Radford et al., with an Adam for each player (their section 4).

    A `discriminator_width` of 0 stands for `width`.
    """
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
    options={"width": 64, "discriminator_width": 0, "latent_dim": 100} | SWITCHES,
    epochs=50,
    batch_size=32,  # the paper has 128; the bundled set has only 1,617 images to train with
)

RECIPES = [DCGAN]
