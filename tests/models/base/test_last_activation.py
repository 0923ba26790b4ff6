"""The end of a network: an activation that the loss does not expect is refused, however it is written."""

import functools

import keras
import numpy as np
import pytest
from keras import layers, ops

from kerasgen import models
from kerasgen.errors import UsageError
from kerasgen.models.base.last_activation import ending_of, refuse_bounded, refuse_non_negative

SHAPE = (8, 8, 1)


def network(*ends, units=64, shape=SHAPE):
    """Return a network from (16,) that ends in the given functions of a dense layer's outputs."""
    inputs = keras.Input((16,))
    outputs = layers.Reshape(shape)(layers.Dense(units)(inputs))
    for end in ends:
        outputs = end(outputs)
    return keras.Model(inputs, outputs, name="decoder")


def encoder(units=16):
    return keras.Sequential([keras.Input(SHAPE), layers.Flatten(), layers.Dense(units)])


def discriminator(*ends):
    return keras.Sequential([keras.Input(SHAPE), layers.Flatten(), *ends])


def rows(layer):
    """Return a function that applies a dense layer to the rows of images (N, 8, 8, 1)."""
    return lambda x: layers.Reshape(SHAPE)(layers.TimeDistributed(layer)(layers.Reshape((8, 8))(x)))


# Ends with values from 0 to 1, or without negative values: wrong for logits and for images in [-1, 1]
NON_NEGATIVE = {
    "dense": layers.Dense(1, activation="sigmoid"),
    "wrapped": layers.SpectralNormalization(layers.Conv2D(1, 3, padding="same", activation="sigmoid")),
    "time distributed": rows(layers.Dense(8, activation="sigmoid")),
    "function layer": layers.Lambda(keras.activations.sigmoid),
    "anonymous function": layers.Lambda(lambda x: keras.ops.sigmoid(x)),
    "anonymous activation": layers.Dense(1, activation=lambda x: keras.ops.sigmoid(x)),
    "partial activation": layers.Dense(1, activation=functools.partial(keras.activations.sigmoid)),
    "layer as activation": layers.Dense(1, activation=layers.Activation("sigmoid")),
    "sparse sigmoid": layers.Activation("sparse_sigmoid"),
    "soft plus": layers.Dense(1, activation="softplus"),
    "exponential": layers.Activation("exponential"),
    "gelu": layers.Activation("gelu"),
    "relu": layers.ReLU(max_value=1.0),
    "formula": lambda x: 1 / (1 + ops.exp(-x)),
    "scaled tanh": lambda x: (ops.tanh(x) + 1) / 2,
    "rescaled tanh": lambda x: layers.Rescaling(0.5, 0.5)(ops.tanh(x)),
    "clipped": lambda x: ops.clip(x, 0, 1),
    "clipped by two": lambda x: ops.minimum(ops.maximum(x, 0.0), 1.0),
    "bytes": lambda x: ops.sigmoid(x) * 255.0,
    "flipped": lambda x: ops.flip(ops.sigmoid(x), 1),
    "cut": lambda x: ops.sigmoid(x)[:, :, ::-1],
    "joined": lambda x: ops.concatenate([ops.sigmoid(x)[:, :4], ops.sigmoid(x)[:, 4:]], 1),
    "expanded": lambda x: ops.expand_dims(ops.squeeze(ops.sigmoid(x), -1), -1),
    "dropout": lambda x: layers.Dropout(0.1)(ops.sigmoid(x)),
    "resized": lambda x: layers.Resizing(8, 8)(ops.sigmoid(x)),
    "regularized": lambda x: layers.ActivityRegularization()(ops.sigmoid(x)),
}
# Ends with values from -1 to 1: right for images in [-1, 1], wrong for logits
SIGNED = {
    "tanh": layers.Activation("tanh"),
    "hard tanh": layers.Dense(1, activation="hard_tanh"),
    "soft sign": layers.Activation("softsign"),
    "scaled sigmoid": lambda x: 2 * ops.sigmoid(x) - 1,
    "clipped": lambda x: ops.clip(x, -1, 1),
}
RAW = {
    "dense": layers.Dense(1),
    "convolution": layers.Conv2D(1, 3, padding="same"),
    "wrapped": layers.SpectralNormalization(layers.Dense(1)),
    "linear": layers.Activation("linear"),
    "leaky": layers.LeakyReLU(),
    "scaled": layers.Rescaling(2.0),
    "added": lambda x: x + layers.Dense(1)(ops.sigmoid(x)),
    "centred": lambda x: x - ops.mean(x, axis=(1, 2), keepdims=True),
    "normalized": layers.BatchNormalization(),
}
once = pytest.mark.once


@once
@pytest.mark.parametrize("name", NON_NEGATIVE)
def test_a_network_without_negative_outputs_is_refused(name):
    model = network(NON_NEGATIVE[name])
    with pytest.raises(UsageError, match=r"ends in .*activation.*; end it without an activation: the loss"):
        models.Autoencoder(encoder(), model)
    with pytest.raises(UsageError, match=r"ends in .*activation.*; end it with tanh"):
        models.GAN(model, discriminator(layers.Dense(1)))


@once
@pytest.mark.parametrize("name", SIGNED)
def test_a_network_with_outputs_of_tanh_is_a_generator_and_no_decoder(name):
    model = network(SIGNED[name])
    with pytest.raises(UsageError, match=r"ends in .*activation"):
        refuse_bounded(model, "the loss takes logits")
    refuse_non_negative(model)


@once
@pytest.mark.parametrize("name", RAW)
def test_raw_outputs_are_accepted(name):
    model = network(RAW[name])
    refuse_bounded(model, "the loss takes logits")
    refuse_non_negative(model)


@once
@pytest.mark.parametrize(
    "ends",
    [
        [layers.SpectralNormalization(layers.Dense(1, activation="sigmoid"))],
        [layers.Dense(1, activation="sigmoid"), layers.Dropout(0.1)],
        [layers.Dense(1, activation="tanh")],
        [layers.Dense(1, activation="relu")],
        [layers.Dense(1), layers.Lambda(lambda x: 1 / (1 + ops.exp(-x)))],
    ],
)
def test_a_discriminator_that_ends_in_an_activation_is_refused(ends):
    with pytest.raises(UsageError, match="the loss takes logits"):
        models.GAN(network(ops.tanh), discriminator(*ends))


@once
def test_a_decoder_of_codes_that_ends_in_a_sigmoid_is_refused():
    coder = keras.Sequential([keras.Input(SHAPE), layers.Conv2D(4, 4, 4)])
    decoder = keras.Sequential([keras.Input((2, 2, 4)), layers.Conv2DTranspose(1, 4, 4, activation="sigmoid")])
    with pytest.raises(UsageError, match="ends in the activation sigmoid; end it without an activation"):
        models.VQVAE(coder, decoder)


def test_the_range_of_an_activation_is_measured_on_every_backend():
    ending = ending_of(network(lambda x: (ops.tanh(x) + 1) / 2))
    assert ending.name is None
    np.testing.assert_allclose(ending.range, (0, 1), atol=1e-6)


@once
def test_a_network_that_cannot_be_measured_is_accepted():
    def fails(x):
        if not keras.backend.is_keras_tensor(x):
            raise OSError("no")
        return x

    assert ending_of(network(layers.Lambda(fails, output_shape=SHAPE))) is None
