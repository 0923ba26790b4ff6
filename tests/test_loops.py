"""The hand-written loops that kerasgen is timed against train the same networks, by the same steps."""

import importlib

import keras
import numpy as np
import pytest

import kerasgen
from benchmarks.loops import SETTINGS, load, weights

BACKEND = keras.backend.backend()
BATCH = 8
STEPS = 2  # further on Adam's steps of either sign, where a gradient is next to zero, begin to show
loop = importlib.import_module(f"benchmarks.loops.with_{BACKEND}")


def arrays(variables, names):
    """The variables of a kerasgen network under the names of the loop's weights."""
    return {name: np.array(keras.ops.convert_to_numpy(v)) for name, v in zip(names, variables, strict=True)}


def total_on_tensorflow(recipe, weights, batches):
    model = {"vae": loop.VAE, "dcgan": loop.DCGAN}[recipe](*weights)
    for images, noise in batches:
        model.step(loop.tf.constant(images), loop.tf.constant(noise))
    return model.totals.numpy()


def total_on_jax(recipe, weights, batches):
    state = getattr(loop, f"{recipe}_state")(*weights)
    step = loop.jax.jit(getattr(loop, f"{recipe}_step"))
    for images, noise in batches:
        state = step(state, images, noise)
    return np.asarray(state["totals"])


def total_on_torch(recipe, weights, batches):
    if recipe == "vae":
        network = loop.VAE(*weights)
        parts = network, loop.torch.optim.Adam(network.parameters(), 1e-3, eps=1e-7, fused=True)
    else:
        networks = loop.dcgan_networks(*weights)
        parts = *networks, loop.dcgan_optimizers(*networks)
    step = getattr(loop, f"{recipe}_step")
    tensors = [[loop.torch.tensor(x, device=loop.DEVICE) for x in batch] for batch in batches]
    return sum(np.array([float(x) for x in step(*parts, images.permute(0, 3, 1, 2), z)]) for images, z in tensors)


@pytest.mark.parametrize(
    ("recipe", "networks", "logged"),
    [
        ("vae", [["encoder", "decoder"]], ["loss", "reconstruction_error", "kl_divergence"]),
        ("dcgan", [["generator"], ["discriminator"]], ["discriminator_loss", "generator_loss"]),
    ],
)
def test_loop_takes_the_steps_of_the_recipe(recipe, networks, logged):
    keras.utils.set_random_seed(0)
    model = kerasgen.create(recipe, **SETTINGS[recipe])
    known = getattr(weights, recipe)(seed=0)
    known = [known] if isinstance(known, dict) else known
    owned = [[v for name in group for v in getattr(model, name).trainable_variables] for group in networks]
    start = [arrays(variables, names) for variables, names in zip(owned, known, strict=True)]
    assert [{n: w.shape for n, w in group.items()} for group in start] == [
        {n: w.shape for n, w in group.items()} for group in known
    ]
    images = np.random.default_rng(0).random((STEPS * BATCH, 28, 28, 1), dtype="float32")
    noise = model.draw_latents(len(images), (model.latent_dim,), seed=1)
    history = model.fit(
        {"images": images, "noise": noise}, batch_size=BATCH, shuffle=False, epochs=1, verbose=0
    ).history
    batches = [(images[i : i + BATCH], noise[i : i + BATCH]) for i in range(0, len(images), BATCH)]
    totals = globals()[f"total_on_{BACKEND}"](recipe, start, batches)
    assert totals / len(batches) == pytest.approx([history[name][0] for name in logged], rel=2e-3)


def test_epochs_see_every_image_and_the_loss_falls():
    images = np.zeros((3 * BATCH, 28, 28, 1), "float32")
    images[: len(images) // 2, 7:21] = 1.0
    epoch = load(BACKEND, "vae")(images, BATCH, seed=0)
    losses = [epoch()["loss"] for _ in range(4)]
    assert losses[-1] < 0.7 * losses[0]
    dcgan = load(BACKEND, "dcgan")(images, BATCH, seed=0)()
    assert set(dcgan) == {"discriminator_loss", "generator_loss"}
    assert np.isfinite(list(dcgan.values())).all()
