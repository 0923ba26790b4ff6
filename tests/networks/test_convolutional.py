import keras
import pytest

from kerasgen.errors import UsageError
from kerasgen.networks import conv_decoder, conv_encoder

pytestmark = pytest.mark.once


def channels(network):
    return [layer.filters for layer in network.layers if isinstance(layer, keras.layers.Layer) and "conv" in layer.name]


@pytest.mark.parametrize("shape", [(8, 8, 1), (14, 14, 3), (28, 28, 1)])
def test_the_smallest_networks_fit_each_other(shape):
    encoder, decoder = conv_encoder(shape, 1, 1, 1), conv_decoder(shape, 1, 1, 1)
    assert encoder.input_shape == decoder.output_shape == (None, *shape)
    assert encoder.output_shape == [(None, 1), (None, 1)]
    assert conv_encoder(shape, 1, 1, 1, heads=["latents"]).output_shape == (None, 1)


def test_the_decoder_mirrors_the_encoder():
    assert channels(conv_encoder((64, 64, 3), 2, 5, 4)) == [2, 4, 8, 16]
    assert channels(conv_decoder((64, 64, 3), 2, 5, 4)) == [8, 4, 2, 3]


def test_the_decoder_ends_without_an_activation():
    last = conv_decoder((8, 8, 1), 1, 1, 1).layers[-1]
    assert keras.activations.serialize(last.activation) == "linear"


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: conv_encoder((30, 30, 1), 1, 1, 1), "30x30 does not suit a convolutional encoder.*28 or 32"),
        (lambda: conv_decoder((2,), 1, 1, 1), r"a convolutional decoder takes images .* \(2,\)"),
    ],
)
def test_shapes_that_are_not_supported_are_refused(make, words):
    with pytest.raises(UsageError, match=words):
        make()
