import keras
import pytest

from kerasgen.errors import UsageError
from kerasgen.networks import resnet_generator

pytestmark = pytest.mark.once


@pytest.mark.parametrize("shape", [(8, 8, 1), (8, 12, 3)])
@pytest.mark.parametrize("upsampling", ["transposed", "resize"])
def test_the_smallest_network(shape, upsampling):
    network = resnet_generator(shape, width=1, blocks=1, upsampling=upsampling)
    assert network.input_shape == network.output_shape == (None, *shape)


@pytest.mark.slow
@pytest.mark.parametrize(("size", "blocks", "parameters"), [(128, 6, 7.84e6), (256, 9, 11.38e6)])
def test_the_number_of_blocks_and_of_weights_is_that_of_the_authors_code(size, blocks, parameters):
    network = resnet_generator((size, size, 3))
    assert sum(isinstance(layer, keras.layers.Add) for layer in network.layers) == blocks
    assert network.count_params() == pytest.approx(parameters, rel=0.005)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"image_shape": (30, 30, 1)}, "image size 30x30 does not suit a ResNet generator: .* such as 32"),
        ({"image_shape": (4, 4, 1)}, "such as 8"),
        ({"image_shape": (2,)}, r"a ResNet generator takes images \(H, W, C\); received samples of shape \(2,\)"),
        ({"blocks": 0}, "blocks is 0; a ResNet generator has 1 or more"),
        ({"upsampling": "resized"}, "did you mean resize"),
    ],
)
def test_arguments_that_are_not_supported_are_refused(options, words):
    with pytest.raises(UsageError, match=words):
        resnet_generator(**{"image_shape": (8, 8, 1), "width": 1} | options)
