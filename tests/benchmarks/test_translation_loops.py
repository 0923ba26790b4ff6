"""The hand-written steps that kerasgen's translation is timed against are of the same networks and the same losses."""

from statistics import NormalDist

import keras
import numpy as np
import pytest

import kerasgen
from benchmarks.loops import NETWORKS, score_translation
from kerasgen.layers import jittered

BACKEND = keras.backend.backend()
SIZE, WIDTH = 32, 2
PLACES = 5  # at which an image of 36x36 can be cropped, down and across
RESTFUL = {  # what draws nothing, and is soon compiled
    "pix2pix": {"jitter": False, "dropout": 0.0},
    "cyclegan": {"jitter": False, "blocks": 1},
}
loop = score_translation(BACKEND)


def arrays_of(network):
    return [keras.ops.convert_to_numpy(variable) for variable in network.trainable_variables]


def made_by(model, name, inputs):
    return keras.ops.convert_to_numpy(getattr(model, name)(inputs if len(inputs) > 1 else inputs[0]))


@pytest.mark.parametrize("recipe", NETWORKS)
def test_a_step_has_the_losses_of_the_recipe_and_leads_to_the_same_networks(recipe):
    keras.utils.set_random_seed(0)
    model = kerasgen.create(recipe, SIZE, channels=3, width=WIDTH, **RESTFUL[recipe])
    trainer = getattr(loop, recipe)((SIZE, SIZE, 3), WIDTH, **RESTFUL[recipe])
    a, b = np.random.default_rng(0).random((2, 1, SIZE, SIZE, 3), dtype="float32")
    inputs = {name: [a, b][: len(getattr(model, name).inputs)] for name in NETWORKS[recipe]}
    before = {name: made_by(model, name, images) for name, images in inputs.items()}
    for name, expected in before.items():
        trainer.load(name, arrays_of(getattr(model, name)))
        made = trainer.run(name, np.concatenate(inputs[name], -1))
        np.testing.assert_allclose(made, expected, atol=1e-4 * abs(expected).max(), err_msg=name)

    found = model.fit(a, b, batch_size=1, epochs=1, verbose=0).history
    losses = trainer.step(loop.prepare(a), loop.prepare(b))
    expected = [found["generator_loss"][0], found["discriminator_loss"][0]]
    assert [float(loss) for loss in losses] == pytest.approx(expected, rel=1e-3)
    for name, images in inputs.items():
        expected, made = made_by(model, name, images), trainer.run(name, np.concatenate(images, -1))
        # Adam's first steps are of one length: where a gradient is next to zero either sign may come out
        assert abs(made - expected).mean() < 0.02 * abs(expected - before[name]).mean(), name


def jittered_on_tensorflow(a, b):
    return loop.jittered(loop.tf.concat([a, b], -1)).numpy()


def jittered_on_jax(a, b):
    key = loop.jax.random.key(np.random.randint(1 << 30))
    return np.asarray(loop.jittered(np.concatenate([a, b], -1), key))


def jittered_on_torch(a, b):
    jittered = loop.jittered(*(loop.torch.from_numpy(x).permute(0, 3, 1, 2) for x in (a, b)))
    return loop.torch.cat([*jittered], 1).permute(0, 2, 3, 1).numpy()


def test_jitter_is_that_of_kerasgen_and_keeps_a_pair_together():
    a, b = np.random.default_rng(0).random((2, 1, SIZE, SIZE, 3), dtype="float32")
    shares = [NormalDist().inv_cdf((place + 0.5) / PLACES) for place in range(PLACES)]
    draws = [(down, across, mirror) for down in shares for across in shares for mirror in (-1.0, 1.0)]
    images = np.repeat(np.concatenate([a, b], -1), len(draws), axis=0)
    known = keras.ops.convert_to_numpy(jittered(images, np.array(draws, "float32")))
    found = set()
    for _ in range(20):
        errors = abs(globals()[f"jittered_on_{BACKEND}"](a, b) - known).max((1, 2, 3))
        assert errors.min() < 1e-5
        found.add(int(errors.argmin()))
    assert len(found) > 5


def exchange_on_tensorflow(size):
    pool = loop.Pool((1, 1, 1), size)
    return lambda image: pool.exchange(loop.tf.constant(image)).numpy()


def exchange_on_jax(size):
    pool, keys = (np.zeros((size, 1, 1, 1), "float32"), 0), iter(loop.jax.random.split(loop.jax.random.key(0), 60))

    def exchange(image):
        nonlocal pool
        pool, image = loop.exchange(pool, image, next(keys))
        return image

    return exchange


def exchange_on_torch(size):
    pool = loop.Pool(size)
    return lambda image: pool.exchange(loop.torch.tensor(image))


def test_the_pool_gives_old_images_back_half_of_the_time():
    exchange = globals()[f"exchange_on_{BACKEND}"](3)
    numbers = [float(exchange(np.full((1, 1, 1, 1), number, "float32"))[0, 0, 0, 0]) for number in range(60)]
    assert numbers[:3] == [0, 1, 2]
    old = [given for number, given in enumerate(numbers) if given < number]
    assert 15 < len(old) < 45
    assert len({*old}) == len(old)
