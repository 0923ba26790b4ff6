"""Image-to-image translation learnt without pairs.

    kerasgen train cyclegan --dataset ./daisy2sunflower --image-size 128 --epochs 200

The options: `blocks` is the number of residual blocks, or `auto`: 6, and 9 from 256 pixels on; `receptive_field` and
`upsampling` are as for `pix2pix`. The learning rate is constant until the share `decay_from` of the training and
falls linearly to zero from there on; `decay_from=1` keeps it constant.
"""

from kerasgen.errors import UsageError
from kerasgen.recipe import Recipe


def build(image_shape, *, width, blocks, receptive_field, upsampling, learning_rate, decay_from, beta_1, **of_model):
    """Return two ResNets and two PatchGANs of Zhu et al., with an Adam for each pair (their section 4)."""
    import keras

    from kerasgen import models, networks
    from kerasgen.schedules import LinearDecay

    if blocks != "auto" and not blocks.isdigit():
        raise UsageError(f"option blocks of cyclegan is a whole number, or auto; received {blocks!r}")
    number = None if blocks == "auto" else int(blocks)
    model = models.CycleGAN(
        *(
            networks.resnet_generator(image_shape, width, number, upsampling, name=f"generator_{way}")
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
        "width": 16,  # the paper has 64, which photographs need and digits do not
        "blocks": "auto",
        "receptive_field": "70",
        "upsampling": "transposed",
        "cycle_weight": 10.0,
        "identity_weight": 0.5,
        "pool_size": 50,
        "jitter": True,
        "learning_rate": 2e-4,
        "decay_from": 0.5,
        "beta_1": 0.5,
    },
    may_be_zero=("pool_size",),
    dataset="ink-chalk",
    image_size=32,
    epochs=4,
    batch_size=1,
    try_next=("translate",),
    kind="domains",
)

RECIPES = [CYCLEGAN]
