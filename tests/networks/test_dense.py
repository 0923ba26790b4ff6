import keras
import numpy as np
import pytest

from kerasgen.errors import UsageError
from kerasgen.networks import dense_decoder, dense_encoder
from kerasgen.networks.dense import ACTIVATIONS


@pytest.mark.once
@pytest.mark.parametrize("shape", [(1,), (2,), (1, 1, 1), (8, 6, 3)])
@pytest.mark.parametrize("num_classes", [0, 3])
def test_the_smallest_networks_fit_each_other(shape, num_classes):
    encoder = dense_encoder(shape, [1], 1, num_classes=num_classes)
    decoder = dense_decoder(shape, [1], 1, num_classes)
    assert encoder.input_shape == ([(None, *shape), (None,)] if num_classes else (None, *shape))
    assert encoder.output_shape == [(None, 1), (None, 1)]
    assert decoder.input_shape == ([(None, 1), (None,)] if num_classes else (None, 1))
    assert decoder.output_shape == (None, *shape)


@pytest.mark.once
def test_a_single_head_is_a_tensor_and_heads_are_named():
    assert dense_encoder((2,), [3], 4, heads=["latents"]).output_shape == (None, 4)
    encoder = dense_encoder((2,), [], 4, heads=["mean", "log_variance", "other"])
    assert [tensor.shape for tensor in encoder.outputs] == [(None, 4)] * 3
    assert {"mean", "log_variance", "other"} <= {layer.name for layer in encoder.layers}


@pytest.mark.once
def test_the_decoder_mirrors_the_encoder():
    units = lambda network: [each.units for each in network.layers if hasattr(each, "units")]  # noqa: E731
    assert units(dense_encoder((2, 2, 1), [7, 5], 3, heads=["latents"])) == [7, 5, 3]
    assert units(dense_decoder((2, 2, 1), [7, 5], 3)) == [5, 7, 4]


@pytest.mark.once
@pytest.mark.parametrize("make", [dense_encoder, dense_decoder])
def test_an_unknown_activation_is_refused(make):
    with pytest.raises(UsageError, match="unknown activation 'rellu'; did you mean relu"):
        make((2,), [3], 2, activation="rellu")


@pytest.mark.parametrize(
    ("activation", "function"),
    [("leaky_relu", lambda x: np.where(x > 0, x, 0.2 * x)), ("relu", lambda x: np.maximum(x, 0)), ("tanh", np.tanh)],
)
def test_the_hidden_layers_have_the_activation_and_the_last_has_none(activation, function):
    network = dense_decoder((2, 2, 1), [6], 3, activation=activation)
    kernel, bias, last, last_bias = network.get_weights()
    x = np.random.default_rng(0).standard_normal((5, 3)).astype("float32")
    expected = (function(x @ kernel + bias) @ last + last_bias).reshape(5, 2, 2, 1)
    np.testing.assert_allclose(keras.ops.convert_to_numpy(network(x)), expected, rtol=1e-4, atol=1e-5)


@pytest.mark.once
@pytest.mark.parametrize(
    ("activation", "deviation"),
    [("leaky_relu", (1 / 3 / 500) ** 0.5), ("relu", (2 / 500) ** 0.5), ("tanh", (2 / 1000) ** 0.5)],
)
def test_the_scale_of_the_kernels_suits_the_activation(activation, deviation):
    keras.utils.set_random_seed(0)
    kernel, *_ = dense_encoder((500,), [500], 1, activation=activation).get_weights()
    assert kernel.std() == pytest.approx(deviation, rel=0.02)
    assert set(ACTIVATIONS) == {"leaky_relu", "relu", "tanh"}
