import keras
import numpy as np
import pytest

from kerasgen.errors import UsageError
from kerasgen.layers import BatchNormalization, InstanceNormalization
from kerasgen.networks.blocks import NORMALIZATIONS, UPSAMPLINGS, convolution, normal_initializer, normalize, upsample

pytestmark = pytest.mark.once


def test_kernels_and_scales_have_a_standard_deviation_of_0_02():
    keras.utils.set_random_seed(0)
    layer = convolution(64, 4)
    layer.build((None, 8, 8, 64))
    kernel = layer.get_weights()[0]
    assert kernel.std() == pytest.approx(0.02, rel=0.02)
    assert kernel.mean() == pytest.approx(0.0, abs=1e-3)
    assert np.mean(keras.ops.convert_to_numpy(normal_initializer(1.0)((1000,)))) == pytest.approx(1.0, abs=0.01)


@pytest.mark.parametrize("name", UPSAMPLINGS)
def test_both_upsamplings_double_the_sides(name):
    assert upsample(keras.Input((3, 5, 2)), 7, 4, name).shape == (None, 6, 10, 7)


def test_a_resized_constant_has_no_checkerboard():
    x = keras.Input((4, 4, 1))
    network = keras.Model(x, upsample(x, 1, 4, "resize"))
    network.set_weights([np.random.default_rng(0).random((3, 3, 1, 1)), np.zeros(1)])
    inner = keras.ops.convert_to_numpy(network(np.ones((1, 4, 4, 1), "float32")))[0, 1:-1, 1:-1]
    np.testing.assert_allclose(inner, inner[0, 0, 0], rtol=1e-5)


def test_normalizations_by_name():
    x = keras.Input((2, 2, 3))
    assert normalize(x, "none") is x
    for name, kind in (("instance", InstanceNormalization), ("batch", BatchNormalization)):
        assert isinstance(keras.Model(x, normalize(x, name)).layers[-1], kind)
    assert set(NORMALIZATIONS) == {"instance", "batch", "none"}


def test_unknown_names_are_refused():
    x = keras.Input((2, 2, 3))
    with pytest.raises(UsageError, match="unknown normalization 'bath'; did you mean batch"):
        normalize(x, "bath")
    with pytest.raises(UsageError, match="unknown upsampling 'resized'; did you mean resize"):
        upsample(x, 1, 4, "resized")
