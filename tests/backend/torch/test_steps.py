"""On PyTorch training steps are traced, and equal the plain steps to the last bit."""

import keras
import numpy as np
import pytest

import kerasgen

if keras.backend.backend() != "torch":
    pytest.skip("the other backends trace every step", allow_module_level=True)

import torch

from kerasgen.backend import switches
from kerasgen.backend.torch import steps

CASES = [
    ("vae", {}),
    ("vae", {"samples": 5, "gradient_samples": 2}),
    ("vae", {"binarize": True, "warm_up": 5}),
    ("vae", {"likelihood": "gaussian", "beta": 2.0}),
    ("cvae", {}),
    ("autoencoder", {}),
    ("autoencoder", {"loss": "mean_squared_error", "optimizer": "rmsprop"}),
    *(("gan", {"objective": objective}) for objective in ("minimax", "wasserstein", "hinge", "relativistic")),
    ("gan", {"r1_penalty": 0.1, "r2_penalty": 0.1, "average": 0.9, "decay_steps": 4}),
    ("gan", {"discriminator_steps": 2, "historical_averaging": 0.1, "feature_matching": True}),
    ("gan", {"packing": 2, "minibatch_discrimination": True, "spectral_normalization": True}),
    ("cgan", {}),
    ("vae-conv", {"width": 2}),
    ("denoising-autoencoder", {"width": 2}),
    ("dcgan", {"width": 2, "average": 0.9}),
    ("wgan-gp", {"width": 2}),
    ("vae-gan", {"width": 2}),
    ("pix2pix", {"width": 2, "receptive_field": "34"}),
    ("cyclegan", {"width": 2, "receptive_field": "34", "blocks": 1, "pool_size": 4}),
]


@pytest.fixture
def traces(monkeypatch):
    """Return a list of the traced steps. A step is traced the third time that it is taken."""
    traced_steps = []

    def counted(step, data, trace=steps.traced):
        traced_steps.append(step)
        return trace(step, data)

    monkeypatch.setattr(steps, "traced", counted)
    monkeypatch.setattr(steps, "_STEPS_BEFORE_TRACE", 2)
    return traced_steps


def create(recipe, options):
    """Return a small model with weights of a fixed seed."""
    keras.utils.set_random_seed(1)
    small = {"image_size": 6, "hidden_dim": 8, "latent_dim": 4} | options
    small |= {"num_classes": 3} if recipe in ("cvae", "cgan") else {}
    small["image_size"] = {"pix2pix": 16, "cyclegan": 16}.get(recipe, 8 if "width" in options else 6)
    known = {"image_size", "num_classes", *kerasgen.zoo.get(recipe).options}
    return kerasgen.create(recipe, **{name: value for name, value in small.items() if name in known})


def train(model, epochs=2):
    """Return the histories of two trainings. The last batch of an epoch is smaller."""
    random = np.random.default_rng(0)
    images = random.random((36, *model.sample_shape), dtype="float32")
    targets = random.integers(3, size=36) if getattr(model, "num_classes", 0) else None
    if isinstance(model, kerasgen.models.Pix2Pix | kerasgen.models.CycleGAN):
        targets = random.random(images.shape, dtype="float32")
    keras.utils.set_random_seed(2)
    return [model.fit(images, targets, batch_size=8, epochs=epochs, verbose=0).history for _ in range(2)]


def assert_same(model, expected):
    """Assert that all variables of two models and of their optimizers are equal to the last bit."""
    both = [[*each.variables, *each.optimizer.variables] for each in (model, expected)]
    for variable, other in zip(*both, strict=True):
        np.testing.assert_array_equal(variable.numpy(), other.numpy(), err_msg=variable.path)


@pytest.mark.slow
@pytest.mark.parametrize(("recipe", "options"), CASES)
def test_a_traced_training_equals_a_plain_one_to_the_last_bit(recipe, options, traces):
    plain = create(recipe, options)
    plain.run_eagerly = True
    histories = train(plain)
    assert not traces
    model = create(recipe, options)
    assert train(model) == histories
    assert len(traces) == 2, "one trace for whole batches, and one for the smaller last one"
    assert_same(model, plain)


def test_a_traced_step_uses_the_current_weights_and_learning_rate(traces):
    models = [create("vae", {}) for _ in range(2)]
    models[0].run_eagerly = True
    for model in models:
        train(model)
        model.set_weights([weight / 2.0 for weight in model.get_weights()])
        model.optimizer.learning_rate = 0.1
    histories = [train(model) for model in models]
    assert len(traces) == 2
    assert histories[0] == histories[1]


def test_a_model_is_traced_again_after_compile(traces):
    model = create("vae", {})
    train(model)
    model.encoder.trainable = False
    model.compile("sgd")
    before = model.encoder.get_weights()
    train(model)
    assert len(traces) == 4
    for weights, expected in zip(model.encoder.get_weights(), before):
        np.testing.assert_array_equal(weights, expected)


def small_encoder(*layers):
    return keras.Sequential([keras.Input((6, 6, 1)), *layers, keras.layers.Flatten(), keras.layers.Dense(4)])


def small_decoder():
    return keras.Sequential([keras.Input((4,)), keras.layers.Dense(36), keras.layers.Reshape((6, 6, 1))])


class Silent(kerasgen.models.Autoencoder):
    """A class that does not ask for tracing."""


class Asking(kerasgen.models.Autoencoder):
    """A class that asks for tracing."""

    traceable = True


class Inheriting(Asking):
    """A class that only inherits the question."""


class SilentLayer(keras.layers.Identity):
    """A user's layer that does not ask for tracing."""


class AskingLayer(keras.layers.Identity):
    """A user's layer that asks for tracing."""

    traceable = True


@pytest.mark.parametrize(
    ("make", "is_traced"),
    [
        (lambda: kerasgen.models.Autoencoder(small_encoder(), small_decoder()), True),
        (lambda: Asking(small_encoder(), small_decoder()), True),
        (lambda: Asking(small_encoder(AskingLayer()), small_decoder()), True),
        (lambda: Silent(small_encoder(), small_decoder()), False),
        (lambda: Inheriting(small_encoder(), small_decoder()), False),
        (lambda: Asking(small_encoder(SilentLayer()), small_decoder()), False),
        (lambda: kerasgen.models.Autoencoder(small_encoder(keras.layers.Dropout(0.5)), small_decoder()), False),
        (lambda: kerasgen.models.Autoencoder(small_encoder(keras.layers.Lambda(abs)), small_decoder()), False),
    ],
    ids=[
        "ours",
        "own class that asks",
        "own layer that asks",
        "own class",
        "inherited attribute",
        "own layer",
        "dropout",
        "lambda",
    ],
)
def test_only_classes_that_ask_are_traced(make, is_traced, traces):
    model = make()
    model.compile("adam")
    train(model)
    assert bool(traces) == is_traced


def test_the_switch_keeps_plain_steps(traces, monkeypatch):
    monkeypatch.setattr(switches, "traced_steps", False)
    train(create("vae", {}))
    assert not traces


def test_a_model_with_a_layer_that_reads_numbers_keeps_its_plain_steps(traces):
    def own():
        keras.utils.set_random_seed(1)
        labels = keras.Input((), dtype="int32")
        code = keras.layers.CategoryEncoding(num_tokens=3, output_mode="one_hot")(labels)  # reads the largest label
        latents = keras.Input((4,))
        images = keras.layers.Dense(36)(keras.layers.Concatenate()([latents, code]))
        generator = keras.Model([latents, labels], keras.layers.Reshape((6, 6, 1))(images))
        images = keras.Input((6, 6, 1))
        x = keras.layers.Concatenate()([keras.layers.Flatten()(images), code])
        discriminator = keras.Model([images, labels], keras.layers.Dense(1)(x))
        model = kerasgen.models.GAN(generator, discriminator, num_classes=3, seed=4)
        model.compile("adam")
        return model

    alone, model = own(), own()
    alone.run_eagerly = True
    assert train(alone) == train(model)
    assert len(traces) == 2, "one attempt for each shape"
    assert_same(model, alone)


@pytest.mark.parametrize(
    "names",
    [
        ("GroupNormalization(groups=1)", "MaxPooling2D()", "ZeroPadding2D()", "Activation('gelu')"),
        ("Resizing(4, 4)", "BatchNormalization()", "Permute((3, 1, 2))", "Activation('sparsemax')"),
        ("SpectralNormalization(layers.Dense(3))", "UpSampling2D()", "RMSNormalization()", "Softmax()"),
        ("Dense(3, 'mish', kernel_regularizer='l2', kernel_constraint='max_norm')", "Cropping2D()"),
        ("Reshape((6, 12))", "LSTM(4)", "RepeatVector(3)", "GRU(4)", "Activation('selu')"),
        ("AdaptiveMaxPooling2D(3)", "EinsumDense('abcd,de->abce', (3, 3, 2))", "GlobalAveragePooling2D()"),
    ],
    ids=lambda names: names[0].split("(")[0],
)
def test_traced_layers_of_keras_train_equally_to_the_last_bit(names, traces):
    def own():
        keras.utils.set_random_seed(1)
        parts = [eval(f"layers.{name}", {"layers": keras.layers}) for name in names]
        encoder = keras.Sequential(
            [keras.Input((6, 6, 1)), keras.layers.Dense(2), *parts, keras.layers.Flatten(), keras.layers.Dense(4)]
        )
        decoder = keras.Sequential([keras.Input((4,)), keras.layers.Dense(36), keras.layers.Reshape((6, 6, 1))])
        model = kerasgen.models.Autoencoder(encoder, decoder)
        model.compile("adam")
        return model

    alone, model = own(), own()
    alone.run_eagerly = True
    assert train(alone) == train(model)
    assert len(traces) == 2
    assert_same(model, alone)


def test_an_opaque_call_outside_a_trace_is_a_plain_call():
    assert steps.opaque_call(lambda x: [x + 1], torch.ones(())) == [2.0]
