"""Image-to-image translation learned without pairs.

kerasgen train cyclegan --dataset ./daisy2sunflower --image-size 128 --epochs 200
"""

from dataclasses import replace

from kerasgen.option import Option
from kerasgen.recipe import Recipe
from kerasgen.zoo.gan import GAN_OPTIONS
from kerasgen.zoo.pix2pix import SHARED


def build(sample_shape, *, width, blocks, receptive_field, upsampling, learning_rate, decay_from, beta_1, **options):
    """Return a CycleGAN with the networks of Zhu et al., and an Adam optimizer for each pair of them (section 4)."""
    import keras

    from kerasgen import models, networks
    from kerasgen.optimizers import LinearDecay

    model = models.CycleGAN(
        *(
            networks.resnet_generator(sample_shape, width, blocks or None, upsampling, name=f"generator_{way}")
            for way in ("ab", "ba")
        ),
        *(
            networks.patch_discriminator(sample_shape, width, receptive_field, name=f"discriminator_{domain}")
            for domain in "ab"
        ),
        **options,
    )
    rates = {
        player: LinearDecay(learning_rate, decay_from) if decay_from != 1 else learning_rate for player in model.players
    }
    model.compile({player: keras.optimizers.Adam(rate, beta_1=beta_1) for player, rate in rates.items()})
    return model


CYCLEGAN = Recipe(
    name="cyclegan",
    summary="Image-to-image translation learned without pairs",
    paper="Zhu et al. 2017, arXiv:1703.10593",
    build=build,
    options={
        "width": Option(16, "Channels of the first layer; the paper has 64, for photographs.", maximum=1024),
        "blocks": Option(
            0, "Number of residual blocks of a generator; 0: 6, or 9 for sides of 256 pixels or more.", maximum=64
        ),
        "objective": replace(GAN_OPTIONS["objective"], default="least_squares"),
        "cycle_weight": Option(10.0, "Weight of the cycle-consistency loss."),
        "identity_weight": Option(0.5, "Weight of the identity loss, relative to cycle_weight."),
        "pool_size": Option(
            50, "Number of past translations that a discriminator may receive again.", minimum=0, maximum=10_000
        ),
        "decay_from": Option(
            0.5, "Fraction of the training after which the learning rate falls linearly to 0; 1: constant.", maximum=1
        ),
    }
    | SHARED,
    dataset="ink-chalk",
    image_size=32,
    epochs=4,
    minutes=2.5,
    batch_size=1,
    try_next=("translate",),
    kind="domains",
    departures="Width 16 instead of 64, and 4 epochs on the bundled images instead of 200.",
    tiny={"width": 2, "blocks": 1, "receptive_field": "16", "pool_size": 4, "image_size": 16},
)

RECIPES = [CYCLEGAN]
