"""The hand-written loops that kerasgen is timed against train the same networks, by the same steps."""

import keras
import numpy as np
import pytest

import kerasgen
from benchmarks import loops
from benchmarks.loops import weights

BACKEND = keras.backend.backend()
BATCH = 8
STEPS = 2  # further on Adam's steps of either sign, where a gradient is next to zero, begin to show
loop = loops.of(BACKEND)
# PyTorch's Adam adds epsilon after its correction: in the first step small gradients, as the divergence's, go further
LOOSE = {"kl_divergence": 2e-2} if BACKEND == "torch" else {}

NETWORKS = {"vae-gan": [["encoder", "decoder"], ["discriminator"]]}
NETWORKS |= {recipe: [["generator"], ["discriminator"]] for recipe in ("gan", "cgan", "dcgan", "wgan-gp")}


def create(recipe):
    keras.utils.set_random_seed(0)
    return kerasgen.create(recipe, num_classes=10, **loops.SETTINGS[recipe])


def arrays(variables, names):
    """The variables of a kerasgen network under the names of the loop's weights."""
    return {name: np.array(keras.ops.convert_to_numpy(v)) for name, v in zip(names, variables, strict=True)}


def train_by_hand(recipe, arrays, batches):
    """The sums of the losses of a loop's steps, and the mean weights, where it has some."""
    if BACKEND == "jax":
        state, step = loop.trainer(recipe, arrays)
        step = loop.jax.jit(step)
        for batch in batches:
            state = step(state, *batch)
        return np.asarray(state["totals"]), loop.jax.tree.leaves(state.get("average"))
    trainer = loop.trainer(recipe, arrays)
    if BACKEND == "tensorflow":
        for batch in batches:
            trainer.step(*(loop.tf.constant(x) for x in batch))
        return trainer.totals.numpy(), [mean for mean, _ in getattr(trainer, "averages", [])]
    if recipe == "denoising-autoencoder":
        batches = [[images[:, ::-1, ::-1] for images in batch] for batch in batches]  # see `mirrored` of its layers
    losses = [trainer.step(*map(loop.prepared, batch)) for batch in batches]
    return np.array(losses).sum(0), getattr(trainer, "averages", [])


def noise_of(recipe, model, count):
    """The random arrays of all steps, as kerasgen draws them: those that are given to `fit`, and those that are not."""
    kinds = {kind: shape for kind, shape in loops.NOISE[recipe]}
    given = [model.draw_latents(count, kinds["normal"], seed=1)] if "normal" in kinds else []
    if "uniform" not in kinds:
        return given, []
    seeds = create(recipe).seed_generator
    drawn = [keras.random.uniform((BATCH, *kinds["uniform"]), seed=seeds) for _ in range(STEPS)]
    return given, [np.concatenate([keras.ops.convert_to_numpy(x) for x in drawn])]


def _norms(arrays):
    return sorted(float(np.linalg.norm(keras.ops.convert_to_numpy(x))) for x in arrays)


@pytest.mark.parametrize("recipe", loops.SETTINGS)
def test_loop_takes_the_steps_of_the_recipe(recipe):
    model = create(recipe)
    known = weights.first(recipe, seed=0)
    networks = NETWORKS.get(recipe, [["encoder", "decoder"]])
    owned = [[v for name in group for v in getattr(model, name).trainable_variables] for group in networks]
    start = [arrays(variables, names) for variables, names in zip(owned, known, strict=True)]
    assert [{n: w.shape for n, w in group.items()} for group in start] == [
        {n: w.shape for n, w in group.items()} for group in known
    ]
    data = loops.noise_images(recipe, STEPS * BATCH)
    given, drawn = noise_of(recipe, model, STEPS * BATCH)
    inputs = dict(zip(("images", "labels"), data)) | dict(zip(("noise",), given))
    history = model.fit(inputs, batch_size=BATCH, shuffle=False, epochs=1, verbose=0).history
    batches = [[x[i : i + BATCH] for x in (*data, *given, *drawn)] for i in range(0, STEPS * BATCH, BATCH)]
    totals, means = train_by_hand(recipe, start, batches)
    for name, total in zip(loops.LOGGED[recipe], totals, strict=True):
        assert total / STEPS == pytest.approx(history[name][0], rel=LOOSE.get(name, 2e-3)), name
    averaged = model.averaged_generator.weights if getattr(model, "average", 0) else []
    assert _norms(means) == pytest.approx(_norms(averaged), rel=1e-2, abs=1e-4)


@pytest.mark.parametrize("recipe", ["autoencoder-conv", "cvae", "gan"])  # without noise, with labels, of two players
def test_epochs_see_every_image_and_the_loss_falls(recipe):
    images, *labels = loops.noise_images(recipe, 3 * BATCH)
    images[:] = 0.0
    images[: len(images) // 2, 7:21] = 1.0
    epoch = loop.epochs(recipe, [images, *labels], BATCH, seed=0)
    losses = [epoch() for _ in range(4)]
    assert all(set(each) == set(loops.LOGGED[recipe]) for each in losses)
    assert np.isfinite([[*each.values()] for each in losses]).all()
    if "loss" in losses[0]:
        assert losses[-1]["loss"] < 0.8 * losses[0]["loss"]
