"""Flows at several scales."""

import json

import numpy as np
import pytest

from kerasgen import networks
from kerasgen.layers import Flow
from kerasgen.layers.flow import squeeze, unsqueeze
from tests.tensors import array, tensor


def test_a_squeeze_puts_each_block_into_one_pixel():
    x = np.arange(2 * 4 * 6 * 3).reshape(2, 4, 6, 3)
    squeezed = array(squeeze(tensor(x)))
    assert squeezed.shape == (2, 2, 3, 12)
    np.testing.assert_array_equal(squeezed[1, 0, 2], x[1, :2, 4:, :].ravel())
    np.testing.assert_array_equal(array(unsqueeze(tensor(squeezed))), x)


@pytest.mark.slow
def test_a_flow_of_three_scales_is_inverted_and_rebuilt_from_its_config():
    flow = networks.conv_flow((8, 16, 1), couplings=1, width=2, scales=3)
    assert flow.latent_dim == 128
    assert flow.rest.sample_shape == (4, 8, 2)
    assert flow.rest.rest.sample_shape == (2, 4, 4)
    rng = np.random.default_rng(0)
    flow.set_weights([0.1 * rng.standard_normal(weight.shape) for weight in flow.weights])
    x = rng.standard_normal((3, 8, 16, 1)).astype("float32")
    latents, log_det = flow.forward(tensor(x))
    assert (tuple(latents.shape), tuple(log_det.shape)) == ((3, 128), (3,))
    np.testing.assert_allclose(array(flow.inverse(latents)), x, atol=1e-4)
    again = Flow.from_config(json.loads(json.dumps(flow.get_config())))
    again.set_weights(flow.get_weights())
    np.testing.assert_array_equal(array(again.forward(tensor(x))[0]), array(latents))
