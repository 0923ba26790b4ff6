"""The U-Net and the MLP of diffusion models."""

import numpy as np
import pytest

from kerasgen import networks
from kerasgen.errors import UsageError
from tests.tensors import array, tensor


@pytest.mark.once
@pytest.mark.parametrize(("shape", "patch"), [((28, 28, 1), 2), ((8, 12, 3), 1), ((4, 4, 1), 4)])
def test_sides_that_halve_twice(shape, patch):
    network = networks.diffusion_unet(shape, width=8, patch=patch, num_classes=3)
    assert [each[1:] for each in network.input_shape] == [shape, (), ()]
    assert network.output_shape[1:] == shape
    assert not [layer for layer in network.layers if "transpose" in type(layer).__name__.lower()]


@pytest.mark.once
def test_arguments_that_do_not_fit():
    for shape, says in (((30, 30, 1), "--image-size 32"), ((28, 28), "takes images"), ((6, 4, 1), "halve twice")):
        with pytest.raises(UsageError, match=says):
            networks.diffusion_unet(shape)
    with pytest.raises(UsageError, match="patch size"):
        networks.diffusion_unet((8, 8, 1), patch=3)
    with pytest.raises(UsageError, match="takes points"):
        networks.diffusion_mlp((8, 8, 1))


def test_patches_keep_neighbouring_pixels_together_and_come_back():
    from kerasgen.networks.diffusion import _from_patches, _to_patches

    images = np.arange(2 * 4 * 6 * 3, dtype="float32").reshape(2, 4, 6, 3)
    patches = _to_patches(tensor(images), 2)
    np.testing.assert_array_equal(array(patches)[1, 1, 2], images[1, 2:4, 4:6].ravel())
    np.testing.assert_array_equal(array(_from_patches(patches, 2, (4, 6, 3))), images)


@pytest.mark.slow
@pytest.mark.parametrize("patch", [1, 2])
def test_outputs_depend_on_the_time_the_class_and_the_example_alone(patch):
    network = networks.diffusion_unet((8, 8, 1), width=4, patch=patch, num_classes=2)
    rng = np.random.default_rng(0)
    network.set_weights([rng.normal(0, 0.3, weight.shape) for weight in network.get_weights()])
    images = np.repeat(rng.normal(size=(1, 8, 8, 1)), 4, axis=0).astype("float32")
    times, labels = np.array([0.1, 0.1, 0.9, 0.1], "float32"), np.array([0, 0, 0, 2], "int32")
    outputs = array(network([tensor(images), tensor(times), tensor(labels)]))
    np.testing.assert_allclose(outputs[0], outputs[1], atol=1e-6)
    assert np.abs(outputs[0] - outputs[2]).max() > 1e-3
    assert np.abs(outputs[0] - outputs[3]).max() > 1e-3
