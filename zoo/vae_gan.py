"""The variational autoencoder whose images a discriminator judges."""

from dataclasses import replace

from kerasgen.recipe import Option, Recipe
from kerasgen.zoo import gan, vae


def build(
    image_shape,
    *,
    width,
    hidden_dim,
    latent_dim,
    discriminator_width,
    beta,
    likelihood,
    game_weight,
    learning_rate,
    discriminator_learning_rate,
    **switches,
):
    """Return a VAE of convolutions and a DCGAN's discriminator, with an Adam for each player."""
    import keras

    from kerasgen import models, networks

    model = models.VAEGAN(
        networks.conv_encoder(image_shape, width, hidden_dim, latent_dim),
        networks.conv_decoder(image_shape, width, hidden_dim, latent_dim),
        networks.dcgan_discriminator(image_shape, discriminator_width or width, **gan.of_discriminator(switches)),
        beta=beta,
        likelihood=likelihood,
        game_weight=game_weight,
        **{name: switches[name] for name in gan.OF_GAME},
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
    summary="VAE whose decoder plays a game with a discriminator, convolutions",
    paper="Larsen et al. 2016, arXiv:1512.09300",
    build=build,
    options={name: vae.VAE_CONV.options[name] for name in ("width", "hidden_dim", "latent_dim", "beta", "likelihood")}
    | {
        "discriminator_width": Option(0, "the discriminator's own width; 0: the same"),
        "game_weight": Option(10.0, "of the generator's loss, beside the bound in nats for each image"),
    }
    | {name: gan.GAN_OPTIONS[name] for name in (*gan.OF_GAME, *gan.OF_DISCRIMINATOR)}
    | {
        "learning_rate": replace(vae.SHARED["learning_rate"], help="of the encoder's and the decoder's Adam"),
        "discriminator_learning_rate": Option(2e-4, "of the discriminator's Adam"),
    },
    epochs=50,
    batch_size=32,
    try_next=("generate", "reconstruct", "latents"),
)

RECIPES = [VAE_GAN]
