import numpy as np
import pytest

from kerasgen.layers import CORRUPTIONS
from tests.tensors import array, tensor

NOISE = np.random.default_rng(0).standard_normal((100, 20, 20, 1))


def corrupt(name, factor, images=None):
    images = np.full(NOISE.shape, 0.5) if images is None else images
    return array(CORRUPTIONS[name](tensor(images), tensor(NOISE), factor))


def test_gaussian_noise_has_the_standard_deviation():
    images = np.random.default_rng(1).random(NOISE.shape)
    np.testing.assert_allclose(corrupt("gaussian", 0.3, images), images + 0.3 * NOISE, atol=1e-5)


@pytest.mark.parametrize("factor", [0.0, 0.25, 1.0])
def test_masking_sets_the_fraction_to_zero(factor):
    masked = corrupt("masking", factor)
    assert set(np.unique(masked)) <= {0.0, 0.5}
    assert (masked == 0).mean() == pytest.approx(factor, abs=0.01)


@pytest.mark.parametrize("factor", [0.0, 0.3, 1.0])
def test_salt_and_pepper_set_half_of_the_fraction_each(factor):
    corrupted = corrupt("salt_and_pepper", factor)
    assert set(np.unique(corrupted)) <= {0.0, 0.5, 1.0}
    for value in (0.0, 1.0):
        assert (corrupted == value).mean() == pytest.approx(factor / 2, abs=0.01)
