import keras
import numpy as np
import pytest

import kerasgen
from kerasgen.errors import UsageError
from tests.models.autoregressive_case import AutoregressiveCase, randomize


class TestPixelCNN(AutoregressiveCase):
    recipe = "pixelcnn"
    options = {"width": 4, "blocks": 2, "head": 6, "kernel": 3, "first_kernel": 5}
    scale = 0.7


@pytest.mark.slow
@pytest.mark.parametrize("shape", [(6, 7, 1), (5, 6)])
def test_a_pixel_depends_on_exactly_the_pixels_before_it(shape):
    model = kerasgen.create("pixelcnn", sample_shape=shape, width=16, blocks=5, first_kernel=7, head=8, levels=3)
    randomize(model, scale=0.3)
    size = shape[0] * shape[1]
    levels = np.random.default_rng(0).integers(0, 2, (size, *shape)).astype("float32")
    levels[:] = levels[:1]
    changed = levels.reshape(size, size).copy()
    changed[np.arange(size), np.arange(size)] += 1

    def logits(x):
        return keras.ops.convert_to_numpy(model.logits(keras.ops.convert_to_tensor(x), None)).reshape(size, size, 3)

    changes = np.abs(logits(changed.reshape(levels.shape)) - logits(levels)).max(axis=-1)
    assert not changes[np.tril_indices(size)].any()  # of the pixel itself and of earlier ones, not even a rounding
    assert (changes[np.triu_indices(size, 1)] > 0).all()  # no blind spot


def test_complete_keeps_the_first_rows_and_draws_the_others():
    model = randomize(kerasgen.create("pixelcnn", image_size=6, **TestPixelCNN.options), scale=0.5)
    images = (np.random.default_rng(0).random((5, 6, 6, 1)) > 0.5).astype("float32")
    completed = model.complete(images, seed=1)
    np.testing.assert_array_equal(completed[:, :3], images[:, :3])
    assert (completed[:, 3:] != images[:, 3:]).any()
    np.testing.assert_array_equal(completed[:2], model.complete(images[:2], seed=1))
    np.testing.assert_array_equal(model.complete(images, rows=6, seed=1), images)
    np.testing.assert_array_equal(model.complete(images, rows=0, seed=1), model.generate(5, seed=1))
    with pytest.raises(UsageError, match="rows is 7; it must be from 0 to 6"):
        model.complete(images, rows=7)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (
            {"channels": 3},
            r"grey images \(H, W, 1\) or codes \(H, W\); received samples \(28, 28, 3\): use made",
        ),
        ({"kernel": 4}, "kernel is 4; a PixelCNN has kernels of odd width, such as 5"),
        ({"blocks": 1000}, "is at most 64"),
    ],
)
def test_wrong_options(options, says):
    with pytest.raises(UsageError, match=says):
        kerasgen.create("pixelcnn", **options)


def test_networks_of_other_channels_are_refused():
    networks = kerasgen.networks.pixelcnn_networks((4, 4), 1, 1, width=2, blocks=1)
    with pytest.raises(UsageError, match="4 levels need 1 input channels and 4 output channels"):
        kerasgen.models.PixelCNN(*networks, levels=4)
