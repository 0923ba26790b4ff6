"""Image-to-image translation learnt without pairs.

kerasgen train cyclegan --dataset ./daisy2sunflower --image-size 128 --epochs 200
"""

from kerasgen.recipe import Option, Recipe
from kerasgen.zoo.pix2pix import SHARED


def build(image_shape, *, width, blocks, receptive_field, upsampling, learning_rate, decay_from, beta_1, **of_model):
    """Return two ResNets and two PatchGANs of Zhu et al., with an Adam for each pair (their section 4)."""
    import keras

    from kerasgen import models, networks
    from kerasgen.optimizers.schedules import LinearDecay

    model = models.CycleGAN(
        *(
            networks.resnet_generator(image_shape, width, blocks or None, upsampling, name=f"generator_{way}")
            for way in ("ab", "ba")
        ),
        *(
            networks.patch_discriminator(image_shape, width, receptive_field, name=f"discriminator_{domain}")
            for domain in "ab"
        ),
        **of_model,
    )
    rates = {
        player: LinearDecay(learning_rate, decay_from) if decay_from != 1 else learning_rate for player in model.players
    }
    model.compile({player: keras.optimizers.Adam(rate, beta_1=beta_1) for player, rate in rates.items()})
    return model


CYCLEGAN = Recipe(
    name="cyclegan",
    summary="translation of images, learnt without pairs",
    paper="Zhu et al. 2017, arXiv:1703.10593",
    build=build,
    options={
        "width": Option(16, "channels of the first layer; the paper has 64, for photographs"),
        "blocks": Option(0, "residual blocks of a generator; 0: 6, and 9 from 256 pixels on"),
        "cycle_weight": Option(10.0, "weight of the way there and back"),
        "identity_weight": Option(0.5, "weight of leaving the target's images alone, as a share of cycle_weight"),
        "pool_size": Option(50, "past images that a discriminator is shown again", minimum=0),
        "decay_from": Option(0.5, "share of the training after which the learning rate falls to 0; 1: never"),
    }
    | SHARED,
    dataset="ink-chalk",
    image_size=32,
    epochs=4,
    batch_size=1,
    try_next=("translate",),
    kind="domains",
)

RECIPES = [CYCLEGAN]
