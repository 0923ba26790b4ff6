"""Deep convolutional generative adversarial networks."""

from kerasgen.recipe import Recipe


def build(image_shape, *, width, latent_dim, objective, discriminator_steps, learning_rate, beta_1):
    """Return a GAN of the networks of Radford et al., with an Adam for each player (their section 4)."""
    import keras

    from kerasgen import models, networks

    model = models.GAN(
        networks.dcgan_generator(image_shape, latent_dim, width),
        networks.dcgan_discriminator(image_shape, width),
        objective=objective,
        discriminator_steps=discriminator_steps,
    )
    model.compile({player: keras.optimizers.Adam(learning_rate, beta_1=beta_1) for player in model.players})
    return model


DCGAN = Recipe(
    name="dcgan",
    summary="generative adversarial networks of convolutions",
    paper="Radford et al. 2016, arXiv:1511.06434",
    build=build,
    options={
        "width": 64,
        "latent_dim": 100,
        "objective": "non_saturating",
        "discriminator_steps": 1,
        "learning_rate": 2e-4,
        "beta_1": 0.5,
    },
    epochs=50,
    batch_size=32,  # the paper has 128; the bundled set has only 1,617 images to train with
)

RECIPES = [DCGAN]
