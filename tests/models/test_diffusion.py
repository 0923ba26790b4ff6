"""Diffusion and flow matching: training, averaged weights, classes, samplers, inverses, editing and densities."""

import keras
import numpy as np
import pytest

import kerasgen
from kerasgen import data, zoo
from kerasgen.errors import DataError, UsageError
from kerasgen.models import Batch
from tests.models.model_case import ModelCase, values


class TestFlow(ModelCase):
    recipe = "flow"
    options = {
        "width": 4,
        "patch": "4",
    }  # one size, with attention; the network has its own tests
    logged = {"loss"}
    players = {"model": "network"}

    def model(self, *args, **kwargs):
        model = super().model(*args, **kwargs)
        rng = np.random.default_rng(0)
        for weight in model.network.trainable_variables:  # the last layer of each block is zero at first
            weight.assign(weight + 0.1 * rng.standard_normal(weight.shape))
        return model

    def turn(self, model, player, batch):
        noise = {"times": keras.ops.linspace(0.1, 0.9, 8), "noise": self.noise(8, 8, 8, 1)}
        model.minimize(player, lambda: model.compute_losses(Batch(batch), noise, training=True))


def images(n=6, seed=0):
    return np.random.default_rng(seed).random((n, 8, 8, 1), dtype="float32")


def random_model(recipe="flow", sample_shape=(8, 8, 1), seed=0, **options):
    """Return a model with random weights, whose averages are the weights."""
    keras.utils.set_random_seed(seed)
    small = {"width": 4} if len(sample_shape) == 3 else {"hidden_dim": 16, "depth": 2}
    model = zoo.get(recipe).create(sample_shape, 3, **(small | options))
    rng = np.random.default_rng(seed)
    for variable in model.network.trainable_variables:
        variable.assign(0.3 * rng.standard_normal(variable.shape))
    if model.moving_average is not None:
        for average, weight in zip(model.moving_average.averages, model.network.weights, strict=True):
            average.assign(keras.ops.convert_to_numpy(weight))
    return model


# -- training


@pytest.mark.slow
@pytest.mark.parametrize(
    "options",
    [
        {"recipe": "diffusion", "prediction": "noise", "schedule": "linear", "times": "logit_normal"},
        {"recipe": "diffusion", "prediction": "image", "weighting": "truncated_snr"},
        {"recipe": "diffusion", "weighting": "min_snr", "conditional": True},
    ],
)
def test_the_loss_is_the_weighted_error_of_the_prediction(options):
    model = random_model(**options)
    x, rng = images(8), np.random.default_rng(1)
    noise = {name: each.sample(rng, 8) for name, each in model.noise.items()}
    batch = {"images": x, "noise": noise} | ({"labels": np.arange(8) % 3} if model.num_classes else {})
    logged = model.evaluate(batch, batch_size=8, verbose=0, return_dict=True)["loss"]
    low, high = model.time_range
    u = noise["times"]
    t = np.clip(1 / (1 + np.exp(-u)), low, high) if model.times == "logit_normal" else low + (high - low) * u
    alpha, sigma = np.cos(np.pi * t / 2), np.sin(np.pi * t / 2)
    if model.schedule == "linear":
        alpha = np.exp(-0.25 * t**2 * 19.9 - 0.5 * t * 0.1)
        sigma = np.sqrt(1 - alpha**2)
    clean, e, (a, s) = 2 * x - 1, noise["noise"], (each[:, None, None, None] for each in (alpha, sigma))
    labels = [np.where(noise["keep_label"] < 0.1, 3, np.arange(8) % 3)] if model.num_classes else []
    predicted = keras.ops.convert_to_numpy(model.outputs(a * clean + s * e, t, *labels))
    target = {"noise": e, "image": clean, "v": a * e - s * clean}[model.prediction]
    ratio = alpha**2 / sigma**2
    weight = {"simple": 1.0, "truncated_snr": np.maximum(ratio, 1), "min_snr": sigma**2 * np.minimum(ratio, 5)}
    errors = ((predicted - target) ** 2).mean((1, 2, 3))
    assert logged == pytest.approx((weight[model.weighting] * errors).mean(), rel=2e-3)


@pytest.mark.slow
def test_pictures_come_from_the_averaged_weights_and_training_goes_on_from_the_others():
    """Users of other packages report that the average gives noise, and that resuming starts from the average."""

    def train(callbacks):
        keras.utils.set_random_seed(0)
        model = zoo.get("flow").create((8, 8, 1), 3, width=4, average=0.9)
        model.fit(images(16), batch_size=8, epochs=2, shuffle=False, verbose=0, callbacks=callbacks)
        return model

    pictures = []

    class Draw(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            pictures.append(self.model.preview(n=4))

    drawn, plain = train([Draw()]), train([])
    for a, b in zip(values(drawn.variables), values(plain.variables), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-7)  # TensorFlow rounds some sums in another way
    raw = values(drawn.network.weights)
    averages = values(drawn.moving_average.averages)
    assert any(np.abs(a - b).max() > 1e-6 for a, b in zip(raw, averages))
    np.testing.assert_allclose(drawn.preview(n=4), pictures[-1], atol=1e-6)
    for variable, average in zip(drawn.network.weights, averages):
        variable.assign(average)
    np.testing.assert_allclose(drawn.preview(n=4), pictures[-1], atol=1e-6)


def test_the_average_is_the_recursion_with_a_warm_up():
    model = random_model(sample_shape=(2,), average=0.99)
    expected = values(model.moving_average.averages)
    steps = [0]

    class Follow(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            decay = min(0.99, (1 + steps[0]) / (10 + steps[0]))
            steps[0] += 1
            for i, weight in enumerate(values(self.model.network.weights)):
                expected[i] = decay * expected[i] + (1 - decay) * weight

    points = np.random.default_rng(0).standard_normal((32, 2)).astype("float32")
    model.fit(points, batch_size=8, verbose=0, callbacks=[Follow()])
    for average, value in zip(values(model.moving_average.averages), expected):
        np.testing.assert_allclose(average, value, atol=1e-5)


@pytest.mark.once
def test_optimal_pairs_have_the_smallest_distance_and_are_the_same_again():
    points = data.load("ring-8").train.first(64)
    batches = data.Images(data.array_source.ArraySource(points)).batches(32, shuffle=True, seed=1)
    model = random_model(sample_shape=(2,), pairing="optimal")
    model.fit(batches, shuffle=False, epochs=2, verbose=0)
    batches.go_to(0)
    batch = batches[0]
    noise = batch["noise"]["noise"]
    paired = ((batch["images"] - noise) ** 2).sum()
    rng = np.random.default_rng(0)
    assert all(paired <= ((batch["images"] - rng.permutation(noise)) ** 2).sum() for _ in range(20))
    np.testing.assert_array_equal(batches[0]["noise"]["noise"], noise)
    assert not np.array_equal(batches[1]["noise"]["noise"], noise)
    with pytest.raises(UsageError, match=r"needs batches of kerasgen\.data"):
        model.fit(points, verbose=0)
    with pytest.raises(UsageError, match="pairing is optimal and the model has classes"):
        random_model(sample_shape=(2,), pairing="optimal", conditional=True)


# -- samples


@pytest.mark.slow
@pytest.mark.parametrize("sampler", ["heun", "ddpm", "adaptive"])
def test_image_i_of_a_seed_depends_neither_on_n_nor_on_the_batch(sampler, monkeypatch):
    model = random_model(sample_shape=(4, 8, 1))
    options = {"seed": 3, "sampler": sampler, "steps": 3, "tolerance": 0.1}
    five = model.generate(5, **options)
    np.testing.assert_allclose(model.generate(2, **options), five[:2], atol=1e-5)
    assert np.abs(model.generate(5, **(options | {"seed": 4})) - five).max() > 0.01
    if sampler != "adaptive":  # in batches of another size rounding may decide whether a step is accepted
        monkeypatch.setattr(kerasgen.models.base.sampling, "IMAGE_BATCH", 3)
        np.testing.assert_allclose(model.generate(5, **options), five, atol=1e-5)


@pytest.mark.slow
def test_guidance_extrapolates_from_the_unlabelled_to_the_labelled_prediction():
    model = random_model(conditional=True)
    plain, guided, without = (
        model.generate(3, seed=0, steps=1, sampler="ddim", **options)
        for options in ({"labels": 1}, {"labels": 1, "guidance": 1.5}, {})
    )
    raw = np.clip(plain + 1.5 * (plain - without), 0, 1)
    inside = (np.minimum(plain, without) > 0.02) & (np.maximum(plain, without) < 0.98)
    assert inside.any()
    np.testing.assert_allclose(guided[inside], raw[inside], atol=1e-4)
    assert np.abs(plain - without).max() > 1e-3
    assert model.preview(n=9).shape == (3, 3, 8, 8, 1)  # a row for each class


@pytest.mark.parametrize(
    ("options", "error", "says"),
    [
        ({"steps": 0}, UsageError, "steps of generate for Diffusion is a whole number of 1 or more"),
        ({"sampler": "huen"}, UsageError, "did you mean heun"),
        ({"guidance": 2.0}, UsageError, "guidance needs a model with classes"),
        ({"stpes": 3}, UsageError, "did you mean steps"),
        ({"steps": 10**9}, UsageError, "at most 10,000"),
        ({"labels": 1}, UsageError, "trained without labels"),
    ],
)
@pytest.mark.once
def test_impossible_samples_are_refused(options, error, says):
    with pytest.raises(error, match=says):
        random_model().generate(2, seed=0, **options)


@pytest.mark.once
def test_more_that_is_refused():
    model = random_model(conditional=True)
    with pytest.raises(UsageError, match="guidance goes towards a class"):
        model.generate(2, guidance=1.0)
    with pytest.raises(UsageError, match="does not run backwards"):
        model.encode(images(), sampler="ddpm")
    with pytest.raises(UsageError, match="takes as many derivatives"):
        random_model(sample_shape=(12, 12, 1)).log_likelihood(np.zeros((1, 12, 12, 1)))
    with pytest.raises(DataError, match="the mask has shape"):
        model.inpaint(images(), np.ones((3, 3)))
    with pytest.raises(UsageError, match="halve twice"):
        kerasgen.create("flow", image_size=30)
    with pytest.raises(UsageError, match="given no labels"):
        model.fit(images(), verbose=0)


@pytest.mark.once
def test_an_adaptive_sampler_that_does_not_arrive_says_so(monkeypatch):
    monkeypatch.setattr(kerasgen.samplers.solvers, "MOST_ATTEMPTS", 5)
    with pytest.raises(UsageError, match=r"took 5 steps and is still .* from time 0 at the tolerance 1e-06"):
        random_model(sample_shape=(2,)).generate(2, seed=0, tolerance=1e-6)


@pytest.mark.once
@pytest.mark.parametrize(
    "arguments",
    [{"schedule": "cosin"}, {"prediction": "nois"}, {"weighting": "snr"}, {"times": "normal"}, {"pairing": "ot"}],
)
def test_unknown_names(arguments):
    network = kerasgen.networks.diffusion_mlp((2,), 4)
    with pytest.raises(UsageError, match="unknown"):
        kerasgen.models.Diffusion(network, **arguments)


@pytest.mark.once
def test_numbers_and_networks_that_do_not_fit():
    network = kerasgen.networks.diffusion_mlp((2,), 4)
    for arguments, says in (
        ({"average": 1.0}, "average is 1.0"),
        ({"label_dropout": 2.0}, "label_dropout is 2.0"),
        ({"time_std": 0.0}, "time_std is 0.0"),
        ({"num_classes": 3}, "must take samples, times, labels"),
    ):
        with pytest.raises(UsageError, match=says):
            kerasgen.models.Diffusion(network, **arguments)


# -- inverses, editing and densities


@pytest.mark.slow
def test_noise_of_a_sample_generates_it():
    model, x = random_model(), images(4)
    latents = model.encode(x)
    assert latents.shape == (4, 64)
    np.testing.assert_allclose(model.decode(latents), x, atol=0.02)
    np.testing.assert_allclose(model.reconstruct(x), x, atol=0.02)
    between = model.interpolate(x[:2], x[2:], steps=3)
    assert between.shape == (2, 3, 8, 8, 1)
    np.testing.assert_allclose(between[:, 0], x[:2], atol=0.02)
    np.testing.assert_allclose(between[:, -1], x[2:], atol=0.02)


@pytest.mark.slow
def test_inpainting_keeps_the_known_part_and_denoising_takes_any_strength():
    model, x = random_model("diffusion"), images(3)
    mask = np.zeros((8, 8, 1), bool)
    mask[:4] = True
    filled = model.inpaint(x, mask, seed=0, steps=4)
    np.testing.assert_array_equal(filled[:, :4], x[:, :4])
    assert np.abs(filled[:, 4:] - x[:, 4:]).max() > 0.01
    np.testing.assert_array_equal(model.complete(x, rows=6, seed=0)[:, :6], x[:, :6])
    with pytest.raises(UsageError, match="rows is 9"):
        model.complete(x, rows=9)
    noisy = model.corrupt(x, seed=1, strength=0.5)
    assert (noisy - x).std() == pytest.approx(0.5, rel=0.2)
    clean = model.denoise(noisy, strength=0.5)
    assert clean.shape == x.shape
    assert clean.min() >= 0
    assert clean.max() <= 1
    assert np.abs(model.denoise(noisy, strength=2.0) - clean).max() > 1e-3


@pytest.mark.slow
def test_the_density_is_the_determinant_of_the_flow():
    """In one dimension the density is that of the noise times the derivative of the noise."""
    model = random_model(sample_shape=(1,))
    x = np.linspace(-1, 1, 5, dtype="float32")[:, None]
    below, noise, above = (model.encode(x + step, tolerance=1e-6).astype("float64")[:, 0] for step in (-0.01, 0, 0.01))
    expected = -0.5 * noise**2 - 0.5 * np.log(2 * np.pi) + np.log((above - below) / 0.02)
    np.testing.assert_allclose(model.log_likelihood(x), expected, rtol=5e-3, atol=0.02)


@pytest.mark.slow
@pytest.mark.once
def test_in_one_dimension_random_directions_give_the_exact_trace():
    model = random_model(sample_shape=(1,), average=0.0)
    x = np.linspace(-1, 1, 4, dtype="float32")[:, None]
    np.testing.assert_allclose(model.log_likelihood(x, probes=3), model.log_likelihood(x), atol=1e-3)


@pytest.mark.slow
def test_points_are_learnt():
    rng = np.random.default_rng(0)
    keras.utils.set_random_seed(0)
    points = (np.array([3.0, -2.0]) + 0.5 * rng.standard_normal((2000, 2))).astype("float32")
    model = zoo.get("flow").create((2,), 1, hidden_dim=32, depth=2, average=0.9, learning_rate=3e-3)
    model.fit(points, batch_size=200, epochs=20, verbose=0)
    samples = model.generate(1000, seed=0)
    np.testing.assert_allclose(samples.mean(0), [3, -2], atol=0.2)
    np.testing.assert_allclose(samples.std(0), [0.5, 0.5], atol=0.15)
