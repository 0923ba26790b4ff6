"""The PyTorch steps that kerasgen's translation is timed against are of the same networks and the same losses."""

import keras
import numpy as np
import pytest

import kerasgen

if keras.backend.backend() != "torch":
    pytest.skip("the loops are PyTorch's", allow_module_level=True)

import torch

from benchmarks.loops import translation_with_torch as loop

SIZE, WIDTH = 32, 2
NETWORKS = {
    "pix2pix": ("generator", "discriminator"),
    "cyclegan": ("generator_ab", "generator_ba", "discriminator_a", "discriminator_b"),
}


@pytest.mark.parametrize("recipe", NETWORKS)
def test_the_first_step_has_the_losses_of_the_recipe(recipe):
    keras.utils.set_random_seed(0)
    without = {"dropout": 0.0} if recipe == "pix2pix" else {}  # what is dropped is random
    model = kerasgen.create(recipe, SIZE, channels=3, width=WIDTH, jitter=False, **without)
    _, networks = getattr(loop, recipe)((SIZE, SIZE, 3), WIDTH, **without)
    for name, network in zip(NETWORKS[recipe], networks, strict=True):
        variables = getattr(model, name).trainable_variables
        loop.load(network, [keras.ops.convert_to_numpy(variable) for variable in variables])
    a, b = np.random.default_rng(0).random((2, 1, SIZE, SIZE, 3), dtype="float32")
    found = model.fit(a, b, batch_size=1, epochs=1, verbose=0).history
    a, b = (loop.mirrored(x) * 2 - 1 for x in (a, b))
    if recipe == "pix2pix":
        losses = loop.pix2pix_step(*networks, [loop._adam([network]) for network in networks], a, b)
    else:
        optimizers = [loop._adam(networks[:2]), loop._adam(networks[2:])]
        losses = loop.cyclegan_step(networks, optimizers, [loop.Pool(2), loop.Pool(2)], a, b)
    expected = [found["generator_loss"][0], found["discriminator_loss"][0]]
    assert [float(loss) for loss in losses] == pytest.approx(expected, rel=2e-3)


def test_jitter_keeps_a_pair_together_and_the_pool_gives_old_images_back():
    a = torch.rand(1, 3, SIZE, SIZE)
    one, other = loop.jittered(a, a)
    assert one.shape == a.shape
    assert torch.equal(one, other)
    pool = loop.Pool(3)
    numbers = [float(pool.exchange(torch.tensor(float(number)))) for number in range(60)]
    assert numbers[:3] == [0, 1, 2]
    assert any(given < number for number, given in enumerate(numbers))
