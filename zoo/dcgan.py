"""GANs with convolutional networks."""

from dataclasses import replace

from kerasgen.option import Option
from kerasgen.recipe import Recipe
from kerasgen.zoo.gan import GAN_OPTIONS, build_gan, discriminator_options


def build(sample_shape, num_classes=0, *, width, discriminator_width, hidden_dim, latent_dim, **options):
    """Return a GAN with the networks of Radford et al. and an Adam optimizer for each player (their section 4)."""
    from kerasgen import networks

    normalization = "layer" if options["objective"] == "wasserstein" else "batch"
    if options["spectral_normalization"]:
        normalization = "none"  # as in Miyato et al. 2018, table 3
    return build_gan(
        networks.dcgan_generator(sample_shape, latent_dim, width, num_classes, hidden_dim),
        networks.dcgan_discriminator(
            sample_shape,
            discriminator_width or width,
            normalization,
            num_classes=num_classes,
            hidden_dim=hidden_dim,
            **discriminator_options(options),
        ),
        num_classes,
        options,
    )


DCGAN = Recipe(
    name="dcgan",
    summary="GAN with convolutional networks",
    paper="Radford et al. 2016, arXiv:1511.06434",
    build=build,
    options={
        "width": Option(
            32,
            "Channels of the layers next to the image; doubled when the side is halved, up to 8 * width.",
            maximum=1024,
        ),
        "discriminator_width": Option(0, "Width of the discriminator; 0: the same as width.", maximum=1024),
        # Without it the strokes are sharp, but a third of the samples is no digit.
        "hidden_dim": Option(
            1024,
            "Units of a dense layer of each network, next to the latents or the logit; 0: none, as in the paper.",
            minimum=0,
            maximum=8192,
        ),
        "latent_dim": Option(100, "Size of the latent vector.", maximum=8192),
    }
    | GAN_OPTIONS
    | {
        "average": replace(GAN_OPTIONS["average"], default=0.999),
        "learning_rate": replace(GAN_OPTIONS["learning_rate"], default=4e-4),
    },
    epochs=30,
    batch_size=64,
    minutes=4,
    departures="A hidden dense layer in each network, which the paper leaves out. Width 32 instead of 128, for grey "
    "images of 28x28. Batches of 64 instead of 128, a learning rate of 4e-4 instead of 2e-4, and averaged weights of "
    "the generator.",
    version=2,
    tiny={"width": 2, "hidden_dim": 4, "latent_dim": 3, "image_size": 16},
)

WGAN_GP = replace(
    DCGAN,
    name="wgan-gp",
    summary="Wasserstein GAN with gradient penalty and convolutional networks",
    paper="Gulrajani et al. 2017, arXiv:1704.00028",
    options=DCGAN.options
    | {
        "hidden_dim": replace(DCGAN.options["hidden_dim"], default=0),
        "objective": replace(GAN_OPTIONS["objective"], default="wasserstein"),
        "average": replace(GAN_OPTIONS["average"], default=0.995),
        "learning_rate": replace(GAN_OPTIONS["learning_rate"], default=5e-4),
    },
    epochs=36,
    minutes=5,
    departures="The paper takes five critic steps for each generator step, with a learning rate of 1e-4 and beta_1 "
    "of 0, for 200,000 steps. This recipe takes one critic step, a learning rate of 5e-4 and beta_1 of 0.5, and "
    "averages the generator's weights.",
    version=1,
    tiny=DCGAN.tiny | {"hidden_dim": 0},
)

RECIPES = [DCGAN, WGAN_GP]
