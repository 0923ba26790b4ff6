import pytest

from kerasgen.errors import UsageError
from kerasgen.networks import unet_generator

pytestmark = pytest.mark.once


def dropout_layers(network):
    return [layer for layer in network.layers if "dropout" in layer.name]


@pytest.mark.parametrize("shape", [(8, 8, 1), (8, 16, 3)])
@pytest.mark.parametrize("options", [{}, {"upsampling": "resize", "normalization": "none"}, {"normalization": "batch"}])
def test_the_smallest_network(shape, options):
    network = unet_generator(shape, width=1, **options)
    assert network.input_shape[0] == network.output_shape == (None, *shape)


def test_a_network_without_dropout_has_no_noise_input():
    network = unet_generator((8, 8, 1), width=1, dropout=0)
    assert network.input_shape == (None, 8, 8, 1)
    assert not dropout_layers(network)


def test_each_dropout_layer_has_noise_of_its_own():
    network = unet_generator((64, 64, 1), width=1)
    starts, end = [layer.start for layer in dropout_layers(network)], 0
    for layer, start in zip(dropout_layers(network), starts):
        assert start == end
        end += layer.output.shape[1] * layer.output.shape[2] * layer.output.shape[3]
    assert network.input_shape[1] == (None, end)
    assert len(starts) == 3


def test_the_unet_of_256_is_that_of_the_paper():
    unet = unet_generator((256, 256, 3))
    convolutions = [layer for layer in unet.layers if "conv" in layer.name]
    assert [layer.filters for layer in convolutions] == [64, 128, 256, *[512] * 5, *[512] * 4, 256, 128, 64, 3]
    assert unet.count_params() == pytest.approx(54.4e6, rel=0.001)  # of the authors' code
    assert [each.output.shape[1:] for each in dropout_layers(unet)] == [(2, 2, 512), (4, 4, 512), (8, 8, 512)]
    assert unet.input_shape[1] == (None, (4 + 16 + 64) * 512)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"image_shape": (100, 100, 1)}, "image size 100x100 does not suit a U-Net: .* such as 128"),
        ({"image_shape": (4, 4, 1)}, "such as 8"),
        ({"image_shape": (8, 12, 1)}, "image size 8x12"),
        ({"image_shape": (2,)}, r"a U-Net takes images \(H, W, C\); received samples of shape \(2,\)"),
        ({"dropout": 1.0}, "dropout is 1.0; it is a probability, 0 or more and below 1"),
        ({"dropout": -0.1}, "dropout is -0.1"),
        ({"normalization": "bath"}, "did you mean batch"),
        ({"upsampling": "resized"}, "did you mean resize"),
    ],
)
def test_arguments_that_are_not_supported_are_refused(options, words):
    with pytest.raises(UsageError, match=words):
        unet_generator(**{"image_shape": (8, 8, 1), "width": 1} | options)
