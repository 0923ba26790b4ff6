"""RealNVP: the likelihood is a density, both directions agree, and the parts do what the papers define."""

import math

import keras
import numpy as np
import pytest

import kerasgen
from kerasgen import networks, zoo
from kerasgen.data.sources.mixtures import MIXTURES
from kerasgen.errors import DataError, UsageError
from kerasgen.models import Batch, RealNVP
from kerasgen.models.realnvp import bits_per_dimension
from tests.compiled import compiled
from tests.models.model_case import ModelCase, values
from tests.tensors import array, tensor


def perturb(model, scale=0.2, seed=0):
    """Move all trainable weights, because couplings whose last layer is zero are the identity."""
    rng = np.random.default_rng(seed)
    for variable in model.trainable_variables:
        variable.assign(array(variable) + scale * rng.standard_normal(variable.shape).astype("float32"))
    return model


class TestRealNVP(ModelCase):
    recipe = "realnvp"
    options = {"couplings": 3, "width": 2, "scales": 1}
    logged = {"loss", "bits_per_dimension"}
    players = {"model": ""}

    def model(self, *args, **kwargs):
        return perturb(super().model(*args, **kwargs), 0.05)

    def turn(self, model, player, batch):
        noise = {"dequantization": keras.ops.full(batch.shape, 0.3)}
        model.minimize(player, lambda: model.compute_losses(Batch(batch), noise, training=True))

    def test_bits_per_dimension_are_those_of_256_levels(self):
        logs = self.model_anew().evaluate(self.images(), verbose=0, return_dict=True)
        expected = (logs["loss"] / 64 + math.log(256)) / math.log(2)
        assert logs["bits_per_dimension"] == pytest.approx(expected, rel=1e-5)

    def test_both_directions_agree_and_interpolation_begins_and_ends_at_the_images(self):
        model, images = self.model_anew(), self.images(5)
        assert model.encode(images).shape == (5, 64)
        np.testing.assert_allclose(model.reconstruct(images), images, atol=1e-5)
        way = model.interpolate(images[:2], images[2:4], steps=3)
        assert way.shape == (2, 3, 8, 8, 1)
        np.testing.assert_allclose(way[:, -1], images[2:4], atol=1e-5)

    def test_a_lower_temperature_gives_samples_nearer_to_the_mode(self):
        model = self.model_anew()
        cold, hot = (model.generate(20, seed=0, temperature=t).std(axis=0).mean() for t in (0.5, 1.0))
        assert cold < hot
        with pytest.raises(UsageError, match="temperature of generate is a number of 0 or more"):
            model.generate(2, temperature=-1.0)


def points_model(dimensions=2, coupling="spline", seed=0, scale=0.0, **options):
    keras.utils.set_random_seed(seed)
    small = {"couplings": 3, "hidden_dim": 8, "bins": 4} | options
    model = zoo.get("realnvp").create((dimensions,), coupling=coupling, **small)
    return perturb(model, scale, seed) if scale else model


def image_model(shape=(4, 4, 1), scale=0.2, **options):
    keras.utils.set_random_seed(0)
    small = {"couplings": 3, "width": 2, "scales": 2, "bins": 4} | options
    return perturb(zoo.get("realnvp").create(shape, **small), scale)


def log_determinants(model, x):
    """Return those of the flow, and those of its Jacobian by automatic differentiation, for samples (N, *shape)."""
    size = model.latent_dim

    def forward(x):
        return model.flow.forward(x)

    def rows(x):
        def output(row):
            return lambda x: (keras.ops.sum(model.flow.forward(x)[0][:, row]), ())

        pullbacks = [model.differentiate(output(row), [], [x])[2] for row in range(size)]
        return [pullback(keras.ops.ones(()))[1][0] for pullback in pullbacks]

    x = tensor(x)
    jacobians = np.stack([array(row).reshape(-1, size) for row in compiled(rows)(x)], axis=1)
    return array(compiled(forward)(x)[1]), np.linalg.slogdet(jacobians.astype("float64"))[1]


@pytest.mark.slow
@pytest.mark.parametrize(
    "make",
    [
        lambda: points_model(3, "affine", scale=0.1),
        lambda: points_model(3, "spline", scale=0.1),
        lambda: image_model((2, 4, 1), scale=0.1),
        lambda: image_model((2, 2, 1), 0.1, coupling="spline", scales=1),
    ],
    ids=["affine", "spline", "affine images", "spline images"],
)
def test_the_log_determinant_is_that_of_the_jacobian(make):
    model = make()
    x = 2 * np.random.default_rng(0).standard_normal((4, *model.sample_shape))
    log_det, expected = log_determinants(model, x)
    assert np.abs(expected).max() > 0.05
    np.testing.assert_allclose(log_det, expected, atol=1e-4)


@pytest.mark.parametrize("dimensions", [1, 2, 5])
@pytest.mark.parametrize("coupling", ["affine", "spline"])
def test_decoding_is_the_inverse_of_encoding(coupling, dimensions):
    """The last points are 5 standard deviations outside."""
    model = points_model(dimensions, coupling, scale=0.05)
    x = np.random.default_rng(0).standard_normal((10_000, dimensions)).astype("float32")
    x[-1000:] += 5 * np.sign(x[-1000:])
    np.testing.assert_allclose(model.decode(model.encode(x)), x, rtol=0, atol=1e-5)
    assert np.abs(model.encode(x) - x).max() > 0.1


@pytest.mark.once
@pytest.mark.parametrize("coupling", ["affine", "spline"])
def test_the_density_of_points_integrates_to_1(coupling):
    model = points_model(2, coupling, scale=0.1)
    model.standardization.mean.assign([1.0, -1.0])
    model.standardization.variance.assign([4.0, 0.25])
    axes = [np.arange(-12, 14, 0.08), np.arange(-6, 4, 0.04)]
    grid = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 2)
    density = np.exp(model.log_likelihood(grid))
    assert density.sum() * 0.08 * 0.04 == pytest.approx(1.0, abs=2e-3)


@pytest.mark.once
def test_the_density_of_one_pixel_integrates_to_1():
    """Also with variational dequantization, whose weights have the mean 1."""
    for dequantization in ("uniform", "variational"):
        model = image_model((1, 1, 1), dequantization=dequantization)
        pixels = (np.arange(256) / 255).astype("float32").reshape(-1, 1, 1, 1)
        probability = np.exp(model.log_likelihood(pixels, samples=30)) / 256
        assert probability.sum() == pytest.approx(1.0, abs=0.05)


@pytest.mark.once
def test_fifty_seeds_train_without_nan():
    model = points_model(3, "spline", couplings=2)
    start = values([*model.variables, *model.optimizer.variables])
    for seed in range(50):
        for variable, value in zip([*model.variables, *model.optimizer.variables], start, strict=True):
            variable.assign(value)
        rng = np.random.default_rng(seed)
        x = (10.0 ** rng.integers(-3, 4) * rng.standard_cauchy((64, 3))).astype("float32")
        losses = perturb(model, 0.1, seed).fit(x, batch_size=16, epochs=1, verbose=0).history["loss"]
        assert np.isfinite(losses).all(), seed


@pytest.mark.slow
@pytest.mark.once
def test_points_of_any_range_are_learnt():
    keras.utils.set_random_seed(0)
    model = points_model(3, "spline", learning_rate=5e-3)
    rng = np.random.default_rng(0)
    x = (1e4 + rng.standard_normal((2000, 3)) * [1.0, 10.0, 100.0]).astype("float32")
    model.fit(x, batch_size=100, epochs=8, verbose=0)
    entropy = 1.5 * math.log(2 * math.pi * math.e) + math.log(1000)
    assert -model.log_likelihood(x).mean() == pytest.approx(entropy, abs=0.1)


# log p(x) on PyTorch
EXPECTED = {
    "spline": [-3.19358, -3.54841, -3.45146, -3.0676],
    "affine": [-3.29061, -2.81654, -3.32383, -3.20745],
    "images": [-5.92538, -4.82273, 0.14544, -9.56652],
    "variational": [-26.42471, -16.14591, -9.32295, -21.51081],
}


@pytest.mark.slow
def test_the_likelihood_is_the_same_on_every_backend():
    rng = np.random.default_rng(3)
    for model, expected in (
        (points_model(3, "spline"), EXPECTED["spline"]),
        (points_model(3, "affine"), EXPECTED["affine"]),
        (image_model(scale=0.0), EXPECTED["images"]),
        (image_model(scale=0.0, dequantization="variational"), EXPECTED["variational"]),
    ):
        for variable in model.trainable_variables:
            variable.assign(0.1 * rng.standard_normal(variable.shape))
        x = rng.random((4, *model.sample_shape), dtype="float32")
        np.testing.assert_allclose(model.log_likelihood(x), expected, atol=1e-3)


@pytest.mark.once
def test_variational_dequantization_trains_and_more_samples_tighten_the_bound():
    model = image_model(dequantization="variational")
    images = np.random.default_rng(0).random((32, 4, 4, 1), dtype="float32")
    losses = model.fit(images, batch_size=16, epochs=5, verbose=0).history["loss"]
    assert losses[-1] < losses[0]
    bounds = [model.log_likelihood(images, samples=samples).mean() for samples in (1, 30)]
    assert bounds[0] < bounds[1]


def test_bits_per_dimension_of_a_uniform_density():
    assert bits_per_dimension(0.0, 784) == 8.0


@pytest.mark.once
def test_the_statistics_stop_changing():
    model = points_model(2, "affine")
    x = np.random.default_rng(0).standard_normal((12_000, 2)).astype("float32")
    model.fit(x, batch_size=4000, epochs=1, verbose=0, shuffle=False)
    before = array(model.standardization.mean)
    np.testing.assert_allclose(before, x.mean(axis=0), atol=1e-5)
    model.fit(x + 5, batch_size=4000, epochs=1, verbose=0)
    np.testing.assert_array_equal(array(model.standardization.mean), before)


@pytest.mark.once
@pytest.mark.parametrize(
    ("call", "error", "says"),
    [
        (lambda m: m.fit(np.full((4, 2), np.nan, "float32"), verbose=0), DataError, "NaN or infinity"),
        (lambda m: m.fit(np.zeros((4, 3), "float32"), verbose=0), DataError, r"this model takes \(N, 2\)"),
        (lambda m: m.log_likelihood(np.zeros((4, 3))), DataError, r"this model takes \(N, 2\)"),
        (lambda m: m.log_likelihood(np.zeros((4, 2)), samples=0), UsageError, "samples is 0"),
        (lambda m: m.log_likelihood(np.zeros((0, 2))), DataError, "there are no"),
        (lambda m: m.log_likelihood(np.zeros((4, 2)), labels=1), UsageError, "trained without labels"),
        (lambda m: m.decode(np.zeros((4, 3))), DataError, r"this model takes \(N, 2\)"),
        (lambda m: m.generate(0), UsageError, "n is 0"),
    ],
)
def test_bad_input_is_refused_in_a_line(call, error, says):
    with pytest.raises(error, match=says) as raised:
        call(points_model(2, "affine", couplings=1))
    assert "\n" not in str(raised.value)


@pytest.mark.once
def test_networks_and_options_that_do_not_fit_are_refused():
    flow = networks.dense_flow((2,), 1, [4])
    with pytest.raises(UsageError, match="the dequantizer"):
        RealNVP(flow, networks.dequantization_flow((4, 4, 1), 1, 2))
    with pytest.raises(UsageError, match="takes points"):
        zoo.get("realnvp").create((7, 7))
    with pytest.raises(UsageError, match="did you mean affine"):
        networks.dense_flow((2,), 1, [4], transform="afine")
    for option in zoo.get("realnvp").options.values():
        assert option.choices or option.limits[1] <= 1e9
    for options, says in (({"bins": 1}, "2 or more"), ({"couplings": 10**6}, "at most 256"), ({"scales": 0}, "1 or")):
        with pytest.raises(UsageError, match=says):
            zoo.get("realnvp").create((2,), **options)


@pytest.mark.once
def test_a_file_is_rebuilt_from_the_recipe(tmp_path):
    for model in (points_model(3, scale=0.2), image_model(dequantization="variational")):
        model.save(tmp_path / "flow.keras")
        again = kerasgen.load(tmp_path / "flow.keras")
        np.testing.assert_array_equal(again.generate(3, seed=1), model.generate(3, seed=1))


@pytest.mark.slow
@pytest.mark.once
def test_a_mixture_is_learnt():
    mixture = MIXTURES["grid-25"]
    model = points_model(2, couplings=4, hidden_dim=32, bins=16, learning_rate=5e-3)
    model.fit(mixture.sample(20_000)[0], batch_size=500, epochs=8, verbose=0)
    points, _ = mixture.sample(2000, 1)
    assert np.mean(mixture.log_density(points) - model.log_likelihood(points)) < 1.0
