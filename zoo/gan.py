"""GANs with MLP networks, unconditional and class-conditional.

`kerasgen train gan --dataset gaussian-1d --set latent_dim=1 --set hidden_dim=32 --batch-size 500 --epochs 10` is the
one-dimensional example of figure 1 of Goodfellow et al. (2014).
"""

from dataclasses import replace

from kerasgen.option import Option
from kerasgen.recipe import Recipe

# Options of every GAN of the zoo: the objective, the methods against mode collapse, and the optimizers.
GAN_OPTIONS = {
    "conditional": Option(False, "Whether generator and discriminator receive the class label."),
    "objective": Option(
        "non_saturating",
        "Adversarial objective.",
        ("minimax", "non_saturating", "least_squares", "wasserstein", "hinge", "relativistic"),
    ),
    "discriminator_steps": Option(
        1, "Number of updates of the discriminator for each update of the generator.", maximum=1000
    ),
    "feature_matching": Option(
        False, "Whether the generator loss is feature matching instead of the objective (Salimans et al. 2016)."
    ),
    "historical_averaging": Option(
        0.0, "Weight of the squared distance between weights and their past mean (Salimans et al. 2016)."
    ),
    "minibatch_discrimination": Option(
        False, "Whether the discriminator compares the samples of a batch (Salimans et al. 2016)."
    ),
    "packing": Option(1, "Number of samples that the discriminator receives together (Lin et al. 2018).", maximum=64),
    "spectral_normalization": Option(
        False, "Whether the discriminator's kernels have spectral norm 1 (Miyato et al. 2018)."
    ),
    "r1_penalty": Option(0.0, "Weight of the squared discriminator gradients at real samples (Mescheder et al. 2018)."),
    "r2_penalty": Option(
        0.0, "Weight of the squared discriminator gradients at generated samples (Mescheder et al. 2018)."
    ),
    "average": Option(
        0.0,
        "Decay of the moving average of the generator's weights used to generate, such as 0.999; 0: none.",
        maximum=1,
    ),
    "learning_rate": Option(2e-4, "Learning rate of the Adam optimizers."),
    "discriminator_learning_rate": Option(
        0.0, "Learning rate of the discriminator's Adam optimizer (Heusel et al. 2017); 0: learning_rate."
    ),
    "decay_steps": Option(
        0, "Number of steps in which the learning rates fall linearly to 0; 0: constant.", maximum=10**9
    ),
    "beta_1": Option(0.5, "Decay rate of the first moment in Adam.", maximum=1),
}

AUTO = -1.0  # weight of R1 of a dense GAN that depends on the kind of samples
DISCRIMINATOR_OPTIONS = ("packing", "minibatch_discrimination", "spectral_normalization")
ADVERSARY_OPTIONS = ("objective", "packing", "feature_matching", "r1_penalty", "r2_penalty")
MODEL_OPTIONS = (*ADVERSARY_OPTIONS, "discriminator_steps", "historical_averaging", "average")


def build(sample_shape, num_classes=0, *, hidden_dim, latent_dim, **options):
    """Return a GAN of a ReLU generator and a maxout discriminator, for images (H, W, C) or points (D,)."""
    from kerasgen import networks

    if options["r1_penalty"] == AUTO:
        options["r1_penalty"] = 1.0 if len(sample_shape) == 3 else 0.0
    return build_gan(
        networks.gan_generator(sample_shape, latent_dim, [hidden_dim] * 4, num_classes),
        networks.gan_discriminator(
            sample_shape, [max(1, hidden_dim // 2)] * 3, num_classes=num_classes, **discriminator_options(options)
        ),
        num_classes,
        options,
    )


def discriminator_options(options):
    """Return the options that are built into the discriminator."""
    return {name: options[name] for name in DISCRIMINATOR_OPTIONS}


def build_gan(generator, discriminator, num_classes, options):
    """Return the compiled GAN of two networks, with an Adam optimizer for each player."""
    from kerasgen import models

    model = models.GAN(
        generator, discriminator, num_classes=num_classes, **{name: options[name] for name in MODEL_OPTIONS}
    )
    discriminator_rate = options["discriminator_learning_rate"] or options["learning_rate"]
    model.compile(
        {
            "generator": _adam(options, options["learning_rate"], updates=1),
            "discriminator": _adam(options, discriminator_rate, updates=options["discriminator_steps"]),
        }
    )
    return model


def _adam(options, rate, updates):
    """Return the Adam optimizer of a player with `updates` updates in each step."""
    import keras

    steps = options["decay_steps"] * updates
    schedule = keras.optimizers.schedules.PolynomialDecay(rate, steps, end_learning_rate=0.0) if steps else rate
    return keras.optimizers.Adam(schedule, beta_1=options["beta_1"])


GAN = Recipe(
    name="gan",
    summary="GAN with MLP generator and discriminator",
    paper="Goodfellow et al. 2014, arXiv:1406.2661",
    build=build,
    options={
        "hidden_dim": Option(
            400, "Units of each hidden layer of the generator; the discriminator has half as many.", maximum=8192
        ),
        "latent_dim": Option(64, "Size of the latent vector.", maximum=8192),
    }
    | GAN_OPTIONS
    | {
        "average": replace(GAN_OPTIONS["average"], default=0.999),
        "learning_rate": replace(GAN_OPTIONS["learning_rate"], default=4e-4),
        # Without R1 28 % of the samples are ones. Its weight depends on the data: mixtures of points need less.
        "r1_penalty": replace(
            GAN_OPTIONS["r1_penalty"],
            default=AUTO,
            help="Weight of the squared discriminator gradients at real samples (Mescheder et al. 2018); -1: 1 for "
            "images and 0 for points.",
            minimum=AUTO,
        ),
    },
    epochs=60,
    batch_size=64,
    minutes=2,
    departures="Adam instead of SGD with momentum, the R1 penalty instead of dropout, a generator that ends in tanh "
    "instead of sigmoid, and averaged weights of the generator.",
    tiny={"hidden_dim": 8, "latent_dim": 3, "image_size": 8},
)

CGAN = replace(
    GAN,
    name="cgan",
    summary="Class-conditional GAN (MLP)",
    paper="Mirza and Osindero 2014, arXiv:1411.1784",
    options=GAN.options | {"conditional": replace(GAN_OPTIONS["conditional"], default=True)},
    minutes=3,
)

RECIPES = [GAN, CGAN]
