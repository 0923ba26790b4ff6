"""Mean flows: the identity of the mean velocity, its loss, and samples in one or a few steps."""

import keras
import numpy as np
import pytest
from keras import ops

import kerasgen
from kerasgen import zoo
from kerasgen.errors import UsageError
from kerasgen.models import Batch, MeanFlow
from tests.models.model_case import ModelCase
from tests.tensors import array, tensor

MEAN, STD = 1.5, 0.4  # of the data whose flow is known


class TestMeanFlow(ModelCase):
    recipe = "meanflow"
    options = {"width": 4, "flow_share": 0.5, "weight_power": 0.5}
    logged = {"loss", "error"}
    players = {"model": "network"}

    def model(self, *args, **kwargs):
        model = super().model(*args, **kwargs)
        rng = np.random.default_rng(0)
        for weight in model.network.trainable_variables:  # the last layer of each block is zero at first
            weight.assign(weight + 0.1 * rng.standard_normal(weight.shape))
        return model

    def turn(self, model, player, batch):
        times = np.random.default_rng(0).standard_normal((8, 2)).astype("float32")
        noise = {"times": tensor(times), "noise": self.noise(8, 8, 8, 1)}
        model.minimize(player, lambda: model.compute_losses(Batch(batch), noise, training=True))


def random_model(sample_shape=(2,), seed=0, **options):
    """Return a model with random weights, whose averages are the weights."""
    keras.utils.set_random_seed(seed)
    small = {"width": 4} if len(sample_shape) == 3 else {"hidden_dim": 16, "depth": 2}
    model = zoo.get("meanflow").create(sample_shape, 3, **(small | {"average": 0.0} | options))
    rng = np.random.default_rng(seed)
    for variable in model.network.trainable_variables:
        variable.assign(0.3 * rng.standard_normal(variable.shape))
    return model


class ExactMeanVelocity(keras.layers.Layer):
    """Mean velocity of the straight path from N(MEAN, STD^2) to noise, in closed form.

    The flow keeps (z - mean(t)) / std(t), so that z_r is known from z_t; then u = (z_t - z_r) / (t - r).
    """

    def call(self, z, times, intervals):
        t, r = times[:, None], (times - intervals)[:, None]
        std, std_before = (ops.sqrt(ops.square((1 - each) * STD) + ops.square(each)) for each in (t, r))
        slope = (STD**2 * (t + r - 2) + t + r) / (std + std_before)  # (std(t) - std(r)) / (t - r)
        return -MEAN + (z - (1 - t) * MEAN) / std * slope


def exact_model(**options):
    inputs = [keras.Input((3,)), keras.Input(()), keras.Input(())]
    network = keras.Model(inputs, ExactMeanVelocity()(*inputs))
    return MeanFlow(network, average=0.0, **options)


def times_and_intervals(n):
    pairs = np.random.default_rng(1).random((n, 2)).astype("float32")
    return pairs.max(axis=1), pairs.max(axis=1) - pairs.min(axis=1)


# -- the identity


@pytest.mark.parametrize("tangent", ["sample", "model"])
def test_the_identity_returns_the_mean_velocity_of_a_known_flow(tangent):
    model = exact_model(tangent=tangent)
    t, interval = times_and_intervals(64)
    z = np.random.default_rng(2).standard_normal((64, 3)).astype("float32")
    inputs = [tensor(each) for each in (z, t, interval)]
    expected, velocity = model.outputs(inputs[0], inputs[1], intervals=inputs[2]), model.outputs(*inputs[:2])
    np.testing.assert_allclose(array(model.identity(*inputs, velocity)), array(expected), rtol=1e-4, atol=1e-4)
    assert np.abs(array(expected) - array(velocity)).max() > 0.5  # so that the derivative matters


@pytest.mark.parametrize("tangent", ["sample", "model"])
def test_the_target_is_the_mean_velocity_on_average_over_data_and_noise(tangent):
    """The loss sees e - x only, whose mean given z_t is the velocity."""
    rng, n = np.random.default_rng(3), 100_000
    model, (t, interval) = exact_model(tangent=tangent), times_and_intervals(n)
    x, e = MEAN + STD * rng.standard_normal((n, 3)), rng.standard_normal((n, 3))
    z = (1 - t[:, None]) * x + t[:, None] * e
    inputs = [tensor(each.astype("float32")) for each in (z, t, interval)]
    difference = array(model.identity(*inputs, tensor((e - x).astype("float32")))) - array(
        model.outputs(*inputs[:2], intervals=inputs[2])
    )
    for feature in (np.ones_like(z), z, z * t[:, None], z * interval[:, None]):
        products = difference * feature
        assert abs(products.mean()) < 5 * products.std() / products.size**0.5


def test_a_known_flow_generates_exactly_in_any_number_of_steps():
    model = exact_model()
    expected = MEAN + STD * model.draw_latents(5, (3,), seed=0)
    for steps in (1, 2, 4):
        np.testing.assert_allclose(model.generate(5, seed=0, steps=steps), expected, atol=1e-5)
    solved = model.generate(5, seed=0, sampler="adaptive", tolerance=1e-5)
    np.testing.assert_allclose(solved, expected, atol=1e-3)


@pytest.mark.slow
def test_the_density_and_the_inverse_are_those_of_the_velocity():
    model = exact_model()
    noise = model.draw_latents(4, (3,), seed=1)
    points = MEAN + STD * noise
    np.testing.assert_allclose(model.encode(points, tolerance=1e-5), noise, atol=1e-3)
    log_density = -0.5 * (noise.astype("float64") ** 2).sum(1) - 3 * np.log(STD) - 1.5 * np.log(2 * np.pi)
    np.testing.assert_allclose(model.log_likelihood(points), log_density, atol=1e-3)


# -- training


@pytest.mark.parametrize(
    "options",
    [{}, {"tangent": "model", "weight_power": 0.0}, {"conditional": True, "guidance": 1.5}, {"flow_share": 1.0}],
)
def test_the_loss_is_the_weighted_error_of_the_target(options):
    model = random_model(**({"flow_share": 0.75, "time_mean": 0.5, "time_std": 2.0} | options))
    rng = np.random.default_rng(1)
    x, labels = rng.standard_normal((8, 2)).astype("float32"), np.arange(8) % 3
    noise = {name: each.sample(rng, 8) for name, each in model.noise.items()}
    batch = Batch(tensor(x), ops.convert_to_tensor(labels) if model.num_classes else None)
    loss, logs = model.compute_losses(batch, {name: tensor(each) for name, each in noise.items()}, training=True)
    times = 1 / (1 + np.exp(-(0.5 + 2.0 * noise["times"])))
    t, r = times.max(1), times.min(1)
    moving = 0 if model.flow_share == 1 else 2  # a quarter of the batch
    interval = np.where(np.arange(8) < moving, t - r, 0.0).astype("float32")
    e = noise["noise"]
    z, v = (1 - t[:, None]) * x + t[:, None] * e, e - x
    given = []
    if model.num_classes:
        kept = np.where(noise["keep_label"] < 0.1, 3, labels)
        without = array(model.outputs(tensor(z), tensor(t), ops.convert_to_tensor(np.full(8, 3, "int32"))))
        v = np.where(kept[:, None] == 3, v, 2.5 * v - 1.5 * without)
        given = [ops.convert_to_tensor(kept.astype("int32"))]
    inputs = [tensor(each.astype("float32")) for each in (z, t, interval)]
    target = array(model.identity(*inputs, tensor(v.astype("float32")), *given))
    np.testing.assert_allclose(target[moving:], v[moving:], rtol=1e-5)
    assert moving == 0 or np.abs(target - v)[:moving].max() > 1e-3
    squares = ((array(model.outputs(inputs[0], inputs[1], *given, intervals=inputs[2])) - target) ** 2).sum(1)
    weight = (squares + 1e-3) ** -model.weight_power
    assert array(loss) == pytest.approx((weight * squares).mean(), rel=1e-4)
    assert array(logs["error"]) == pytest.approx(squares.mean() / 2, rel=1e-4)


@pytest.mark.slow
def test_one_step_learns_the_spread_of_points():
    """One step along the velocity gives their mean, without a spread."""
    keras.utils.set_random_seed(0)
    rng = np.random.default_rng(0)
    points = (np.array([3.0, -2.0]) + [0.5, 1.0] * rng.standard_normal((2000, 2))).astype("float32")
    options = {"hidden_dim": 32, "depth": 2, "average": 0.95, "learning_rate": 3e-3, "weight_power": 0.0}
    model = zoo.get("meanflow").create((2,), 1, flow_share=0.5, **options)
    model.fit(points, batch_size=200, epochs=120, verbose=0)
    samples = model.generate(1000, seed=0)
    np.testing.assert_allclose(samples.mean(0), [3, -2], atol=0.4)
    np.testing.assert_allclose(samples.std(0) / [0.5, 1.0], 1.0, atol=0.5)
    assert (samples.std(0) > 2 * model.generate(1000, seed=0, sampler="euler").std(0)).all()


# -- samples


@pytest.mark.parametrize("sample_shape", [(2,), (4, 8, 1)])
def test_image_i_of_a_seed_depends_neither_on_n_nor_on_the_batch(sample_shape, monkeypatch):
    model = random_model(sample_shape)
    five = model.generate(5, seed=3, steps=2)
    np.testing.assert_allclose(model.generate(2, seed=3, steps=2), five[:2], atol=1e-5)
    assert np.abs(model.generate(5, seed=4, steps=2) - five).max() > 0.01
    for batch in ("IMAGE_BATCH", "POINT_BATCH"):
        monkeypatch.setattr(kerasgen.models.base.sampling, batch, 3)
    np.testing.assert_allclose(model.generate(5, seed=3, steps=2), five, atol=1e-5)


def test_one_step_is_the_noise_minus_the_mean_velocity():
    model = random_model(conditional=True)
    noise = model.draw_latents(3, (2,), seed=0)
    ones, labels = np.ones(3, "float32"), np.array([0, 1, 2])
    velocity = array(model.outputs(tensor(noise), tensor(ones), tensor(labels), intervals=tensor(ones)))
    np.testing.assert_allclose(model.generate(3, seed=0, labels=labels), noise - velocity, atol=1e-5)


@pytest.mark.once
def test_impossible_arguments_are_refused():
    for options, says in (
        ({"flow_share": 1.5}, "flow_share of meanflow is at most 1"),
        ({"tangent": "samples"}, "did you mean sample"),
        ({"guidance": 1.0}, "guidance is 1 of a model with 0 classes"),
        ({"conditional": True, "pairing": "optimal"}, "pairing is optimal and the model has classes"),
    ):
        with pytest.raises(UsageError, match=says):
            random_model(**options)
    network = random_model().network
    for arguments, says in (
        ({"flow_share": -0.1}, "a fraction of the batch"),
        ({"weight_power": -1.0}, "weight_power is -1"),
        ({"num_classes": 3}, "must take samples, times, intervals, labels"),
    ):
        with pytest.raises(UsageError, match=says):
            MeanFlow(network, **arguments)
    with pytest.raises(UsageError, match="must take samples, times, and make"):
        kerasgen.models.Diffusion(network)


@pytest.mark.once
def test_impossible_samples_are_refused():
    model = random_model(conditional=True)
    for options, says in (
        ({"steps": 0}, "steps of generate for MeanFlow is a whole number of 1 or more"),
        ({"sampler": "maen"}, "did you mean mean"),
        ({"labels": 1, "guidance": 2.0}, "the guidance that it was trained with"),
    ):
        with pytest.raises(UsageError, match=says):
            model.generate(2, seed=0, **options)
    with pytest.raises(UsageError, match="does not run backwards"):
        model.encode(np.zeros((1, 2), "float32"), sampler="mean")
    with pytest.raises(UsageError, match="guidance needs a model with classes"):
        random_model().generate(2, guidance=1.0)
    with pytest.raises(UsageError, match="unknown sampler"):
        zoo.get("flow").create((2,), hidden_dim=4).generate(2, sampler="mean")
