import keras
import numpy as np
import pytest

import kerasgen
from kerasgen.errors import DataError, UsageError
from kerasgen.losses import OBJECTIVES
from tests.models.model_case import ModelCase, values


class TestDCGAN(ModelCase):
    represents_the_backend = True
    recipe = "dcgan"
    options = {"width": 2, "hidden_dim": 4, "latent_dim": 3}
    image_size = 16  # batch normalisation in both networks
    logged = {
        "generator_loss",
        "discriminator_loss",
        "value",
        "real_score",
        "fake_score",
        "real_accuracy",
        "fake_accuracy",
    }
    players = {"generator": "generator", "discriminator": "discriminator"}

    def turn(self, model, player, batch):
        latents = self.noise(8, 3)
        if player == "generator":
            recorded = model.record("generator", lambda: model.generator(latents, training=True))
            model.minimize("generator", lambda fake: model.generator_loss(fake, training=True), given=recorded)
        else:
            fake = model.generator(latents, training=True)
            model.minimize("discriminator", lambda: model.discriminator_loss(batch, fake, training=True))

    def test_a_recorded_pass_gives_the_gradient_of_a_pass_of_its_own(self):
        latents = keras.ops.convert_to_tensor(self.model().draw_latents(8, (3,), seed=0))
        recorded, direct = self.model(), self.model()
        for model in (recorded, direct):
            model.compile({player: keras.optimizers.SGD(1.0) for player in model.players})
        once = recorded.record("generator", lambda: recorded.generator(latents, training=True))
        recorded.minimize("generator", lambda fake: recorded.generator_loss(fake, training=True), given=once)
        direct.minimize(
            "generator", lambda: direct.generator_loss(direct.generator(latents, training=True), training=True)
        )
        for a, b in zip(values(recorded.generator.variables), values(direct.generator.variables)):
            np.testing.assert_allclose(a, b, atol=1e-6)

    @pytest.mark.slow
    def test_k_discriminator_steps(self):
        keras.utils.set_random_seed(0)
        model = kerasgen.create("dcgan", image_size=16, discriminator_steps=3, **self.options)
        self.fit(model)  # 3 batches
        assert int(model.optimizer["generator"].iterations) == 3
        assert int(model.optimizer["discriminator"].iterations) == 9

    def test_minimax_generator_falls_where_non_saturating_does(self):
        logits = keras.ops.convert_to_tensor(np.array([[-2.0], [0.5]], "float32"))
        d = 1 / (1 + np.exp(np.array([2.0, -0.5])))
        assert float(OBJECTIVES["minimax"].generator(logits)) == pytest.approx(np.log(1 - d).mean(), rel=1e-5)
        assert float(OBJECTIVES["non_saturating"].generator(logits)) == pytest.approx(-np.log(d).mean(), rel=1e-5)
        for name in ("minimax", "non_saturating"):
            loss = float(OBJECTIVES[name].discriminator(logits, logits))
            assert loss == pytest.approx(-(np.log(d) + np.log(1 - d)).mean(), rel=1e-5)

    def test_accuracies_count_images_that_are_classified_correctly(self):
        model = self.model()
        model.discriminator.layers[-1].bias.assign([50.0])  # says "real" to everything
        logs = model.evaluate(self.images(), verbose=0, return_dict=True)
        assert logs["real_accuracy"] == 1.0
        assert logs["fake_accuracy"] == 0.0

    def test_the_threshold_of_a_correct_classification_depends_on_the_objective(self):
        real, fake = (keras.ops.convert_to_tensor(np.array(x, "float32")[:, None]) for x in ([1.0, -1.0], [0.1, -2.0]))
        for name, expected in {
            "non_saturating": {"real_accuracy": 0.5, "fake_accuracy": 0.5},
            "hinge": {"real_accuracy": 0.5, "fake_accuracy": 0.5},
            "least_squares": {"real_accuracy": 0.5, "fake_accuracy": 1.0},
            "relativistic": {"pair_accuracy": 1.0},
        }.items():
            metrics = OBJECTIVES[name].metrics(real, fake)
            assert {key: float(value) for key, value in metrics.items() if "accuracy" in key} == expected, name

    def test_an_objective_logs_only_values_that_have_a_meaning_for_it(self):
        real, fake = (keras.ops.convert_to_tensor(np.array(x, "float32")[:, None]) for x in ([3.0, 1.0], [0.5, -1.5]))
        logged = {name: objective.metrics(real, fake) for name, objective in OBJECTIVES.items()}
        assert set(logged["wasserstein"]) == {"wasserstein_distance"}
        assert float(logged["wasserstein"]["wasserstein_distance"]) == pytest.approx(2.5)
        assert set(logged["hinge"]) == {"real_accuracy", "fake_accuracy"}
        assert float(logged["least_squares"]["real_score"]) == pytest.approx(2.0)  # the mean output, not a probability
        assert float(logged["minimax"]["real_score"]) == pytest.approx((1 / (1 + np.exp([-3.0, -1.0]))).mean())
        assert [name for name, metrics in logged.items() if "value" in metrics] == ["minimax", "non_saturating"]

    def test_bytes_are_judged_as_the_floats_that_they_stand_for(self):
        model, images = self.model(), (self.images() * 255).astype("uint8")
        np.testing.assert_allclose(model.discriminate(images), model.discriminate(images / np.float32(255)), rtol=1e-5)
        with pytest.raises(DataError, match="divide by 255"):
            model.discriminate(images.astype("float32"))

    @pytest.mark.parametrize(
        ("options", "says"),
        [
            ({"objective": "minmax"}, "did you mean minimax"),
            ({"discriminator_steps": 0}, "discriminator_steps of dcgan is a whole number of 1 or more"),
            ({"image_size": 30}, "such as 28 or 32"),
            ({"image_size": 4}, "such as 8 or 14"),
        ],
    )
    def test_wrong_options(self, options, says):
        with pytest.raises(UsageError, match=says):
            kerasgen.create("dcgan", **options)

    def test_players_are_named_when_optimizers_do_not_fit(self):
        with pytest.raises(UsageError, match=r"discriminator.*generator"):
            self.model().compile({"generator": "adam"})

    def test_one_optimizer_is_copied_for_each_player(self):
        model = self.model()
        model.compile(keras.optimizers.Adam(1e-3, beta_1=0.5))
        generator, discriminator = model.optimizer["generator"], model.optimizer["discriminator"]
        assert generator is not discriminator
        assert generator.beta_1 == discriminator.beta_1 == 0.5
        shared = keras.optimizers.Adam()
        with pytest.raises(UsageError, match="an optimizer each"):
            model.compile({"generator": shared, "discriminator": shared})


@pytest.mark.parametrize("size", [8, 14, 28, 64])
@pytest.mark.parametrize("channels", [1, 3])
def test_sizes_and_colours(size, channels):
    model = kerasgen.create("dcgan", image_size=size, channels=channels, width=2, hidden_dim=4, latent_dim=2)
    assert model.generate(2, seed=0).shape == (2, size, size, channels)


@pytest.mark.parametrize("frozen", ["generator", "discriminator"])
def test_a_frozen_player_stays_as_it_is_and_the_other_learns(frozen):
    model = kerasgen.create("gan", image_size=8, hidden_dim=10)
    learns = {"generator": model.discriminator, "discriminator": model.generator}[frozen]
    stays = getattr(model, frozen)
    stays.trainable = False
    model.compile()
    before, of_other = values(stays.variables), values(learns.trainable_variables)
    model.fit(np.random.default_rng(0).random((32, 8, 8, 1), dtype="float32"), verbose=0)
    weights = [variable.path for variable in stays.variables]
    assert weights
    for path, old, new in zip(weights, before, values(stays.variables), strict=True):
        assert np.array_equal(old, new) or "seed" in path, path
    assert not any(np.array_equal(old, new) for old, new in zip(of_other, values(learns.trainable_variables)))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("recipe", "options"),
    [
        ("gan", {"r1_penalty": 0}),
        pytest.param("gan", {"r1_penalty": 0, "packing": 2}, marks=pytest.mark.once),
        pytest.param("cgan", {"r1_penalty": 0}, marks=pytest.mark.once),
        pytest.param("wgan-gp", {"width": 2, "conditional": True}, marks=pytest.mark.once),
    ],
)
def test_one_pass_through_a_discriminator_is_two(recipe, options):
    def trained(one_pass):
        keras.utils.set_random_seed(0)
        model = kerasgen.create(recipe, image_size=8, latent_dim=3, num_classes=3, **options)
        model.compile(keras.optimizers.SGD(1e-3))  # Adam would make large steps of the rounding of small gradients
        assert model.adversary._takes_examples_one_by_one
        model.adversary._takes_examples_one_by_one = one_pass
        images = np.random.default_rng(0).random((10, 8, 8, 1), dtype="float32")
        data = [images, np.arange(10) % 3] if model.num_classes else [images]
        history = model.fit(*data, batch_size=4, shuffle=False, verbose=0).history  # and a last batch of 2
        return history, values(model.discriminator.variables), values(model.generator.variables)

    (logs, *weights), (expected_logs, *expected) = trained(True), trained(False)
    for name in logs:
        assert logs[name] == pytest.approx(expected_logs[name], abs=1e-4)
    # The batch normalization of the generator enlarges rounding.
    for networks, theirs, tolerance in zip(weights, expected, (1e-6, 2e-5), strict=True):
        for a, b in zip(networks, theirs, strict=True):
            np.testing.assert_allclose(a, b, atol=tolerance)


def test_a_discriminator_that_may_see_the_batch_judges_real_and_fake_images_apart():
    def critic(layer):
        images = keras.Input((8, 8, 1))
        x = layer(keras.layers.Flatten()(images))
        generator = kerasgen.create("gan", image_size=8, latent_dim=3).generator
        return kerasgen.models.GAN(generator, keras.Model(images, kerasgen.layers.Dense(1)(x)))

    assert critic(kerasgen.layers.Dense(4, activation="relu")).adversary._takes_examples_one_by_one
    for layer in (
        keras.layers.BatchNormalization(),
        kerasgen.layers.MinibatchDiscrimination(),
        kerasgen.layers.SpectralNormalization(kerasgen.layers.Dense(4)),  # turns its vector in each pass
        kerasgen.layers.Dense(4, activation=lambda x: x - keras.ops.mean(x, axis=0)),
        keras.layers.Lambda(lambda x: x - keras.ops.mean(x, axis=0)),
        keras.Sequential([keras.layers.BatchNormalization()]),
        lambda x: keras.ops.subtract(x, keras.ops.mean(x, axis=0)),
    ):
        assert not critic(layer).adversary._takes_examples_one_by_one
