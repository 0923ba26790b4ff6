"""Networks that are not the zoo's, in the models."""

import keras
import numpy as np
import pytest
from keras import layers

import kerasgen
from kerasgen import data, evaluation, models
from kerasgen.errors import DataError, UsageError
from kerasgen.layers import BatchNormalization
from tests.models.model_case import values

SHAPE = (8, 8, 1)


def images(n=16):
    return np.random.default_rng(0).random((n, *SHAPE), dtype="float32")


def encoder(latent_dim=2, heads=1, **dense):
    x = keras.Input(SHAPE)
    outputs = [layers.Dense(latent_dim, **dense)(layers.Flatten()(x)) for _ in range(heads)]
    return keras.Model(x, outputs if heads > 1 else outputs[0])


def decoder(latent_dim=2, kind=keras.Model):
    latents = keras.Input((latent_dim,))
    return kind(latents, layers.Reshape(SHAPE)(layers.Dense(64)(latents)))


def compiled(model, **optimizer):
    model.compile(optimizer or keras.optimizers.SGD(0.01))
    return model


def test_the_call_of_a_network_s_own_class_counts_in_every_step():
    class Halved(keras.Model):
        def call(self, inputs, training=None, mask=None):
            return 0.5 * super().call(inputs, training=training, mask=mask)

    keras.utils.set_random_seed(0)
    model = compiled(models.Autoencoder(encoder(), decoder(kind=Halved), "mean_squared_error"))
    logged = model.evaluate(images(), verbose=0, return_dict=True)["loss"]
    outputs = model.decoder(model.encoder(images()))
    assert logged == pytest.approx(((values([outputs])[0] - images()) ** 2).mean(), rel=1e-4)


def test_a_sequential_discriminator_plays():
    generator = keras.Sequential([keras.Input((3,)), layers.Dense(64, activation="tanh"), layers.Reshape(SHAPE)])
    discriminator = keras.Sequential([keras.Input(SHAPE), layers.Flatten(), layers.Dense(4), layers.Dense(1)])
    model = models.GAN(generator, discriminator, feature_matching=True)
    model.compile("sgd")
    before = values(model.trainable_variables)
    model.fit(images(), batch_size=8, verbose=0)
    moved = [not np.array_equal(a, b) for a, b in zip(before, values(model.trainable_variables))]
    assert moved == [*[True] * 6]


@pytest.mark.parametrize("missing", ["scale", "center"])
def test_batch_normalisation_without_scale_or_centre_trains_as_keras_s(missing):
    x = np.random.default_rng(0).normal(2.0, 3.0, (16, 4)).astype("float32")
    ours, theirs = BatchNormalization(**{missing: False}), layers.BatchNormalization(**{missing: False})
    for a, b in zip([ours(x, training=True), *ours.weights], [theirs(x, training=True), *theirs.weights], strict=True):
        np.testing.assert_allclose(*values([a, b]), atol=1e-5)


def test_regularizers_of_weights_are_minimised_too_and_in_the_loss():
    keras.utils.set_random_seed(0)
    model = compiled(models.Autoencoder(encoder(kernel_regularizer=keras.regularizers.L2(10.0)), decoder()))
    kernel = model.encoder.layers[-1].kernel
    before = float((values([kernel])[0] ** 2).sum())
    logs = model.fit(images(), batch_size=16, verbose=0, epochs=2).history
    assert logs["loss"][0] > model.evaluate(images(), verbose=0, return_dict=True)["loss"] + 5.0 * before
    assert float((values([kernel])[0] ** 2).sum()) < 0.7 * before


def test_the_heads_of_an_encoder_may_be_a_tuple():
    of_list = encoder(heads=2)
    model = compiled(models.VAE(keras.Model(of_list.inputs, tuple(of_list.outputs)), decoder()))
    model.fit(images(), batch_size=8, verbose=0)
    assert model.encode(images()).shape == (16, 2)


def unknown_input():
    class Free(keras.Model):
        def call(self, x):
            return x

    return Free()


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: models.Autoencoder(encoder(3), decoder(2)), "the encoder makes"),
        (lambda: models.VAE(encoder(2), decoder(2)), "must make mean and log_variance"),
        (lambda: models.VAE(encoder(2, heads=3), decoder(2)), "must make mean and log_variance"),
        (lambda: models.Autoencoder(unknown_input(), decoder()), "begin it with a keras.Input"),
        (lambda: models.Autoencoder(encoder(), keras.Sequential([layers.Dense(64)])), "begin it with a keras.Input"),
    ],
)
def test_networks_that_do_not_fit_are_refused_at_once(make, says):
    with pytest.raises(UsageError, match=says):
        make()


def test_channels_first_are_refused_with_what_to_do():
    keras.config.set_image_data_format("channels_first")
    try:
        with pytest.raises(UsageError, match=r'set_image_data_format\("channels_last"\)'):
            models.VAE(encoder(heads=2), decoder())
    finally:
        keras.config.set_image_data_format("channels_last")


# -- models that are not the zoo's


class Own(models.GenerativeModel):
    """The least that a model needs."""

    sample_shape = SHAPE

    def __init__(self, encoder, decoder, **kwargs):
        super().__init__(**kwargs)
        self.encoder, self.decoder = encoder, decoder

    def loss_of(self, images):
        return keras.ops.mean(keras.ops.square(self.decoder(self.encoder(images)) - images)), None

    def train_step(self, data):
        batch = self.unpack(data)
        loss, _ = self.minimize("model", lambda: self.loss_of(batch.images))
        return self.track(batch, loss=loss)


def test_the_least_model_trains_and_is_saved(tmp_path):
    keras.utils.set_random_seed(0)
    model = compiled(Own(encoder(), decoder()))
    logged = model.fit(images(), batch_size=8, epochs=5, verbose=0).history["loss"]
    assert logged[-1] < logged[0]
    model.save(tmp_path / "own.keras")
    again = keras.saving.load_model(tmp_path / "own.keras", custom_objects={"Own": Own})
    assert all(np.array_equal(a, b) for a, b in zip(values(model.variables), values(again.variables), strict=True))


class Vector(Own):
    def loss_of(self, images):
        return keras.ops.mean(keras.ops.square(self.decoder(self.encoder(images))), axis=(1, 2, 3)), ()


class Single(Own):
    def loss_of(self, images):
        return keras.ops.mean(keras.ops.square(self.decoder(self.encoder(images))))


class Number(Own):
    def loss_of(self, images):
        return 1.0, ()


class OtherPlayer(Own):
    def train_step(self, data):
        return self.minimize("modle", lambda: self.loss_of(self.unpack(data).images))


class NothingTracked(Own):
    def train_step(self, data):
        return self.track(self.unpack(data))


class Untracked(Own):
    def train_step(self, data):
        loss, _ = self.minimize("model", lambda: self.loss_of(self.unpack(data).images))
        return {"loss": loss}


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        (Vector, r"loss of the model has the shape \(.+\); return its mean"),
        (Single, r"loss of the model is not a pair; return \(loss, auxiliary\)"),
        (Number, "loss of the model is 1.0, no tensor"),
        (OtherPlayer, "unknown player 'modle'; did you mean model"),
        (NothingTracked, "a step of this NothingTracked tracks nothing; give values, such as loss=loss"),
        (Untracked, r"have tracked nothing; end train_step and test_step with `return self.track\(batch, loss=...\)`"),
    ],
)
def test_what_a_model_of_one_s_own_does_wrong_is_said(kind, words):
    with pytest.raises(UsageError, match=words):
        compiled(kind(encoder(), decoder())).fit(images(), verbose=0)


class Narrow(models.GAN):
    """Builds its networks, and sets one of GAN's arguments."""

    fixed = ("generator", "discriminator", "objective")

    def __init__(self, width=4, **kwargs):
        generator = keras.Sequential([keras.Input((2,)), layers.Dense(64), layers.Reshape(SHAPE)])
        discriminator = keras.Sequential([keras.Input(SHAPE), layers.Flatten(), layers.Dense(width), layers.Dense(1)])
        super().__init__(generator, discriminator, objective="least_squares", **kwargs)
        self.width = width

    def discriminator_loss(self, real, fake, *args, **kwargs):
        loss, metrics = super().discriminator_loss(real, fake, *args, **kwargs)
        return loss, metrics | {"margin": metrics["real_score"] - metrics["fake_score"]}

    def generator_loss(self, fake, *args, **kwargs):
        loss, metrics = super().generator_loss(fake, *args, **kwargs)
        return loss, metrics | {"fake_mean": keras.ops.mean(fake)}


def test_a_subclass_that_builds_its_networks_logs_more_and_is_saved(tmp_path):
    model = compiled(Narrow(3, average=0.9, seed=5), generator="sgd", discriminator="adam")
    logs = model.fit(images(), batch_size=16, verbose=0, validation_data=images()).history
    for of in ("", "val_"):
        assert logs[f"{of}margin"][0] == pytest.approx(
            logs[f"{of}real_score"][0] - logs[f"{of}fake_score"][0], abs=1e-6
        )
        assert logs[f"{of}fake_mean"][0] != 0.0
    model.save(tmp_path / "narrow.keras")
    again = keras.saving.load_model(tmp_path / "narrow.keras", custom_objects={"Narrow": Narrow})
    assert (again.width, again.average, again.seed, again.objective) == (3, 0.9, 5, "least_squares")
    assert all(np.array_equal(a, b) for a, b in zip(values(model.variables), values(again.variables), strict=True))


class Tamed(keras.optimizers.SGD):
    """An optimizer that Keras does not know by name."""


def test_each_player_gets_a_copy_of_an_optimizer_of_one_s_own():
    model = Narrow()
    model.compile(Tamed(0.125))
    kinds = {type(optimizer) for optimizer in model.optimizer.optimizers}
    assert kinds == {Tamed}
    assert [float(optimizer.learning_rate) for optimizer in model.optimizer.optimizers] == [0.125, 0.125]
    assert model.optimizer["generator"] is not model.optimizer["discriminator"]


class Scheduled(keras.optimizers.SGD):
    """An optimizer whose config lacks an argument."""

    def __init__(self, plan, **kwargs):
        super().__init__(0.1)


@pytest.mark.parametrize(
    ("optimizer", "words"),
    [
        ({"generator": "sgd", "discriminator": None}, "the optimizer of the discriminator is None; give a Keras"),
        (Scheduled("x"), "Scheduled cannot be copied for each player .*; give a dict of player -> optimizer"),
    ],
)
def test_optimizers_that_cannot_be_are_refused(optimizer, words):
    with pytest.raises(UsageError, match=words):
        Narrow().compile(optimizer)


@pytest.mark.parametrize("make", [Narrow, lambda: Own(encoder(), decoder())])
def test_no_optimizer_is_refused(make):
    with pytest.raises(UsageError, match="optimizer is None; give a Keras optimizer"):
        make().compile(None)


class PassOfItsOwn(Narrow):
    """A generator whose loss takes no heed of the pass that it is given."""

    def generator_loss(self, fake, *args, **kwargs):
        return keras.ops.mean(self.generator(keras.ops.ones((1, 2)))), {}


def test_a_recorded_pass_that_the_loss_does_not_use_changes_nothing():
    model = compiled(PassOfItsOwn(), generator=keras.optimizers.SGD(64.0), discriminator="sgd")
    before = values(model.generator.trainable_variables)
    model.fit(images(), batch_size=16, verbose=0)
    for old, new in zip(before, values(model.generator.trainable_variables)):
        np.testing.assert_allclose(old - new, np.ones_like(old), rtol=1e-4)


class Elsewhere(Own):
    def loss_of(self, images):
        return keras.ops.mean(images), ()


@pytest.mark.skipif(keras.backend.backend() == "jax", reason="JAX has zeros for what it finds no way to")
def test_a_loss_of_something_else_is_refused():
    with pytest.raises(UsageError, match="does not depend on its trainable variables"):
        compiled(Elsewhere(encoder(), decoder())).fit(images(), verbose=0)


@pytest.mark.parametrize("method", ["fit", "evaluate", "train_on_batch", "test_on_batch"])
def test_a_model_that_is_not_compiled_says_so(method):
    with pytest.raises(ValueError, match="compile"):
        getattr(Narrow(), method)(images())


class Renamed(models.VAE):
    def __init__(self, *args, note="", **kwargs):
        super().__init__(*args, **kwargs)
        self.note = note


@pytest.mark.parametrize(("in_order", "named"), [((0.5,), {}), ((), {"beta": 0.5})])
def test_a_subclass_passes_on_what_it_is_given_in_order(tmp_path, in_order, named):
    networks = {"encoder": encoder(heads=2), "decoder": decoder()}
    if in_order:
        model = compiled(Renamed(*networks.values(), *in_order, note="x"))
    else:
        model = compiled(Renamed(networks.pop("encoder"), **networks, **named, note="x"))
    model.save(tmp_path / "renamed.keras")
    again = keras.saving.load_model(tmp_path / "renamed.keras", custom_objects={"Renamed": Renamed})
    assert (again.beta, again.note) == (0.5, "x")


class Scaled(models.VAE):
    """Sets arguments of its base class from arguments of its own."""

    fixed = ("beta", "warm_up")

    def __init__(self, encoder, decoder, half_beta=1.0, steps=10, **kwargs):
        super().__init__(encoder, decoder, beta=2 * half_beta, warm_up=3 * steps, **kwargs)
        self.half_beta, self.steps = half_beta, steps


class Forgetful(models.VAE):
    """Does not keep one of its arguments."""

    def __init__(self, encoder, decoder, steps=10, **kwargs):
        super().__init__(encoder, decoder, warm_up=3 * steps, **kwargs)


def loaded(model, path, *classes):
    model.save(path / "model.keras")
    return keras.saving.load_model(path / "model.keras", custom_objects={kind.__name__: kind for kind in classes})


def test_arguments_that_a_subclass_sets_are_set_again_when_it_is_loaded(tmp_path):
    model = compiled(Scaled(encoder(heads=2), decoder(), half_beta=0.5, steps=7))
    again = loaded(loaded(model, tmp_path, Scaled), tmp_path, Scaled)
    assert (again.beta, again.warm_up, again.half_beta, again.steps) == (1.0, 21, 0.5, 7)


def test_an_argument_that_is_not_kept_is_refused_when_the_model_is_saved():
    model = Forgetful(encoder(heads=2), decoder(), steps=2)
    with pytest.raises(UsageError, match=r"Forgetful does not keep its argument 'steps'; set self.steps in __init__"):
        model.get_config()


def test_options_set_after_a_model_was_made_are_saved_and_used(tmp_path):
    model = compiled(Narrow(3), generator="sgd", discriminator="sgd")
    model.r1_penalty = 3.0
    assert model.adversary.r1_penalty == 3.0
    again = loaded(model, tmp_path, Narrow)
    assert (again.r1_penalty, again.adversary.r1_penalty, again.width) == (3.0, 3.0, 3)


class Tagged:
    """A mixin whose `__init__` passes on all but its own."""

    def __init__(self, *args, tag="", **kwargs):
        super().__init__(*args, **kwargs)
        self.tag = tag


class TaggedNarrow(Tagged, Narrow):
    pass


def test_what_is_passed_on_by_a_star_is_saved_by_name(tmp_path):
    again = loaded(compiled(TaggedNarrow(5, tag="x"), generator="sgd", discriminator="sgd"), tmp_path, TaggedNarrow)
    assert (again.width, again.tag) == (5, "x")


class Shifted(models.VAE):
    fixed = ("encoder", "decoder")

    def __init__(self, width, *args, **kwargs):
        super().__init__(encoder(heads=2), decoder(), *args, **kwargs)
        self.width = width


def test_arguments_passed_on_in_order_are_saved_by_name():
    assert Shifted.from_config(Shifted(6, 0.5).get_config()).beta == 0.5
    assert Shifted.from_config(Shifted(6, beta=0.5).get_config()).width == 6


class MeanOfItsOwn(Own):
    """Logs as Keras's own guides do."""

    def __init__(self, encoder, decoder, **kwargs):
        super().__init__(encoder, decoder, **kwargs)
        self.mean = keras.metrics.Mean("loss")

    @property
    def metrics(self):
        return [self.mean]

    def train_step(self, data):
        loss, _ = self.minimize("model", lambda: self.loss_of(self.unpack(data).images))
        self.mean.update_state(loss)
        return self.get_metrics_result()


class TrackedAndAsked(Own):
    def train_step(self, data):
        super().train_step(data)
        return self.get_metrics_result()


@pytest.mark.parametrize("kind", [MeanOfItsOwn, TrackedAndAsked])
def test_a_step_may_return_what_keras_s_metrics_say(kind):
    model = compiled(kind(encoder(), decoder()))
    assert model.fit(images(), verbose=0).history["loss"][0] > 0.0


def test_a_model_that_reconstructs_is_drawn(tmp_path):
    class Drawn(Own):
        def reconstruct(self, images):
            return images * 0.5

    rows = Drawn(encoder(), decoder()).preview(images(4), n=8)
    np.testing.assert_array_equal(rows[1], rows[0] * 0.5)
    with pytest.raises(UsageError, match="Own has nothing to draw; define generate, reconstruct or preview"):
        Own(encoder(), decoder()).preview(images(4))


def test_a_network_without_weights_is_refused_before_it_trains_nothing():
    with pytest.raises(UsageError, match="has no weights yet"):
        compiled(Own(keras.Sequential([layers.Flatten(), layers.Dense(2)]), decoder()))


def test_a_model_that_makes_no_images_has_no_figures():
    digits = data.load("digits", image_size=8)
    with pytest.raises(UsageError, match="a Own cannot be scored"):
        evaluation.evaluate(compiled(Own(encoder(), decoder())), digits)


class Noisy(Own):
    num_classes = 4

    @property
    def noise(self):
        return {"latents": models.Normal(2), "pixels": models.Uniform(*SHAPE)}


def test_a_step_takes_named_noise_and_labels_as_arrays():
    given = {"images": images(4), "labels": np.arange(4), "noise": {"latents": np.ones((4, 2), "float32")}}
    model = Noisy(encoder(), decoder(), seed=3)
    batch = model.unpack(given)
    np.testing.assert_array_equal(values([batch.labels])[0], np.arange(4))
    latents, pixels = values(model.draw(batch).values())
    np.testing.assert_array_equal(latents, np.ones((4, 2)))
    assert pixels.shape == (4, *SHAPE)
    assert 0 <= pixels.min() < 0.1 < 0.9 < pixels.max() < 1
    with pytest.raises(UsageError, match="unknown noise 'latent'; did you mean latents"):
        model.draw(model.unpack(given | {"noise": {"latent": np.ones((4, 2))}}))
    with pytest.raises(UsageError, match=r"give a dict of name -> array"):
        model.unpack(given | {"noise": np.ones((4, 2))})


def test_every_model_has_a_short_chain_of_classes():
    chains = {}
    for kind in vars(models).values():
        if isinstance(kind, type) and issubclass(kind, models.GenerativeModel):
            chains[kind.__name__] = [c.__name__ for c in kind.__mro__ if c.__module__.startswith("kerasgen.")]
    print(chains)
    assert {name: len(chain) for name, chain in chains.items() if len(chain) > 4} == {"VAEGAN": 5}
    assert len(chains) >= 17


@pytest.mark.parametrize(
    ("activation", "says"), [("sigmoid", "without an activation"), ("tanh", "without an activation")]
)
def test_a_decoder_that_ends_in_an_activation_is_refused(activation, says):
    latents = keras.Input((2,))
    x = layers.Reshape(SHAPE)(layers.Dense(64, activation=activation)(latents))
    with pytest.raises(UsageError, match=f"ends in the activation {activation}; end it {says}"):
        models.VAE(encoder(heads=2), keras.Model(latents, x))


@pytest.mark.once
@pytest.mark.parametrize(
    "end",
    [
        keras.ops.sigmoid,
        lambda x: layers.Identity()(layers.Activation("sigmoid")(x)),
        lambda x: layers.Activation("linear")(layers.Activation("sigmoid")(x)),
        lambda x: layers.UpSampling2D(1)(layers.Dense(1, activation="sigmoid")(x)),
        keras.Sequential([keras.Input(SHAPE), layers.Conv2D(1, 1, activation="sigmoid")]),
    ],
)
def test_a_sigmoid_is_seen_wherever_it_is_the_last(end):
    inputs = keras.Input((2,))
    decoder = keras.Model(inputs, end(layers.Reshape(SHAPE)(layers.Dense(64)(inputs))))
    discriminator = keras.Sequential([keras.Input(SHAPE), layers.Flatten(), layers.Dense(1)])
    with pytest.raises(UsageError, match="ends in the activation sigmoid; end it with tanh"):
        kerasgen.models.GAN(decoder, discriminator)
    images = keras.Input(SHAPE)
    encoder = keras.Model(images, layers.Dense(2)(layers.Flatten()(images)))
    with pytest.raises(UsageError, match="ends in the activation sigmoid; end it without an activation"):
        kerasgen.models.Autoencoder(encoder, decoder)


@pytest.mark.once
def test_a_discriminator_that_ends_in_a_sigmoid_is_refused():
    generator = keras.Sequential([keras.Input((2,)), layers.Dense(64, activation="tanh"), layers.Reshape(SHAPE)])
    ends = keras.Sequential([keras.Input(SHAPE), layers.Flatten(), layers.Dense(1, activation="sigmoid")])
    with pytest.raises(UsageError, match="end it without an activation: the loss takes logits"):
        kerasgen.models.GAN(generator, ends)


def test_a_generator_of_images_that_ends_in_a_sigmoid_is_refused():
    generator = keras.Sequential([keras.Input((2,)), layers.Dense(64, activation="sigmoid"), layers.Reshape(SHAPE)])
    discriminator = keras.Sequential([keras.Input(SHAPE), layers.Flatten(), layers.Dense(1)])
    with pytest.raises(UsageError, match="ends in the activation sigmoid; end it with tanh"):
        models.GAN(generator, discriminator)


def test_public_images_are_in_the_unit_interval():
    model = compiled(models.Autoencoder(encoder(), decoder(), "mean_squared_error"))
    model.decoder.layers[-2].bias.assign(np.linspace(-1.0, 2.0, 64))
    called = values([model(images())])[0]
    for reconstructed in (model.reconstruct(images()), model.predict(images(), verbose=0), called):
        assert (reconstructed.min(), reconstructed.max()) == (0.0, 1.0)


def test_a_sample_of_a_seed_does_not_depend_on_the_number_of_samples():
    model = compiled(models.VAE(encoder(heads=2), decoder()))
    many = model.generate(150, seed=5)
    for n in (1, 3, 64, 65):
        np.testing.assert_array_equal(model.generate(n, seed=5), many[:n])


@pytest.mark.parametrize("arguments", [{"loss": "mse"}, {"metrics": ["mae"]}])
def test_losses_and_metrics_of_compile_are_refused_in_a_sentence(arguments):
    with pytest.raises(UsageError, match="defines its own losses and metrics"):
        Own(encoder(), decoder()).compile("adam", **arguments)


def test_evaluate_returns_the_loss_first_and_names_in_that_order():
    model = compiled(models.VAE(encoder(heads=2), decoder()))
    result = model.evaluate(images(), verbose=0)
    logs = model.evaluate(images(), verbose=0, return_dict=True)
    assert model.metrics_names == ["loss", "reconstruction_error", "kl_divergence"]
    assert set(logs) == set(model.metrics_names)
    assert result[0] == pytest.approx(result[1] + result[2], rel=1e-5)


@pytest.mark.parametrize("seed", [1.5, "a", -1])
def test_seeds_that_are_no_whole_numbers_are_refused(seed):
    with pytest.raises(UsageError, match="must be a whole number of 0 or more"):
        models.GenerativeModel.draw_latents(2, (3,), seed)


def test_a_model_without_a_step_or_a_shape_says_so():
    with pytest.raises(
        NotImplementedError, match="Own has no compute_losses; define it, or train_step and, for validation, test_step"
    ):
        compiled(Own(encoder(), decoder())).evaluate(images(), verbose=0)
    with pytest.raises(NotImplementedError, match="GenerativeModel has no property sample_shape"):
        models.GenerativeModel().check_images(images())


@pytest.mark.parametrize("to", [np.asarray, keras.ops.convert_to_tensor], ids=["NumPy", "tensors"])
@pytest.mark.parametrize("labels", [np.arange(16) % 3 + 1, (np.arange(16) % 3 + 0.5).astype("float32")])
def test_impossible_labels_are_refused_in_arrays_and_in_tensors(to, labels):
    model = kerasgen.create("cvae", image_size=8, hidden_dim=4, latent_dim=2, num_classes=3)
    before = values(model.trainable_variables)
    with pytest.raises(DataError, match="this model takes whole numbers from 0 to 2"):
        model.fit(to(images()), to(labels), batch_size=8, verbose=0)
    with pytest.raises(DataError, match="divide by 255"):
        model.fit(to(255 * images()), to(np.arange(16) % 3), batch_size=8, verbose=0)
    assert all(np.array_equal(a, b) for a, b in zip(before, values(model.trainable_variables)))


def test_another_floatx_than_float32_is_refused_in_a_sentence():
    keras.config.set_floatx("float64")
    try:
        with pytest.raises(UsageError, match="the floatx of Keras is float64; kerasgen computes in float32"):
            Own(encoder(), decoder())
    finally:
        keras.config.set_floatx("float32")
