"""Objectives, remedies for mode collapse, labels: each a switch on the same game."""

import keras
import numpy as np
import pytest

import kerasgen
from kerasgen import backend, zoo
from kerasgen.errors import DataError, UsageError
from kerasgen.losses import OBJECTIVES, game_value, gradient_penalty, r1_penalty
from tests.models.model_case import ModelCase, same, values
from tests.models.test_gan import TestDCGAN as OfDCGAN

OPTIONS = {"width": 2, "hidden_dim": 4, "latent_dim": 3, "image_size": 16, "average": 0.0, "r1_penalty": 0.0}
GAN_OPTIONS = [
    {"objective": "least_squares", "historical_averaging": 0.1},
    {"objective": "wasserstein", "discriminator_steps": 2},
    {"objective": "hinge", "spectral_normalization": True},
    {"feature_matching": True},
    {"r1_penalty": 0.5, "decay_steps": 2, "discriminator_steps": 2},
    {"objective": "relativistic", "r1_penalty": 0.1, "r2_penalty": 0.1, "packing": 3},
    {"minibatch_discrimination": True},
    {"conditional": True, "average": 0.5},
]


@pytest.mark.once  # on the other backends its step is that of the parity tests
class TestGAN(ModelCase):
    repeats_an_algorithm = True
    recipe = "gan"
    options = {"hidden_dim": 6, "latent_dim": 3}
    logged = OfDCGAN.logged
    players = OfDCGAN.players
    turn = OfDCGAN.turn


def create(seed=0, **options):
    keras.utils.set_random_seed(seed)
    return kerasgen.create("dcgan", **(OPTIONS | options))


@pytest.mark.once
def test_the_discriminator_can_have_a_width_of_its_own():
    usual, small = create(), create(discriminator_width=1)
    assert usual.generator.count_params() == small.generator.count_params()
    widths = [layer.filters for layer in small.discriminator.layers if hasattr(layer, "filters")]
    assert widths == [1, 2]
    assert create(discriminator_width=2).discriminator.count_params() == usual.discriminator.count_params()


@pytest.mark.slow
@pytest.mark.parametrize("rest", [1, 2])
def test_a_batch_smaller_than_a_pack_is_one_pack(rest):
    model = create(packing=3)
    images = np.random.default_rng(0).random((12 + rest, 16, 16, 1)).astype("float32")
    logs = model.fit(images, validation_data=images[:rest], batch_size=12, verbose=0).history
    assert np.isfinite([*logs.values()]).all()
    assert all(np.isfinite(value).all() for value in values(model.weights))
    repeated = np.tile(images[:rest], (3, 1, 1, 1))[:3]
    latents = np.ones((rest, 3), "float32")
    few = model.evaluate({"images": images[:rest], "noise": {"latents": latents}}, verbose=0, return_dict=True)
    pack = model.evaluate(
        {"images": repeated, "noise": {"latents": np.ones((3, 3), "float32")}}, verbose=0, return_dict=True
    )
    assert few == pytest.approx(pack, rel=1e-5)


def number(scalar):
    return float(keras.ops.convert_to_numpy(keras.ops.stop_gradient(scalar)))


def fit(model, n=24):
    rng = np.random.default_rng(0)
    images = rng.random((n, *model.sample_shape), dtype="float32")
    labels = rng.integers(0, 10, n) if model.num_classes else None
    return model.fit(images, labels, batch_size=8, verbose=0, shuffle=False).history


@pytest.mark.slow
@pytest.mark.once
@pytest.mark.parametrize("options", GAN_OPTIONS, ids=lambda options: "-".join(options))
def test_every_switch_trains_all_weights_and_goes_on_from_a_file(options, tmp_path):
    model = create(**options)
    before = values(model.trainable_variables)
    history = fit(model)
    assert np.isfinite(list(history.values())).all()
    still = [v for v, a in zip(model.trainable_variables, before) if np.array_equal(a, values([v])[0])]
    # A constant added to all judgements changes no Wasserstein distance, and no hinge loss between its margins
    cancels = options.get("objective") in ("wasserstein", "hinge", "relativistic")
    assert [id(v) for v in still] == [id(model.discriminator.trainable_variables[-1])] * cancels
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    assert same(model.variables, again.variables)
    np.testing.assert_array_equal(model.generate(3, seed=0), again.generate(3, seed=0))
    fit(model), fit(again)
    assert same([*model.variables, *model.optimizer.variables], [*again.variables, *again.optimizer.variables])


# -- objectives


@pytest.mark.parametrize(
    ("name", "discriminator", "generator"),
    [
        ("least_squares", lambda r, f: 0.5 * (r - 1) ** 2 + 0.5 * f**2, lambda f: 0.5 * (f - 1) ** 2),
        ("wasserstein", lambda r, f: f - r, lambda f: -f),
        ("hinge", lambda r, f: np.maximum(0, 1 - r) + np.maximum(0, 1 + f), lambda f: -f),
        ("relativistic", lambda r, f: np.log1p(np.exp(f - r)), lambda f, r: np.log1p(np.exp(r - f))),
    ],
)
def test_objectives_are_those_of_the_papers(name, discriminator, generator):
    real, fake = np.array([[-2.0], [0.5]], "float32"), np.array([[3.0], [-0.25]], "float32")
    objective, logits = OBJECTIVES[name], [keras.ops.array(fake), keras.ops.array(real)]
    assert float(objective.discriminator(*logits[::-1])) == pytest.approx(discriminator(real, fake).mean())
    told = 1 + objective.relativistic
    assert float(objective.generator(*logits[:told])) == pytest.approx(generator(*(fake, real)[:told]).mean())


def test_the_value_is_minus_2_log_2_where_the_discriminator_says_one_half():
    zeros = keras.ops.zeros((4, 1))
    assert float(game_value(zeros, zeros)) == pytest.approx(-2 * np.log(2))


@pytest.mark.parametrize(
    ("penalty", "expected", "slope"), [(gradient_penalty, 16.0, 2 * 4 / 5), (r1_penalty, 12.5, 1.0)]
)
def test_a_penalty_differentiates_the_gradient_of_the_critic(penalty, expected, slope):
    # The gradient of a linear critic is its weights: the penalties are (||w|| - 1)^2 and ||w||^2 / 2
    critic = keras.Sequential([keras.Input((2, 2, 1)), keras.layers.Flatten(), keras.layers.Dense(1)])
    weights = np.array([[1.0], [2.0], [2.0], [4.0]], "float32")  # of norm 5
    critic.layers[-1].kernel.assign(weights)
    model = create()

    def loss():
        return penalty(backend.input_gradient(critic, keras.ops.ones((3, 2, 2, 1)))), ()

    value, _, pullback = model.differentiate(loss, [critic.layers[-1].kernel])
    assert float(value) == pytest.approx(expected, rel=1e-5)
    (gradient,), _ = pullback(keras.ops.ones(()))
    np.testing.assert_allclose(keras.ops.convert_to_numpy(gradient), slope * weights, rtol=1e-5)


@pytest.mark.once
def test_the_discriminator_can_have_a_learning_rate_of_its_own():
    usual, other = create(learning_rate=0.25), create(learning_rate=0.25, discriminator_learning_rate=0.5)
    assert [float(usual.optimizer_of(player).learning_rate) for player in ("generator", "discriminator")] == [0.25] * 2
    assert [float(other.optimizer_of(player).learning_rate) for player in ("generator", "discriminator")] == [0.25, 0.5]


def test_the_learning_rates_fall_to_zero_in_the_given_steps():
    model = create(decay_steps=3, discriminator_steps=2)
    fit(model)  # 3 steps
    assert [float(model.optimizer_of(player).learning_rate) for player in model.players] == [0.0, 0.0]
    before = values(model.trainable_variables)
    fit(model)
    for a, b in zip(before, values(model.trainable_variables)):
        np.testing.assert_allclose(a, b, atol=1e-6)


# -- remedies


def test_historical_averaging_measures_the_distance_to_the_mean_of_all_steps():
    model = create(historical_averaging=0.1)
    seen = [values(model.generator.trainable_variables)]
    for _ in range(3):
        fit(model, n=8)
        seen.append(values(model.generator.trainable_variables))
    means = [np.mean(steps, axis=0) for steps in zip(*seen)]
    for mean, found in zip(means, values(model.generator_history.means)):
        np.testing.assert_allclose(found, mean, atol=1e-6)
    expected = sum(((now - mean) ** 2).sum() for now, mean in zip(seen[-1], means))
    assert number(model.generator_history.distance()) == pytest.approx(expected, rel=1e-3)


WEIGHTS = np.array([1.0, -2.0, 3.0, 0.5])
REAL, FAKE = (np.random.default_rng(seed).random((6, 1, 1, 4)).astype("float32") for seed in (0, 1))


def of_squares(packing=1, **switches):
    """Return a GAN whose discriminator is D(x) = sum(w x^2), of gradient 2 w x."""
    images = keras.Input((1, 1, 4))
    features = keras.layers.Flatten()(keras.layers.Multiply()([images, images]))
    discriminator = keras.Model(images, keras.layers.Dense(1)(features))
    discriminator.layers[-1].kernel.assign(WEIGHTS[:, None])
    shape = (1, 1, 4 // packing)
    generator = keras.Sequential([keras.Input((3,)), keras.layers.Dense(shape[-1]), keras.layers.Reshape(shape)])
    return kerasgen.models.GAN(generator, discriminator, packing=packing, **switches)


def discriminator_loss(model, real=REAL, fake=FAKE, **more):
    images = (keras.ops.convert_to_tensor(x) for x in (real, fake))
    loss, metrics = model.discriminator_loss(*images, **({"training": True} | more))
    return number(loss), {name: number(value) for name, value in metrics.items()}


def squared_gradients(images):
    return np.square(2 * WEIGHTS * images.reshape(-1, 4)).sum(axis=1)


@pytest.mark.parametrize(("name", "images"), [("r1_penalty", REAL), ("r2_penalty", FAKE)])
def test_r1_is_taken_at_real_images_and_r2_at_fake_ones(name, images):
    added = discriminator_loss(of_squares(**{name: 0.7}))[0] - discriminator_loss(of_squares())[0]
    assert added == pytest.approx(0.7 * 0.5 * squared_gradients(images).mean(), rel=1e-4)


@pytest.mark.parametrize("packing", [1, 2])
def test_the_critic_is_penalised_between_real_and_fake_images_or_packs(packing):
    model = of_squares(packing, objective="wasserstein")
    real, fake = (x.reshape(-1, 1, 1, 4 // packing) for x in (REAL, FAKE))
    mix = np.random.default_rng(2).random((len(real), 1, 1, 1)).astype("float32")
    share = mix[: len(REAL)]  # one for each pack
    with_penalty, _ = discriminator_loss(model, real, fake, mix=keras.ops.convert_to_tensor(mix))
    norms = np.sqrt(squared_gradients(share * REAL + (1 - share) * FAKE))
    expected = 10 * np.square(norms - 1).mean()
    assert with_penalty - discriminator_loss(model, real, fake)[0] == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize("count", [1, 2, 3, 5])
def test_a_penalty_is_of_the_gradient_at_a_pack_however_few_images_there_are(count):
    images = np.full((count, 1, 1, 2), 0.5, "float32")
    losses = [discriminator_loss(of_squares(2, r1_penalty=weight), images, images)[0] for weight in (1.0, 0.0)]
    assert losses[0] - losses[1] == pytest.approx(0.5 * np.square(WEIGHTS).sum(), rel=1e-5)


def test_scores_are_of_real_and_of_fake_images_in_this_order():
    _, metrics = discriminator_loss(of_squares())
    logits = (np.square(images.reshape(-1, 4)) @ WEIGHTS for images in (REAL, FAKE))
    assert (metrics["real_score"], metrics["fake_score"]) == pytest.approx(
        [(1 / (1 + np.exp(-x))).mean() for x in logits], rel=1e-5
    )


def test_the_distance_from_the_past_adds_to_both_losses():
    model, plain = of_squares(historical_averaging=0.5), of_squares()
    for bias in (each.discriminator.trainable_variables[-1] for each in (model, plain)):
        bias.assign([3.0])
    model.generator.trainable_variables[-1].assign([3.0] * 4)
    assert discriminator_loss(model)[0] - discriminator_loss(plain)[0] == pytest.approx(0.5 * 9, rel=1e-4)
    fake = keras.ops.convert_to_tensor(FAKE)
    of_generator = [number(each.generator_loss(fake, training=True)[0]) for each in (model, plain)]
    assert of_generator[0] - of_generator[1] == pytest.approx(0.5 * 4 * 9, rel=1e-4)


def test_feature_matching_is_the_squared_distance_of_mean_features():
    model = of_squares(feature_matching=True)
    real, fake = (keras.ops.convert_to_tensor(x) for x in (REAL, FAKE))
    means = [np.square(x.reshape(-1, 4)).mean(axis=0) for x in (REAL, FAKE)]
    expected = np.square(means[0] - means[1]).sum()
    assert number(model.generator_loss(fake, real=real)[0]) == pytest.approx(expected, rel=1e-4)


def test_packing_puts_whole_images_behind_each_other():
    model = create(packing=3)
    assert model.discriminator.input_shape == (None, 16, 16, 3)
    images = np.arange(7)[:, None, None, None] * np.ones((1, 16, 16, 1), "float32")
    packed = keras.ops.convert_to_numpy(model.adversary._pack(keras.ops.array(images)))
    np.testing.assert_array_equal(packed[:, 0, 0], [[0, 1, 2], [3, 4, 5]])


@pytest.mark.slow
def test_the_averaged_generator_follows_at_the_given_rate():
    model = create(average=0.75)
    start = values(model.generator.weights)
    fit(model, n=8)
    for a, b, mean in zip(start, values(model.generator.weights), values(model.moving_average.averages)):
        np.testing.assert_allclose(mean, 0.1 * a + 0.9 * b, atol=1e-6)  # (1 + t) / (10 + t) at the first step
    for _ in range(25):  # 0.75 at t = 26
        fit(model, n=8)
    assert number(model.moving_average.steps) == 26
    before = values(model.moving_average.averages)
    fit(model, n=8)
    for a, b, mean in zip(before, values(model.generator.weights), values(model.moving_average.averages)):
        np.testing.assert_allclose(mean, 0.75 * a + 0.25 * b, atol=1e-5)
    assert model.moving_average.trainable_variables == []


def test_images_are_generated_with_the_averaged_weights_and_the_weights_restored():
    model = create(average=0.9)
    fit(model)
    weights, averages = values(model.generator.weights), values(model.moving_average.averages)
    generated = model.generate(4, seed=0)
    assert all(np.array_equal(a, b) for a, b in zip(weights, values(model.generator.weights)))
    plain = create()
    plain.generator.set_weights(averages)
    np.testing.assert_array_equal(generated, plain.generate(4, seed=0))
    plain.generator.set_weights(weights)
    assert not np.array_equal(generated, plain.generate(4, seed=0))


# -- labels and points


def test_the_label_decides_what_is_drawn():
    model = create(conditional=True, num_classes=4)
    images = model.generate(8, seed=0)
    np.testing.assert_array_equal(images, model.generate(8, seed=0, labels=np.arange(8) % 4))
    assert not np.array_equal(model.generate(8, seed=0, labels=2), images)
    assert model.preview(n=16).shape == (4, 4, 16, 16, 1)


@pytest.mark.parametrize(
    ("labels", "error", "says"),
    [
        (None, UsageError, "was given no labels"),
        (np.array(["a"] * 24), DataError, "labels have the type <U1"),
        (np.full(24, 4), DataError, r"labels lie in \[4, 4\]; this model takes whole numbers from 0 to 3"),
        (np.full(24, -1), DataError, "from 0 to 3"),
        (np.zeros(23, int), UsageError, r"24 samples need \(24,\)"),
    ],
)
def test_labels_that_cannot_be_are_refused(labels, error, says):
    model = create(conditional=True, num_classes=4)
    with pytest.raises(error, match=says):
        model.fit(np.zeros((24, 16, 16, 1), "float32"), labels, verbose=0)


def test_points_are_neither_scaled_nor_bounded():
    keras.utils.set_random_seed(0)
    model = zoo.get("gan").create((2,), hidden_dim=8, latent_dim=2)
    points = 100 * np.random.default_rng(0).standard_normal((32, 2)).astype("float32")
    assert np.isfinite(list(model.fit(points, batch_size=8, verbose=0).history.values())).all()
    assert model.generate(5, seed=0).shape == (5, 2)
    logits = keras.ops.convert_to_numpy(model.discriminator(points, training=False))[:, 0]
    np.testing.assert_allclose(model.discriminate(points), logits, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"packing": 2, "conditional": True}, "packing 2 cannot be combined with labels"),
        ({"average": 1.0}, r"average is 1.0; the decay"),
        ({"packing": 0}, "packing of dcgan is a whole number of 1 or more"),
        ({"num_classes": 0}, "num_classes is 0"),
    ],
)
def test_switches_that_cannot_be(options, says):
    with pytest.raises(UsageError, match=says):
        create(**options)
