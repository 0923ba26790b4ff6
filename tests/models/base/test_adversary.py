"""Options of the adversary in the models that use it otherwise than GAN."""

import keras
import numpy as np
import pytest

import kerasgen
from tests.models.model_case import values

TINY = {
    "pix2pix": {"width": 2, "receptive_field": "16"},
    "cyclegan": {"width": 2, "blocks": 1, "receptive_field": "16"},
}


def images():
    return np.random.default_rng(0).random((2, 8, 16, 16, 1), dtype="float32")


@pytest.mark.slow
@pytest.mark.parametrize("recipe", TINY)
@pytest.mark.parametrize(
    "options",
    [
        {"objective": "hinge", "r1_penalty": 1.0, "r2_penalty": 1.0},
        pytest.param({"objective": "wasserstein", "feature_matching": True}, marks=pytest.mark.once),
        pytest.param({"objective": "relativistic"}, marks=pytest.mark.once),
    ],
    ids=["hinge", "wasserstein", "relativistic"],
)
def test_translation_takes_every_option_of_the_adversary(recipe, options):
    keras.utils.set_random_seed(0)
    model = kerasgen.create(recipe, image_size=16, **TINY[recipe], **options)
    kernels = [variable for variable in model.trainable_variables if "kernel" in variable.path]
    before = values(kernels)
    a, b = images()
    history = model.fit(a, b, batch_size=4, verbose=0).history
    assert np.isfinite([*history.values()]).all()
    assert not any(np.array_equal(x, y) for x, y in zip(before, values(kernels)))
    assert ("wasserstein_distance" in history) == (options["objective"] == "wasserstein")


@pytest.mark.slow
@pytest.mark.parametrize("recipe", TINY)
def test_r1_adds_the_squared_gradient_at_real_images(recipe):
    def loss(weight):
        keras.utils.set_random_seed(0)
        model = kerasgen.create(recipe, image_size=16, r1_penalty=weight, **TINY[recipe])
        a, b = (keras.ops.convert_to_tensor(2 * x - 1) for x in images())
        if recipe == "pix2pix":
            value, _ = model.discriminator_loss(a, b, -b, training=True)
            gradients = [(lambda x: model.discriminator([x, a]), b)]
        else:
            value, _ = model.discriminators_loss(a, b, -a, -b, training=True)
            gradients = [(model.discriminator_a, a), (model.discriminator_b, b)]
        squares = [
            np.square(keras.ops.convert_to_numpy(kerasgen.backend.input_gradient(f, x))).sum(axis=(1, 2, 3)).mean()
            for f, x in gradients
        ]
        scale = 0.5 if recipe == "pix2pix" else 0.5 * 2  # the factor of the discriminator's loss
        return float(keras.ops.convert_to_numpy(keras.ops.stop_gradient(value))), scale * 0.5 * sum(squares)

    plain, penalty = loss(0.0)
    assert loss(3.0)[0] - plain == pytest.approx(3.0 * penalty, rel=1e-3)
