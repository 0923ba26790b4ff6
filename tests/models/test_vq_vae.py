import keras
import numpy as np
import pytest

import kerasgen
from kerasgen.errors import DataError, UsageError
from tests.models.model_case import ModelCase, values


class TestVQVAE(ModelCase):
    recipe = "vq-vae"
    options = {"width": 3, "code_dim": 4, "num_codes": 6}
    logged = {"loss", "reconstruction_error", "mean_squared_error", "commitment", "perplexity", "codes_used"}
    players = {"model": ""}
    preview_places = (2, 3)

    def turn(self, model, player, batch):
        model.minimize(player, lambda: model.losses_and_codes(batch, training=True))

    def make(self, model, n, seed):
        return model.reconstruct(self.images(n, seed=seed))


class TestTrainedCodeBook(TestVQVAE):
    repeats_an_algorithm = True
    options = TestVQVAE.options | {"update": "loss", "restart": 0.0}


def test_perplexity_and_used_codes_are_those_of_all_images():
    keras.utils.set_random_seed(0)
    model = kerasgen.create("vq-vae", image_size=8, width=3, code_dim=4, num_codes=6)
    images = np.random.default_rng(0).random((30, 8, 8, 1), dtype="float32")
    model.fit(images, epochs=2, batch_size=10, verbose=0)
    shares = np.bincount(model.encode(images).ravel(), minlength=6) / (30 * 4)
    expected = np.exp(-(shares[shares > 0] * np.log(shares[shares > 0])).sum())
    for batch_size in (3, 30):
        logs = model.evaluate(images, batch_size=batch_size, verbose=0, return_dict=True)
        assert logs["perplexity"] == pytest.approx(expected, rel=1e-4)
        assert logs["codes_used"] == pytest.approx((shares > 0).mean())


@pytest.mark.slow
def test_codes_that_are_not_used_are_restarted():
    images = np.random.default_rng(0).random((32, 8, 8, 1), dtype="float32")
    used = {}
    for restart in (0.0, 0.1):
        keras.utils.set_random_seed(0)
        model = kerasgen.create("vq-vae", image_size=8, width=3, code_dim=4, num_codes=32, restart=restart)
        model.code_book.vectors.assign(np.full((32, 4), 100.0) + np.arange(32)[:, None])
        model.fit(images, epochs=4, batch_size=16, verbose=0)
        used[restart] = len(np.unique(model.encode(images)))
    assert used[0.0] == 1
    assert used[0.1] > 16


def test_the_moving_averages_are_those_of_the_paper():
    book = kerasgen.layers.CodeBook(2, 1, decay=0.5, restart=0.0)
    book.vectors.assign([[0.0], [10.0]])
    book.use.assign([4.0, 2.0])
    features = np.array([1.0, 2.0, 9.0], "float32").reshape(1, 1, 3, 1)
    book.move(keras.ops.convert_to_tensor(features), keras.ops.zeros((1, 3)))
    use, vectors = values([book.use, book.vectors])
    np.testing.assert_allclose(use, [0.5 * 4 + 0.5 * 2, 0.5 * 2 + 0.5 * 1])
    np.testing.assert_allclose(vectors[:, 0], [(0.5 * 3.0) / 3.0, (0.5 * 2 * 10 + 0.5 * 9) / 1.5], rtol=1e-6)


@pytest.mark.slow
def test_encode_and_decode_are_codes_and_images():
    model = kerasgen.create("vq-vae", sample_shape=(8, 12, 3), width=2, code_dim=3, num_codes=5)
    images = np.random.default_rng(0).integers(0, 256, (70, 8, 12, 3), dtype="uint8")
    codes = model.encode(images)
    assert codes.shape == (70, 2, 3)
    assert codes.dtype == np.int32
    np.testing.assert_array_equal(model.decode(codes), model.reconstruct(images))
    np.testing.assert_allclose(keras.ops.convert_to_numpy(model(images[:3])), model.reconstruct(images[:3]), atol=1e-5)
    for wrong in (codes + 5, codes - 5, codes / 2, codes[:, :1]):
        with pytest.raises(DataError, match=r"this model decodes \(N, 2, 3\) whole numbers from 0 to 4"):
            model.decode(wrong)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"image_size": 10}, "sides must be multiples of 4"),
        ({"num_codes": 1}, "is a whole number of 2 or more"),
        ({"num_codes": 10**6}, "is at most 4,096"),
        ({"update": "averages"}, "did you mean average"),
        ({"sample_shape": (5,)}, "a VQ-VAE takes images"),
    ],
)
def test_wrong_options(options, says):
    with pytest.raises(UsageError, match=says):
        kerasgen.create("vq-vae", **options)
