"""Generative adversarial networks of multilayer perceptrons, without and with labels."""

from dataclasses import replace

from kerasgen.recipe import Recipe

# The remedies for mode collapse and the other switches that every GAN of the zoo has.
SWITCHES = {
    "conditional": False,
    "objective": "non_saturating",
    "discriminator_steps": 1,
    "feature_matching": False,
    "historical_averaging": 0.0,
    "minibatch_discrimination": False,
    "packing": 1,
    "spectral_normalization": False,
    "r1_penalty": 0.0,
    "r2_penalty": 0.0,
    "average": 0.0,
    "learning_rate": 2e-4,
    "decay_steps": 0,
    "beta_1": 0.5,
}

OF_DISCRIMINATOR = ("packing", "minibatch_discrimination", "spectral_normalization")
OF_MODEL = (
    "objective",
    "discriminator_steps",
    "feature_matching",
    "historical_averaging",
    "packing",
    "r1_penalty",
    "r2_penalty",
    "average",
)


def build(image_shape, num_classes=0, *, hidden_dim, latent_dim, **switches):
    """Return a GAN of a ReLU and a maxout perceptron, for images or for points (1, 1, D)."""
    from kerasgen import networks

    return play(
        networks.gan_generator(image_shape, latent_dim, [hidden_dim] * 4, num_classes),
        networks.gan_discriminator(
            image_shape, [max(1, hidden_dim // 2)] * 3, num_classes=num_classes, **of_discriminator(switches)
        ),
        num_classes,
        switches,
    )


def of_discriminator(switches):
    """Return those of the switches that are built into the discriminator."""
    return {name: switches[name] for name in OF_DISCRIMINATOR}


def play(generator, discriminator, num_classes, switches):
    """Return the compiled GAN of two networks, with an Adam for each player."""
    import keras

    from kerasgen import models

    of_model = {name: switches[name] for name in OF_MODEL}
    model = models.GAN(generator, discriminator, num_classes=num_classes, **of_model)
    updates = {"generator": 1, "discriminator": switches["discriminator_steps"]}  # in a step
    model.compile(
        {
            player: keras.optimizers.Adam(_learning_rate(switches, updates[player]), beta_1=switches["beta_1"])
            for player in model.players
        }
    )
    return model


def _learning_rate(switches, updates):
    """Return the rate, or its schedule: linearly to 0 in `decay_steps` steps of the model."""
    from keras.optimizers.schedules import PolynomialDecay

    rate, steps = switches["learning_rate"], switches["decay_steps"]
    return PolynomialDecay(rate, steps * updates, end_learning_rate=0.0) if steps else rate


GAN = Recipe(
    name="gan",
    summary="the game of a generator and a discriminator, multilayer perceptrons",
    paper="Goodfellow et al. 2014, arXiv:1406.2661",
    build=build,
    options={"hidden_dim": 400, "latent_dim": 64} | SWITCHES,
    epochs=100,
    batch_size=32,
)

CGAN = replace(
    GAN,
    name="cgan",
    summary="GAN that is told the class, multilayer perceptrons",
    paper="Mirza and Osindero 2014, arXiv:1411.1784",
    options=GAN.options | {"conditional": True},
)

RECIPES = [GAN, CGAN]
