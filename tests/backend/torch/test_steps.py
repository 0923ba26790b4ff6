"""On PyTorch the steps of models are traced, and are the same to the last bit."""

import keras
import numpy as np
import pytest

import kerasgen

if keras.backend.backend() != "torch":
    pytest.skip("the other backends trace steps by themselves", allow_module_level=True)

import torch

from kerasgen.backend.torch import steps as torch_trace

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
    """What was traced, with tracing at the third step."""
    found = []

    def counted(step, data, trace=torch_trace.traced):
        found.append(step)
        return trace(step, data)

    monkeypatch.setattr(torch_trace, "traced", counted)
    monkeypatch.setattr(torch_trace, "_STEPS_BEFORE_TRACE", 2)
    return found


def made(recipe, options):
    """A small model, after a seed."""
    keras.utils.set_random_seed(1)
    small = {"image_size": 6, "hidden_dim": 8, "latent_dim": 4} | options
    small |= {"num_classes": 3} if recipe in ("cvae", "cgan") else {}
    small["image_size"] = {"pix2pix": 16, "cyclegan": 16}.get(recipe, 8 if "width" in options else 6)
    known = {"image_size", "num_classes", *kerasgen.zoo.get(recipe).options}
    return kerasgen.create(recipe, **{name: value for name, value in small.items() if name in known})


def trained(model, epochs=2):
    """The history of two trainings; the last batch of an epoch is smaller."""
    random = np.random.default_rng(0)
    images = random.random((36, *model.sample_shape), dtype="float32")
    targets = random.integers(3, size=36) if getattr(model, "num_classes", 0) else None
    if isinstance(model, kerasgen.models.Pix2Pix | kerasgen.models.CycleGAN):
        targets = random.random(images.shape, dtype="float32")
    keras.utils.set_random_seed(2)
    return [model.fit(images, targets, batch_size=8, epochs=epochs, verbose=0).history for _ in range(2)]


def assert_same(model, expected):
    """All the variables of two models, and of their optimizers, are the same to the last bit."""
    both = [[*each.variables, *each.optimizer.variables] for each in (model, expected)]
    for variable, other in zip(*both, strict=True):
        np.testing.assert_array_equal(variable.numpy(), other.numpy(), err_msg=variable.path)


@pytest.mark.parametrize(("recipe", "options"), CASES)
def test_a_traced_training_is_that_of_the_steps_to_the_last_bit(recipe, options, traces):
    alone = made(recipe, options)
    alone.run_eagerly = True
    histories = trained(alone)
    assert not traces
    model = made(recipe, options)
    assert trained(model) == histories
    assert len(traces) == 2, "the whole batches and the smaller ones; of CycleGAN, planned by each fit, the whole ones"
    assert_same(model, alone)


def test_weights_that_are_set_and_a_rate_that_changes_are_those_of_the_next_traced_step(traces):
    models = [made("vae", {}) for _ in range(2)]
    models[0].run_eagerly = True
    for model in models:
        trained(model)
        model.set_weights([weight / 2.0 for weight in model.get_weights()])
        model.optimizer.learning_rate = 0.1
    histories = [trained(model) for model in models]
    assert len(traces) == 2
    assert histories[0] == histories[1]


def test_a_model_that_is_compiled_anew_is_traced_anew(traces):
    model = made("vae", {})
    trained(model)
    model.encoder.trainable = False
    model.compile("sgd")
    before = model.encoder.get_weights()
    trained(model)
    assert len(traces) == 4
    for weights, expected in zip(model.encoder.get_weights(), before):
        np.testing.assert_array_equal(weights, expected)


def test_models_with_dropout_and_of_users_take_their_steps_by_themselves(traces):
    class Own(kerasgen.models.Autoencoder):
        pass

    def encoder(*layers):
        return keras.Sequential([keras.Input((6, 6, 1)), *layers, keras.layers.Flatten(), keras.layers.Dense(4)])

    decoder = keras.Sequential([keras.Input((4,)), keras.layers.Dense(36), keras.layers.Reshape((6, 6, 1))])
    models = [
        kerasgen.models.Autoencoder(encoder(keras.layers.Dropout(0.5)), decoder),
        kerasgen.models.Autoencoder(encoder(keras.layers.Lambda(lambda x: x)), decoder),
        Own(encoder(), decoder),
    ]
    for model in models:
        model.compile("adam")
        trained(model)
    assert not traces
    plain = kerasgen.models.Autoencoder(encoder(), decoder)
    plain.compile("adam")
    trained(plain)
    assert traces


def test_a_model_of_which_a_layer_reads_numbers_takes_its_steps_by_itself_and_they_are_the_same(traces):
    def own():
        keras.utils.set_random_seed(1)
        labels = keras.Input((), dtype="int32")
        code = keras.layers.CategoryEncoding(num_tokens=3, output_mode="one_hot")(labels)  # asks how large they are
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
    assert trained(alone) == trained(model)
    assert len(traces) == 2, "tried once for each shape"
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
def test_traced_layers_of_keras_train_the_same_to_the_last_bit(names, traces):
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
    assert trained(alone) == trained(model)
    assert len(traces) == 2
    assert_same(model, alone)


def test_outside_of_a_trace_a_function_is_called_at_once():
    assert torch_trace.opaque_call(lambda x: [x + 1], torch.ones(())) == [2.0]
