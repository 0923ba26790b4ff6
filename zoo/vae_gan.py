"""VAE with a discriminator."""

from dataclasses import replace

from kerasgen.option import Option
from kerasgen.recipe import Recipe
from kerasgen.zoo import gan, vae


def build(
    sample_shape,
    *,
    width,
    hidden_dim,
    latent_dim,
    discriminator_width,
    beta,
    likelihood,
    adversarial_weight,
    learning_rate,
    discriminator_learning_rate,
    **options,
):
    """Return a convolutional VAE with a DCGAN discriminator, and an Adam optimizer for each player."""
    import keras

    from kerasgen import models, networks

    model = models.VAEGAN(
        networks.conv_encoder(sample_shape, width, hidden_dim, latent_dim),
        networks.conv_decoder(sample_shape, width, hidden_dim, latent_dim),
        networks.dcgan_discriminator(sample_shape, discriminator_width or width, **gan.discriminator_options(options)),
        beta=beta,
        likelihood=likelihood,
        adversarial_weight=adversarial_weight,
        **{name: options[name] for name in gan.ADVERSARY_OPTIONS},
    )
    model.compile(
        {
            "autoencoder": keras.optimizers.Adam(learning_rate, beta_1=0.5),
            "discriminator": keras.optimizers.Adam(discriminator_learning_rate, beta_1=0.5),
        }
    )
    return model


VAE_GAN = Recipe(
    name="vae-gan",
    summary="Convolutional VAE with a GAN discriminator",
    paper="Larsen et al. 2016, arXiv:1512.09300",
    build=build,
    options={name: vae.VAE_CONV.options[name] for name in ("width", "hidden_dim", "beta", "likelihood")}
    | {
        "latent_dim": replace(vae.VAE_CONV.options["latent_dim"], default=32),
        "discriminator_width": Option(0, "Width of the discriminator; 0: the same as width.", maximum=1024),
        "adversarial_weight": Option(10.0, "Weight of the generator loss relative to the ELBO (nats per image)."),
    }
    | {name: gan.GAN_OPTIONS[name] for name in (*gan.ADVERSARY_OPTIONS, *gan.DISCRIMINATOR_OPTIONS)}
    | {
        "learning_rate": replace(
            vae.SHARED["learning_rate"], help="Learning rate of the Adam optimizer of encoder and decoder."
        ),
        "discriminator_learning_rate": Option(2e-4, "Learning rate of the discriminator's Adam optimizer."),
    },
    epochs=20,
    minutes=3,
    batch_size=64,
    try_next=("generate", "reconstruct", "latents"),
    departures="The paper measures the reconstruction error in features of the discriminator, which also receives "
    "reconstructions. This recipe measures it in pixels, and the discriminator receives samples of the prior only.",
    tiny={"width": 2, "hidden_dim": 8, "latent_dim": 3, "image_size": 8},
)

RECIPES = [VAE_GAN]
