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
    classes = {"autoencoder": loop.Autoencoder, "vae": loop.VAE, "gan": loop.GAN, "dcgan": loop.DCGAN}
    model = classes[recipe](*weights)
    for batch in batches:
        model.step(*(loop.tf.constant(x) for x in batch))
    return model.totals.numpy()


def total_on_jax(recipe, weights, batches):
    state = getattr(loop, f"{recipe}_state")(*weights)
    step = loop.jax.jit(getattr(loop, f"{recipe}_step"))
    for batch in batches:
        state = step(state, *batch)
    return np.asarray(state["totals"])


def total_on_torch(recipe, weights, batches):
    if recipe in ("autoencoder", "vae"):
        network = {"autoencoder": loop.Autoencoder, "vae": loop.VAE}[recipe](*weights)
        step, parts = getattr(loop, f"{recipe}_step"), [network, loop.adam(network)]
    else:
        networks = getattr(loop, f"{recipe}_networks")(*weights)
        step, parts = loop.step_of_game, [*networks, loop.optimizers_of_game(*networks)]
    total = 0
    for images, *noise in batches:
        images, *noise = (loop.torch.tensor(x, device=loop.DEVICE) for x in (images, *noise))
        total += np.array([float(x) for x in step(*parts, images.permute(0, 3, 1, 2), *noise)])
    return total


@pytest.mark.parametrize(
    ("recipe", "networks", "logged"),
    [
        ("autoencoder", [["encoder", "decoder"]], ["loss", "mean_squared_error"]),
        ("vae", [["encoder", "decoder"]], ["loss", "reconstruction_error", "kl_divergence"]),
        ("gan", [["generator"], ["discriminator"]], ["discriminator_loss", "generator_loss"]),
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
    given = {"images": images}
    if recipe != "autoencoder":
        given["noise"] = model.draw_latents(len(images), (model.latent_dim,), seed=1)
    history = model.fit(given, batch_size=BATCH, shuffle=False, epochs=1, verbose=0).history
    batches = [[x[i : i + BATCH] for x in given.values()] for i in range(0, len(images), BATCH)]
    totals = globals()[f"total_on_{BACKEND}"](recipe, start, batches)
    assert totals / len(batches) == pytest.approx([history[name][0] for name in logged], rel=2e-3)


def test_epochs_see_every_image_and_the_loss_falls():
    images = np.zeros((3 * BATCH, 28, 28, 1), "float32")
    images[: len(images) // 2, 7:21] = 1.0
    for recipe in ("autoencoder", "vae"):
        epoch = load(BACKEND, recipe)(images, BATCH, seed=0)
        losses = [epoch()["loss"] for _ in range(4)]
        assert losses[-1] < 0.7 * losses[0]
    for recipe in ("gan", "dcgan"):
        losses = load(BACKEND, recipe)(images, BATCH, seed=0)()
        assert set(losses) == {"discriminator_loss", "generator_loss"}
        assert np.isfinite(list(losses.values())).all()
