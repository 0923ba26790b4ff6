import pytest

from kerasgen.errors import UsageError
from kerasgen.networks import denoising_decoder, denoising_encoder, denoising_unet

pytestmark = pytest.mark.once


@pytest.mark.parametrize("side", [2, 3, 4, 5, 7, 9, 28, 31, 32])
def test_any_side_is_halved_and_restored(side):
    widths = [1] * (side.bit_length() - 1)
    encoder = denoising_encoder((side, side, 3), widths, 1, 1)
    decoder = denoising_decoder((side, side, 3), widths, 1, 1)
    assert encoder.output_shape == (None, 1)
    assert encoder.input_shape == decoder.output_shape == (None, side, side, 3)


def test_the_sides_of_mnist_are_those_of_the_classic_network():
    shapes = lambda network: [each.output.shape[1:] for each in network.layers if "conv" in each.name]  # noqa: E731
    assert shapes(denoising_encoder((28, 28, 1), [8, 16, 32], 128, 4)) == [(14, 14, 8), (7, 7, 16), (3, 3, 32)]
    assert shapes(denoising_decoder((28, 28, 1), [8, 16, 32], 128, 4)) == [(7, 7, 16), (14, 14, 8), (28, 28, 1)]


@pytest.mark.parametrize("make", [denoising_encoder, denoising_decoder])
@pytest.mark.parametrize(
    ("shape", "words"),
    [
        ((7, 7, 1), "image size 7x7 does not suit a denoising autoencoder: it halves the side 3 times .* 8 or more"),
        ((28, 32, 1), "image size 28x32 .* square images"),
        ((2,), r"a denoising autoencoder takes images \(H, W, C\); received samples of shape \(2,\)"),
    ],
)
def test_shapes_that_are_not_supported_are_refused(make, shape, words):
    with pytest.raises(UsageError, match=words):
        make(shape, [1, 1, 1], 1, 1)


@pytest.mark.parametrize("shape", [(28, 28, 1), (15, 9, 3), (5, 5, 1)])
def test_the_unet_keeps_the_shape_of_the_images(shape):
    network = denoising_unet(shape, [2, 3, 4])
    assert network.output_shape == (None, *shape)
    kinds = [type(layer).__name__ for layer in network.layers]
    assert kinds.count("Conv2D") == 3 * 2 + 2 * 2 + 2 + 1  # levels, way up, halvings, last
    assert kinds.count("Concatenate") == 2
