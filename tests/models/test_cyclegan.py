import keras
import numpy as np
import pytest

import kerasgen
from kerasgen.errors import UsageError
from kerasgen.optimizers.schedules import LinearDecay
from tests.models.model_case import same
from tests.models.translation_case import TranslationCase


def tensor(array):
    return keras.ops.convert_to_tensor(np.asarray(array, "float32"))


def array(tensor):
    return np.array(keras.ops.convert_to_numpy(keras.ops.stop_gradient(tensor)))


def tiny(rate=0.01, seed=0, **arguments):
    """Return a compiled model of networks of one layer each, which is quickly trained."""
    keras.utils.set_random_seed(seed)
    networks = []
    for activation in ("tanh", "tanh", "linear", "linear"):
        images = keras.Input((8, 8, 1))
        networks.append(keras.Model(images, keras.layers.Conv2D(1, 3, padding="same", activation=activation)(images)))
    model = kerasgen.models.CycleGAN(*networks, **({"pool_size": 10} | arguments))
    rates = {player: rate if isinstance(rate, float) else LinearDecay(**rate) for player in model.players}
    model.compile({player: keras.optimizers.Adam(of_player) for player, of_player in rates.items()})
    return model


def fit(model, n=24, **options):
    rng = np.random.default_rng(1)
    a, b = rng.random((2, n, 8, 8, 1), dtype="float32")
    return model.fit(a, b, **({"batch_size": 8, "verbose": 0, "shuffle": False} | options)).history


class TestCycleGAN(TranslationCase):
    repeats_an_algorithm = True  # what fit takes and how it is compiled is tested with pix2pix, pools under XLA below
    recipe = "cyclegan"
    options = {"width": 2, "blocks": 1, "receptive_field": "1", "pool_size": 10, "decay_from": 1.0}
    logged = {
        "generator_loss",
        "discriminator_loss",
        "adversarial",
        "cycle",
        "identity",
        "real_score",
        "fake_score",
        "real_accuracy",
        "fake_accuracy",
    }
    players = {"generators": "", "discriminators": ""}

    def turn(self, model, player, batch):
        a, b = self.domains(batch)
        if player == "generators":
            model.minimize("generators", lambda: model.generators_loss(a, b, training=True))
        else:
            model.minimize("discriminators", lambda: model.discriminators_loss(a, b, -a, -b, training=True))


def test_the_losses_are_those_of_the_paper():
    model = tiny()
    a, b = (tensor(images) for images in np.random.default_rng(0).uniform(-1, 1, (2, 8, 8, 8, 1)))
    fake_b, fake_a = model.generator_ab(a), model.generator_ba(b)
    squares = {
        f"{kind} {domain}": np.square(array(getattr(model, f"discriminator_{domain}")(images)) - target).mean()
        for domain, real, fake in (("a", a, fake_a), ("b", b, fake_b))
        for kind, images, target in (("real", real, 1), ("fake", fake, 0), ("fooled", fake, 1))
    }

    def l1(x, y):
        return np.abs(array(x) - array(y)).mean()

    cycle = l1(model.generator_ba(fake_b), a) + l1(model.generator_ab(fake_a), b)
    identity = l1(model.generator_ab(b), b) + l1(model.generator_ba(a), a)
    expected = squares["fooled a"] + squares["fooled b"] + 10 * cycle + 5 * identity
    assert float(array(model.generators_loss(a, b)[0])) == pytest.approx(expected, rel=1e-4)
    expected = sum(squares[f"{kind} {domain}"] for kind in ("real", "fake") for domain in "ab") / 2
    assert float(array(model.discriminators_loss(a, b, fake_a, fake_b)[0])) == pytest.approx(expected, rel=1e-4)


def test_both_directions_have_their_generator_and_a_cycle_goes_through_both():
    model = tiny()
    a, b = np.random.default_rng(0).random((2, 4, 8, 8, 1), dtype="float32")
    forth = model.translate(a, "AtoB")
    np.testing.assert_array_equal(model.translate(a), forth)
    assert not np.array_equal(model.translate(a, "BtoA"), forth)
    rows = model.preview((a, b))
    assert rows.shape == (4, 3, 8, 8, 1)  # two of each domain
    np.testing.assert_array_equal(rows[:2, 0], a[:2])
    np.testing.assert_array_equal(rows[2:, 0], b[:2])
    np.testing.assert_allclose(rows[:2, 1], forth[:2], atol=1e-5)
    np.testing.assert_allclose(rows[:2, 2], model.translate(rows[:2, 1], "BtoA"), atol=1e-5)


def test_without_identity_and_pool():
    model = tiny(identity_weight=0.0, pool_size=0)
    assert fit(model)["identity"] == [0.0]
    assert not any("pool" in variable.path for variable in model.variables)


def test_the_pools_are_filled_by_training_and_saved(tmp_path):
    model = tiny()
    if keras.backend.backend() == "tensorflow":
        model.compile(model.optimizer, jit_compile=True)  # as on JAX always
    fit(model)
    assert int(array(model.pool_a.count)) == 10
    assert array(model.pool_b.images).any(axis=(1, 2, 3)).all()
    assert not np.array_equal(array(model.pool_a.images), array(model.pool_b.images))
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    assert same(model.pool_a.variables, again.pool_a.variables)
    assert len(again.pool_a.variables) == 2


class Rates(keras.callbacks.Callback):
    """Notes the rates before the first step and after each epoch, and stops after the epoch `last`."""

    def __init__(self, last=100):
        super().__init__()
        self.rates, self.last = [], last

    def on_train_begin(self, logs=None):
        self.note()

    def on_epoch_end(self, epoch, logs=None):
        self.note()
        self.model.stop_training = epoch + 1 == self.last

    def note(self):
        self.rates.append([float(array(member.learning_rate)) for member in self.model.optimizer.optimizers])


@pytest.mark.slow
def test_the_rate_falls_to_zero_in_the_second_half_of_a_training_and_is_resumed(tmp_path):
    falling = {"rate": {"learning_rate": 0.01, "begin": 0.5}}
    whole, part = tiny(**falling), tiny(**falling)
    rates, first, second, third = Rates(), Rates(last=3), Rates(), Rates()
    fit(whole, n=16, epochs=4, callbacks=[rates])  # 8 steps
    np.testing.assert_allclose(rates.rates, [[0.01] * 2] * 3 + [[0.005] * 2, [0.0] * 2], rtol=1e-5)
    fit(part, n=16, epochs=4, callbacks=[first])
    part.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    fit(again, n=16, epochs=4, initial_epoch=3, callbacks=[second])
    assert first.rates[:-1] + second.rates == rates.rates
    assert same(whole.variables, again.variables)
    fit(again, n=8, epochs=2, callbacks=[third])  # a training of its own
    np.testing.assert_allclose(third.rates, [[0.01] * 2, [0.01] * 2, [0.0] * 2], rtol=1e-5)


def test_a_length_that_cannot_be_known_is_asked_for():
    model, images = tiny(rate={"learning_rate": 0.01}), np.zeros((8, 8, 8, 1), "float32")
    with pytest.raises(UsageError, match="give fit steps_per_epoch"):
        model.fit(((images, images) for _ in range(2)), verbose=0)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"image_size": 30}, "sides are multiples of 4, and 8 or more, such as 32"),
        ({"blocks": "many"}, "blocks of cyclegan is a whole number of 0 or more, such as 0"),
        ({"decay_from": 1.5}, "option decay_from of cyclegan is at most 1"),
        ({"pool_size": -1}, "pool_size of cyclegan is a whole number of 0 or more"),
    ],
)
@pytest.mark.once
def test_wrong_options(options, says):
    with pytest.raises(UsageError, match=says):
        kerasgen.create("cyclegan", **{"width": 1} | options)


@pytest.mark.once
def test_networks_that_do_not_fit_are_refused():
    generator = kerasgen.networks.resnet_generator((16, 16, 1), 1, 1)
    discriminator = kerasgen.networks.patch_discriminator((16, 16, 3), 1, 16)
    with pytest.raises(UsageError, match="all must have one shape"):
        kerasgen.models.CycleGAN(generator, generator, discriminator, discriminator)


def test_the_plan_of_a_schedule_knows_of_images_kept_for_validation():
    model = tiny(rate={"learning_rate": 0.01})
    fit(model, n=9, validation_split=0.5, batch_size=2, epochs=3)
    for player in model.players:
        optimizer = model.optimizer_of(player)
        assert int(array(optimizer.iterations)) == 6
        assert float(array(optimizer.learning_rate)) == pytest.approx(0.0, abs=1e-9)
