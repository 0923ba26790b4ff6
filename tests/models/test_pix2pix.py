import keras
import numpy as np
import pytest

import kerasgen
from kerasgen.errors import UsageError
from tests.models.model_case import same, values
from tests.models.translation_case import TranslationCase

OPTIONS = {"width": 2, "receptive_field": "16"}


class TestPix2Pix(TranslationCase):
    recipe = "pix2pix"
    options = OPTIONS
    logged = {
        "generator_loss",
        "discriminator_loss",
        "l1",
        "value",
        "real_score",
        "fake_score",
        "real_accuracy",
        "fake_accuracy",
    }
    players = {"generator": "generator", "discriminator": "discriminator"}

    def turn(self, model, player, batch):
        source, target = self.domains(batch)
        noise = self.noise(8, *model.noise["dropout"].shape)
        recorded = model.record("generator", lambda: model.generator([source, noise], training=True))
        if player == "generator":
            model.minimize(
                "generator", lambda fake: model.generator_loss(source, target, fake, training=True), given=recorded
            )
        else:
            model.minimize(
                "discriminator", lambda: model.discriminator_loss(source, target, recorded.output, training=True)
            )

    def test_dropout_is_the_noise_of_a_translation(self):
        model, image = self.model(), self.images(1)
        self.fit(model)
        ten = model.translate(np.repeat(image, 10, axis=0), seed=0)
        assert len(np.unique(ten.round(4), axis=0)) == 10  # each image of a call has its own noise
        np.testing.assert_array_equal(ten, model.translate(np.repeat(image, 10, axis=0), seed=0))
        assert not np.array_equal(ten, model.translate(np.repeat(image, 10, axis=0)))
        without = self.model(options={"dropout": 0.0})
        np.testing.assert_array_equal(without.translate(image, seed=0), without.translate(image, seed=1))

    def test_the_discriminators_loss_is_divided_by_2_and_l1_weighs_100(self):
        model = self.model()
        source, target = self.domains(self.images(8))
        fake = -target
        real, made = (model.discriminator([x, source]) for x in (target, fake))
        d_loss, _ = model.discriminator_loss(source, target, fake)
        g_loss, metrics = model.generator_loss(source, target, fake)
        softplus = lambda x: np.log1p(np.exp(keras.ops.convert_to_numpy(keras.ops.stop_gradient(x)))).mean()  # noqa: E731
        number = lambda x: float(keras.ops.convert_to_numpy(keras.ops.stop_gradient(x)))  # noqa: E731
        assert number(d_loss) == pytest.approx((softplus(-real) + softplus(made)) / 2, rel=1e-5)
        expected = np.abs(2 * keras.ops.convert_to_numpy(target)).mean()
        assert number(metrics["l1"]) == pytest.approx(expected, rel=1e-5)
        assert number(g_loss) == pytest.approx(100 * expected + softplus(-made), rel=1e-5)
        model.objective = "relativistic"
        g_loss, _ = model.generator_loss(source, target, fake)
        assert number(g_loss) == pytest.approx(100 * expected + softplus(real - made), rel=1e-5)

    def test_l1_alone_leaves_the_discriminator_out(self):
        model = self.model(options={"adversarial_weight": 0.0})
        assert model.discriminator is None
        assert set(model.players) == {"generator"}
        assert set(self.fit(model).history) == {"generator_loss", "l1"}
        with pytest.raises(UsageError, match="without a discriminator the weight is 0"):
            kerasgen.models.Pix2Pix(model.generator, None)

    def test_the_game_alone_leaves_l1_out(self):
        history = self.fit(self.model(options={"l1_weight": 0.0, "objective": "least_squares"})).history
        assert history["generator_loss"][0] < 1 < history["l1"][0] * 10

    @pytest.mark.slow
    @pytest.mark.once
    def test_direction_b_to_a_learns_a_of_b(self):
        model = self.model(options={"direction": "BtoA", "jitter": False})
        a, b = self.arguments(self.images())
        other = self.model(options={"jitter": False})
        self.fit(model, {"a": a, "b": b, "noise": self.noise_of(model, 24)})
        self.fit(other, {"a": b, "b": a, "noise": self.noise_of(model, 24)})
        assert same(model.trainable_variables, other.trainable_variables)
        with pytest.raises(UsageError, match="trained for the direction BtoA, not for AtoB"):
            model.translate(b, direction="AtoB")
        rows = model.preview((a, b), n=2)
        np.testing.assert_array_equal(rows[:, 0], b[:2])
        np.testing.assert_array_equal(rows[:, 2], a[:2])

    @pytest.mark.slow
    def test_the_gradient_penalty_is_part_of_the_game(self):
        model = self.model(options={"objective": "wasserstein"})
        source, target = self.domains(self.images(8))
        mix = keras.ops.ones((8, 1, 1, 1))
        gradients = kerasgen.backend.input_gradient(lambda x: model.discriminator([x, source]), target)
        norms = np.sqrt(np.square(keras.ops.convert_to_numpy(gradients)).sum(axis=(1, 2, 3)))
        losses = [model.discriminator_loss(source, target, -target, m)[0] for m in (None, mix)]
        without, with_it = (float(keras.ops.convert_to_numpy(keras.ops.stop_gradient(loss))) for loss in losses)
        assert with_it - without == pytest.approx(10 * np.square(norms - 1).mean() / 2, rel=1e-4)
        assert np.isfinite(list(self.fit(model).history.values())).all()

    @pytest.mark.once
    @pytest.mark.parametrize(("normalization", "upsampling"), [("batch", "transposed"), ("none", "resize")])
    def test_normalizations_and_upsamplings_train_every_weight(self, normalization, upsampling):
        model = self.model(options={"normalization": normalization, "upsampling": upsampling})
        before = values(model.trainable_variables)
        a, b = self.arguments(self.images(8))
        model.train_on_batch(a, b)
        assert not any(np.array_equal(x, y) for x, y in zip(before, values(model.trainable_variables)))


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"image_size": 100}, "sides are powers of two, 8 or more, such as 128"),
        ({"image_size": 4}, "such as 8"),
        ({"receptive_field": "17"}, "unknown receptive field 17; known: 1, 16, 34, 70"),
        ({"image_size": 16}, "patches of 70x70 needs images of 24 pixels .* take receptive_field=34"),
        ({"direction": "BtoC"}, "did you mean BtoA"),
        ({"normalization": "bath"}, "did you mean batch"),
        ({"upsampling": "resized"}, "did you mean resize"),
        ({"objective": "minmax"}, "did you mean minimax"),
        ({"dropout": 1.0}, "option dropout of pix2pix is at most 0.99"),
        ({"l1_weight": 0.0, "adversarial_weight": 0.0}, "and one above 0"),
    ],
)
@pytest.mark.once
def test_wrong_options(options, says):
    with pytest.raises(UsageError, match=says):
        kerasgen.create("pix2pix", **{"width": 2} | options)


@pytest.mark.parametrize(("size", "channels"), [(64, 1), (128, 3)])
def test_sizes_and_colours(size, channels):
    model = kerasgen.create("pix2pix", image_size=size, channels=channels, width=1)
    assert model.translate(np.zeros((1, size, size, channels), "uint8"), seed=0).shape == (1, size, size, channels)
