import keras
import numpy as np
import pytest

from kerasgen.layers import MinibatchDiscrimination, SpectralNormalization
from kerasgen.networks import gan_discriminator, gan_generator
from kerasgen.networks.adversarial import discriminator_inputs, logit_layer

SHAPES = [(1,), (2,), (1, 1, 1), (8, 6, 3)]


def array(tensor):
    return keras.ops.convert_to_numpy(tensor)


@pytest.mark.once
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("num_classes", [0, 1, 3])
def test_the_smallest_networks_fit_each_other(shape, num_classes):
    generator = gan_generator(shape, latent_dim=1, hidden_dims=[1], num_classes=num_classes)
    discriminator = gan_discriminator(shape, hidden_dims=[1], pieces=1, num_classes=num_classes)
    inputs = [(None, 1), (None,)] if num_classes else (None, 1)
    assert generator.input_shape == inputs
    assert generator.output_shape == (None, *shape)
    assert discriminator.input_shape == ([(None, *shape), (None,)] if num_classes else (None, *shape))
    assert discriminator.output_shape == (None, 1)


@pytest.mark.once
@pytest.mark.parametrize("shape", SHAPES)
def test_no_hidden_layers_are_allowed(shape):
    assert gan_generator(shape, 2, []).output_shape == (None, *shape)
    assert gan_discriminator(shape, []).output_shape == (None, 1)


@pytest.mark.once
def test_images_are_bounded_and_points_are_not():
    images, points = gan_generator((2, 2, 1), 3, []), gan_generator((4,), 3, [])
    latents = np.full((1, 3), 100.0, "float32")
    points.set_weights([np.ones((3, 4)), np.zeros(4)])
    images.set_weights(points.get_weights())
    np.testing.assert_allclose(array(points(latents)), 300.0)
    np.testing.assert_allclose(array(images(latents)), 1.0)


@pytest.mark.once
@pytest.mark.parametrize(("shape", "packed"), [((2,), (6,)), ((4, 4, 3), (4, 4, 9))])
def test_packed_samples_are_concatenated_along_the_last_axis(shape, packed):
    assert gan_discriminator(shape, [2], packing=3).input_shape == (None, *packed)


@pytest.mark.once
def test_the_options_add_their_layers():
    plain = gan_discriminator((2,), [3])
    assert not any(isinstance(each, (MinibatchDiscrimination, SpectralNormalization)) for each in plain.layers)
    both = gan_discriminator((2,), [3, 3], minibatch_discrimination=True, spectral_normalization=True)
    assert sum(isinstance(each, SpectralNormalization) for each in both.layers) == 3  # the logit layer is the third
    assert sum(isinstance(each, MinibatchDiscrimination) for each in both.layers) == 1


def test_a_maxout_unit_is_the_maximum_of_its_pieces():
    network = gan_discriminator((3,), [2], pieces=4)
    kernel, bias, last, last_bias = network.get_weights()
    x = np.random.default_rng(0).standard_normal((5, 3)).astype("float32")
    bias = np.linspace(-1, 1, 8)
    network.set_weights([kernel, bias, last, last_bias + 2])
    hidden = (x @ kernel + bias).reshape(5, 4, 2).max(axis=1)
    np.testing.assert_allclose(array(network(x)), hidden @ last + 2, rtol=1e-4, atol=1e-5)


def test_a_label_becomes_a_channel_of_the_image():
    inputs, x = discriminator_inputs((2, 3, 1), num_classes=2)
    network = keras.Model(inputs, x)
    plane = np.arange(12.0).reshape(2, 6)
    network.set_weights([plane])
    images = np.random.default_rng(0).random((2, 2, 3, 1)).astype("float32")
    found = array(network([images, np.array([1, 0], "int32")]))
    np.testing.assert_allclose(found[..., :1], images)
    np.testing.assert_allclose(found[..., 1], plane[[1, 0]].reshape(2, 2, 3))


@pytest.mark.once
def test_logits_are_float32_under_mixed_precision():
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        features = keras.Input((4,))
        assert logit_layer(features).dtype == "float32"
        assert gan_generator((2,), 2, [2]).output.dtype == "float32"
    finally:
        keras.config.set_dtype_policy("float32")
