import keras
import numpy as np
import pytest

from kerasgen.errors import UsageError
from kerasgen.layers import BatchNormalization, GroupNormalization, MinibatchDiscrimination, SpectralNormalization
from kerasgen.networks import dcgan_discriminator, dcgan_generator

pytestmark = pytest.mark.once


@pytest.mark.parametrize("shape", [(8, 8, 1), (14, 14, 3), (28, 28, 1)])
@pytest.mark.parametrize("num_classes", [0, 2])
def test_the_smallest_networks_fit_each_other(shape, num_classes):
    generator = dcgan_generator(shape, 1, 1, num_classes)
    discriminator = dcgan_discriminator(shape, 1, num_classes=num_classes)
    assert generator.input_shape == ([(None, 1), (None,)] if num_classes else (None, 1))
    assert generator.output_shape == (None, *shape)
    assert discriminator.input_shape == ([(None, *shape), (None,)] if num_classes else (None, *shape))
    assert discriminator.output_shape == (None, 1)


def test_the_networks_of_64_have_the_layers_of_the_paper():
    generator, discriminator = dcgan_generator((64, 64, 3), 100, 128), dcgan_discriminator((64, 64, 3), 64)
    filters = [[each.filters for each in net.layers if hasattr(each, "filters")] for net in (generator, discriminator)]
    assert filters == [[512, 256, 128, 3], [64, 128, 256, 512]]  # figure 1 of the paper, after a projection to 1024
    assert generator.layers[1].units == 4 * 4 * 1024
    assert not any(isinstance(each, BatchNormalization) for each in discriminator.layers[:4])
    kernels = [weight for weight in generator.get_weights() if weight.ndim == 4]
    assert np.std(kernels[0]) == pytest.approx(0.02, rel=0.02)


def test_an_image_of_28_is_discriminated_on_4x4_features():
    shapes = [each.output.shape[1:3] for each in dcgan_discriminator((28, 28, 1), 1).layers if "conv" in each.name]
    assert shapes == [(14, 14), (7, 7), (4, 4)]


@pytest.mark.parametrize(("normalization", "kind"), [("batch", BatchNormalization), ("layer", GroupNormalization)])
def test_all_layers_but_the_first_are_normalized(normalization, kind):
    network = dcgan_discriminator((32, 32, 1), 1, normalization)
    assert sum(isinstance(each, kind) for each in network.layers) == 2


def test_layers_without_normalization_have_a_bias():
    network = dcgan_discriminator((32, 32, 1), 1, "none")
    assert all(each.use_bias for each in network.layers if hasattr(each, "filters"))


@pytest.mark.parametrize("normalization", ["batch", "layer", "none"])
def test_a_hidden_layer_is_next_to_the_latents_and_to_the_logit(normalization):
    generator = dcgan_generator((8, 8, 1), 2, 1, hidden_dim=3)
    discriminator = dcgan_discriminator((8, 8, 1), 1, normalization, hidden_dim=3)
    assert [each.units for each in generator.layers if hasattr(each, "units")] == [3, 4 * 4]
    assert [each.units for each in discriminator.layers if hasattr(each, "units")] == [3, 1]
    assert sum(isinstance(each, BatchNormalization) for each in generator.layers) == 2
    assert discriminator.layers[-2].output.shape == (None, 3)


def test_the_options_add_their_layers():
    network = dcgan_discriminator(
        (16, 16, 1), 1, "none", packing=2, minibatch_discrimination=True, spectral_normalization=True
    )
    assert network.input_shape == (None, 16, 16, 2)
    assert sum(isinstance(each, SpectralNormalization) for each in network.layers) == 3
    assert sum(isinstance(each, MinibatchDiscrimination) for each in network.layers) == 1


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: dcgan_generator((30, 30, 1), 1, 1), "image size 30x30 does not suit a DCGAN: .* such as 28 or 32"),
        (lambda: dcgan_discriminator((28, 32, 1), 1), "image size 28x32 does not suit a DCGAN: it needs square images"),
        (lambda: dcgan_generator((2,), 1, 1), r"a DCGAN takes images \(H, W, C\); received samples of shape \(2,\)"),
        (lambda: dcgan_discriminator((8, 8, 1), 1, "bach"), "unknown normalization 'bach'; did you mean batch"),
    ],
)
def test_arguments_that_are_not_supported_are_refused(make, words):
    with pytest.raises(UsageError, match=words):
        make()


def test_images_are_float32_under_mixed_precision():
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        assert dcgan_generator((8, 8, 1), 1, 1).output.dtype == "float32"
        assert dcgan_discriminator((8, 8, 1), 1).output.dtype == "float32"
    finally:
        keras.config.set_dtype_policy("float32")
