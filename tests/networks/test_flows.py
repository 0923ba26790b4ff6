"""Networks of flows: identities at the start, at scales that fit the image."""

import numpy as np
import pytest

from kerasgen import networks
from kerasgen.errors import UsageError
from tests.tensors import array, tensor

pytestmark = pytest.mark.once


@pytest.mark.parametrize("transform", ["affine", "spline"])
def test_a_flow_is_the_identity_at_the_start(transform):
    x = np.random.default_rng(0).standard_normal((3, 5)).astype("float32")
    latents, log_det = networks.dense_flow((5,), 3, [4], transform, bins=3).forward(tensor(x))
    np.testing.assert_allclose(array(latents), x, atol=1e-5)
    np.testing.assert_allclose(array(log_det), np.zeros(3), atol=1e-4)


@pytest.mark.parametrize(
    ("shape", "scales"), [((28, 28, 1), 3), ((7, 7, 1), 1), ((8, 8, 3), 3), ((6, 4, 1), 2), ((1, 1, 1), 1)]
)
def test_the_number_of_scales_fits_the_image(shape, scales):
    flow, found = networks.conv_flow(shape, couplings=1, width=2), 1
    assert flow.latent_dim == np.prod(shape)
    while flow.rest is not None:
        flow, found = flow.rest, found + 1
    assert found == scales


def test_points_have_no_convolutions():
    with pytest.raises(UsageError, match="a convolutional flow takes images"):
        networks.conv_flow((2,), couplings=1, width=2)
