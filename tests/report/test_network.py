"""The page decodes the images that Keras decodes, for every recipe with a decoder."""

import keras
import numpy as np
import pytest
from keras import layers

import kerasgen
from kerasgen import zoo
from kerasgen.data.shapes import sample_kind
from kerasgen.models.base.abilities import HasDecoder
from kerasgen.report.live import read_decoder
from kerasgen.report.network import UnsupportedNetworkError, export_network
from tests.report import chromium, javascript
from tests.report.javascript import decode, needs_node

pytestmark = pytest.mark.once

TOLERANCE = 2 / 255
RANDOM = np.random.default_rng(0)
LABELS = np.arange(64) % 10


def expected_images(model, latents, labels):
    """Return the images that Keras decodes from latents."""
    network, weights, to_images = model.decoder_parts()
    before = network.get_weights()
    network.set_weights(weights)
    outputs = network.predict(model.classes.inputs(latents, labels), verbose=0)
    network.set_weights(before)
    images = keras.ops.convert_to_numpy(to_images(keras.ops.convert_to_tensor(outputs)))
    return images.clip(0, 1)


def has_image_decoder(model):
    return isinstance(model, HasDecoder) and sample_kind(model.sample_shape) == "images"


def assert_same_images(model, folder, browser=None):
    """Compare the images of the page, in Node.js and in Chromium if they are installed, with those of Keras."""
    live, reason = read_decoder(model)
    assert reason is None
    latents = np.random.default_rng(1).standard_normal((64, model.latent_dim)).astype("float32")
    labels = LABELS.astype("int32") if live["classes"] else None
    expected = expected_images(model, latents, labels)
    if javascript.NODE is not None:
        images = javascript.decode(live, latents, labels, folder)
        assert np.abs(images - expected).max() < TOLERANCE
    if browser is not None:
        images = chromium.decode(browser, live, latents, labels, folder)
        assert np.abs(images - expected).max() < TOLERANCE


@pytest.mark.slow
@pytest.mark.skipif(javascript.NODE is None and chromium.MISSING is not None, reason="no Node.js and no Chromium")
@pytest.mark.parametrize("name", zoo.own())
def test_every_recipe_with_a_decoder_decodes_in_the_page(name, browser, tmp_path):
    model = kerasgen.create(name, **zoo.get(name).tiny)
    if not has_image_decoder(model):
        pytest.skip(f"{name} has no decoder of images from latent vectors")
    has_labels = bool(getattr(model, "num_classes", 0))
    images = RANDOM.random((64, *model.sample_shape), dtype="float32")
    model.fit(images, LABELS if has_labels else None, batch_size=16, epochs=3, verbose=0)
    assert_same_images(model, tmp_path, browser)


@needs_node
@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("vae", {}),
        ("cgan", {}),
        ("dcgan", {"average": 0.5, "hidden_dim": 256}),
        ("vae-conv", {}),
        ("denoising-autoencoder", {}),
    ],
)
def test_networks_of_the_default_size(name, options, tmp_path):
    model = kerasgen.create(name, **options)
    images = kerasgen.data.load("digits").train
    has_labels = bool(getattr(model, "num_classes", 0))
    model.fit(images[:96], images.labels[:96] if has_labels else None, batch_size=32, epochs=1, verbose=0)
    assert_same_images(model, tmp_path)


def _export(outputs, inputs):
    network = keras.Model(inputs, outputs)
    return network, export_network(network, network.get_weights())


@needs_node
@pytest.mark.parametrize(
    ("kernel", "stride", "padding"), [(3, 1, "same"), (4, 2, "same"), (3, 2, "valid"), (2, 3, "same")]
)
def test_layers_of_every_padding(kernel, stride, padding, tmp_path):
    inputs = keras.Input((50,), name="latents")
    x = layers.Reshape((5, 5, 2))(inputs)
    x = layers.Conv2D(3, kernel, strides=stride, padding=padding, activation="silu")(layers.UpSampling2D(2)(x))
    x = kerasgen.layers.GroupNormalization(groups=1)(x)
    x = layers.Conv2DTranspose(4, kernel, strides=stride, padding=padding, activation="gelu")(x)
    x = kerasgen.layers.InstanceNormalization()(x)
    x = layers.Add()([x, layers.LeakyReLU(negative_slope=0.3)(x)])
    network, exported = _export(layers.Conv2D(1, 1, activation="softplus")(x), inputs)
    shape = network.output_shape[1:]
    live = {"network": exported, "output_map": "identity", "latent_dim": 50, "image_shape": shape}
    latents = RANDOM.standard_normal((8, 50)).astype("float32")
    expected = network.predict(latents, verbose=0).clip(0, 1)
    np.testing.assert_allclose(decode(live, latents, None, tmp_path), expected, atol=TOLERANCE)


def test_what_the_page_does_not_know_is_refused_by_name():
    inputs = keras.Input((4,), name="latents")
    with pytest.raises(UnsupportedNetworkError, match="the layer Softmax"):
        _export(layers.Softmax()(inputs), inputs)
    with pytest.raises(UnsupportedNetworkError, match="activation 'mish'"):
        _export(layers.Dense(2, activation="mish")(inputs), inputs)
    with pytest.raises(UnsupportedNetworkError, match="2,259,000 weights"):
        _export(layers.Dense(1500)(layers.Dense(1500)(inputs)), inputs)
    dense = layers.Dense(4)
    with pytest.raises(UnsupportedNetworkError, match="used twice"):
        _export(dense(dense(inputs)), inputs)


def test_a_layer_of_another_package_with_a_known_name_is_refused():
    class Dense(layers.Dense):
        def call(self, inputs, training=None):
            return -super().call(inputs)

    inputs = keras.Input((4,), name="latents")
    with pytest.raises(UnsupportedNetworkError, match="Dense"):
        _export(Dense(2)(inputs), inputs)
