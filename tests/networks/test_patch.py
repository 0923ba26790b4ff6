import keras
import numpy as np
import pytest

from kerasgen import backend
from kerasgen.errors import UsageError
from kerasgen.networks import patch_discriminator


@pytest.mark.parametrize(
    ("field", "side"), [(1, 1), (16, 16), (34, 34), (70, 70), ("image", 127)]
)  # no logit is in the very middle
def test_a_receptive_field_has_the_size_of_its_name(field, side):
    """The gradient of a logit near the middle shows the pixels that it depends on."""
    size = 128
    network = patch_discriminator((size, size, 1), width=1, receptive_field=field, normalization="none")
    for variable in network.trainable_variables:  # positive weights: no gradient can cancel another
        variable.assign(keras.ops.full(variable.shape, 0.1))
    images = keras.ops.convert_to_tensor(np.ones((1, size, size, 1), "float32"))
    middle = network.output_shape[1] // 2
    gradient = backend.input_gradient(lambda x: network(x)[:, middle, middle], images)
    seen = np.abs(keras.ops.convert_to_numpy(gradient))[0, :, :, 0] > 0
    rows, columns = np.flatnonzero(seen.any(1)), np.flatnonzero(seen.any(0))
    assert len(rows) == len(columns) == side
    assert rows[-1] - rows[0] + 1 == len(rows)


@pytest.mark.once
@pytest.mark.parametrize(("size", "logits"), [(256, 30), (128, 14), (64, 6)])
def test_the_number_of_patches_is_that_of_the_authors_code(size, logits):
    network = patch_discriminator((size, size, 3), width=1, conditional=True)
    assert network.output_shape == (None, logits, logits, 1)


@pytest.mark.once
@pytest.mark.parametrize(("field", "side"), [(1, 1), (16, 6), ("16", 6), (34, 12), (70, 24), (142, 48)])
def test_the_smallest_images_of_each_receptive_field(field, side):
    network = patch_discriminator((side, side, 1), width=1, receptive_field=field)
    assert network.output_shape == (None, 1, 1, 1)
    if side > 1:
        with pytest.raises(UsageError, match=f"needs images of {side} pixels or more on a side; received"):
            patch_discriminator((side - 1, side, 1), width=1, receptive_field=field)


def test_the_images_are_the_first_input_and_the_source_has_the_first_rows_of_the_kernel():
    network = patch_discriminator((4, 4, 2), width=1, receptive_field=1, normalization="none", conditional=True)
    assert [tensor.name for tensor in network.inputs] == ["images", "source"]
    _, bias, middle, last, last_bias = network.get_weights()
    network.set_weights(
        [np.array([1, 10, 100, 1000.0]).reshape(1, 1, 4, 1), bias, middle * 0 + 1, last * 0 + 1, last_bias]
    )
    images, source = np.full((1, 4, 4, 2), 2.0, "float32"), np.full((1, 4, 4, 2), 3.0, "float32")
    logits = keras.ops.convert_to_numpy(network([images, source]))
    np.testing.assert_allclose(logits, 2 * (3 * 11 + 2 * 1100), rtol=1e-5)  # two channels follow, both ones


@pytest.mark.once
@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"receptive_field": 17}, "unknown receptive field 17; known: 1, 16, 34, 70"),
        ({"receptive_field": "whole"}, "unknown receptive field 'whole'; known: .* or image"),
        ({"image_shape": (16, 16, 1)}, "patches of 70x70 needs images of 24 pixels .* received 16x16: .*field=34"),
        ({"image_shape": (2,)}, r"a PatchGAN discriminator takes images \(H, W, C\); received samples of shape \(2,\)"),
        ({"normalization": "bath"}, "did you mean batch"),
    ],
)
def test_arguments_that_are_not_supported_are_refused(options, words):
    with pytest.raises(UsageError, match=words):
        patch_discriminator(**{"image_shape": (64, 64, 1), "width": 1} | options)
