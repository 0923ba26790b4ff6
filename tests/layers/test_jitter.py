import numpy as np
from scipy.stats import norm

from kerasgen.layers import jittered
from kerasgen.layers.jitter import normal_cdf
from tests.tensors import array, tensor


def test_the_distribution_function_is_that_of_scipy():
    x = np.linspace(-6, 6, 101)
    np.testing.assert_allclose(array(normal_cdf(tensor(x))), norm.cdf(x), atol=1e-6)


def test_jitter_enlarges_crops_and_mirrors_both_images_of_a_pair_alike():
    size = 64
    ramp = np.broadcast_to(np.arange(size, dtype="float32")[None, :, None], (size, size, 1))
    images = np.stack([ramp] * 200)
    noise = np.random.default_rng(0).standard_normal((200, 3))
    outputs = array(jittered(tensor(images), tensor(noise)))
    np.testing.assert_allclose(outputs, outputs[:, :1].repeat(size, axis=1), atol=1e-4)  # columns stay columns
    steps = np.diff(outputs[:, 0, :, 0], axis=1)[:, 10:-10]  # away from the borders, which repeat
    mirrored = steps[:, 0] < 0
    np.testing.assert_allclose(np.abs(steps), size / 72, atol=1e-4)  # 64 * 286 / 256 = 71.5
    assert 70 < mirrored.sum() < 130
    begins = np.where(mirrored, outputs[:, 0, -1, 0], outputs[:, 0, 0, 0])
    assert len(np.unique(begins.round(3))) == 9  # the places where 64 of 72 pixels can begin
    down = np.swapaxes(images, 1, 2)
    rows = array(jittered(tensor(down), tensor(noise)))[:, :, 0, 0]
    assert (np.diff(rows, axis=1) >= -1e-4).all()  # never upside down


def test_the_same_noise_gives_the_same_jitter_and_the_centre_crop_is_exact():
    images = np.random.default_rng(0).random((2, 8, 8, 3))
    noise = np.zeros((2, 3))  # position 1/2 of both crops, not mirrored
    outputs = array(jittered(tensor(images), tensor(noise)))
    # 8 * 286 / 256 = 8.9 pixels, rounded to 9: two places, of which 1/2 is the second
    places = np.clip((np.arange(9) + 0.5) * 8 / 9 - 0.5, 0, 7)[1:]
    matrix = np.maximum(0, 1 - np.abs(places[:, None] - np.arange(8)))
    expected = np.einsum("yi,xj,nijc->nyxc", matrix, matrix, images)
    np.testing.assert_allclose(outputs, expected, atol=1e-5)
    mirrored = array(jittered(tensor(images), tensor(np.array([[0, 0, -1.0]] * 2))))
    np.testing.assert_allclose(mirrored, expected[:, :, ::-1], atol=1e-5)
