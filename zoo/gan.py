"""Generative adversarial networks of multilayer perceptrons, without and with labels."""

from dataclasses import replace

from kerasgen.recipe import Option, Recipe

# The remedies for mode collapse and the other switches that every GAN of the zoo has.
GAN_OPTIONS = {
    "conditional": Option(False, "whether both players are told the class"),
    "objective": Option(
        "non_saturating",
        "of the game",
        ("minimax", "non_saturating", "least_squares", "wasserstein", "hinge", "relativistic"),
    ),
    "discriminator_steps": Option(1, "updates of the discriminator for each one of the generator"),
    "feature_matching": Option(
        False, "whether the generator matches mean features of real images instead (Salimans et al. 2016)"
    ),
    "historical_averaging": Option(
        0.0, "weight of the squared distance of the weights from their past mean (Salimans et al. 2016)"
    ),
    "minibatch_discrimination": Option(
        False, "whether the discriminator compares the images of a batch (Salimans et al. 2016)"
    ),
    "packing": Option(1, "images that the discriminator judges together (Lin et al. 2018)"),
    "spectral_normalization": Option(False, "whether the discriminator's kernels have norm 1 (Miyato et al. 2018)"),
    "r1_penalty": Option(0.0, "weight of the discriminator's squared gradients at real images (Mescheder et al. 2018)"),
    "r2_penalty": Option(0.0, "weight of the same at fake images"),
    "average": Option(0.0, "decay of the generator's moving average, which then generates; such as 0.999"),
    "learning_rate": Option(2e-4, "of both players' Adam"),
    "discriminator_learning_rate": Option(0.0, "of the discriminator's Adam (Heusel et al. 2017); 0: the same"),
    "decay_steps": Option(0, "steps in which the learning rate falls to 0; 0: it stays"),
    "beta_1": Option(0.5, "Adam's decay of the mean gradient"),
}

OF_DISCRIMINATOR = ("packing", "minibatch_discrimination", "spectral_normalization")
OF_GAME = ("objective", "packing", "feature_matching", "r1_penalty", "r2_penalty")
OF_MODEL = (*OF_GAME, "discriminator_steps", "historical_averaging", "average")


def build(image_shape, num_classes=0, *, hidden_dim, latent_dim, **switches):
    """Return a GAN of a ReLU and a maxout perceptron, for images or for points (D,)."""
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
    from kerasgen import models

    of_model = {name: switches[name] for name in OF_MODEL}
    model = models.GAN(generator, discriminator, num_classes=num_classes, **of_model)
    optimizers = {
        "generator": _optimizer(switches, switches["learning_rate"], 1),
        "discriminator": _optimizer(
            switches,
            switches["discriminator_learning_rate"] or switches["learning_rate"],
            switches["discriminator_steps"],
        ),
    }
    model.compile(optimizers)
    return model


def _optimizer(switches, rate, updates):
    """Return the Adam of a player that is updated so often in a step; its rate may fall to 0 in `decay_steps` steps."""
    import keras

    steps = switches["decay_steps"] * updates
    schedule = keras.optimizers.schedules.PolynomialDecay(rate, steps, end_learning_rate=0.0) if steps else rate
    return keras.optimizers.Adam(schedule, beta_1=switches["beta_1"])


GAN = Recipe(
    name="gan",
    summary="the game of a generator and a discriminator, multilayer perceptrons",
    paper="Goodfellow et al. 2014, arXiv:1406.2661",
    build=build,
    options={
        "hidden_dim": Option(400, "units of each of the generator's hidden layers; the discriminator's have half"),
        "latent_dim": Option(64, "numbers that the generator makes an image of"),
    }
    | GAN_OPTIONS,
    epochs=100,
    batch_size=32,
)

CGAN = replace(
    GAN,
    name="cgan",
    summary="GAN that is told the class, multilayer perceptrons",
    paper="Mirza and Osindero 2014, arXiv:1411.1784",
    options=GAN.options | {"conditional": replace(GAN_OPTIONS["conditional"], default=True)},
)

RECIPES = [GAN, CGAN]
