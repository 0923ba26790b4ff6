import keras
import numpy as np
import pytest

import kerasgen
from kerasgen.errors import DataError, UsageError
from kerasgen.models import Batch
from tests.models.model_case import ModelCase


class TestDenoiser(ModelCase):
    recipe = "denoising-unet"
    options = {"width": 2, "levels": 2}
    logged = {"loss", "mean_squared_error"}
    players = {"model": ""}
    preview_places = (3, 3)

    def turn(self, model, player, batch):
        batch = Batch(batch)
        noise = model.draw(batch)
        model.minimize(player, lambda: model.compute_losses(batch, noise, training=True))

    def make(self, model, n, seed):
        return model.denoise(self.images(n, seed))

    def test_each_image_has_noise_of_its_own_strength(self):
        model, images = self.model(options={"minimum_noise": 0.1, "maximum_noise": 0.5}), self.images(4)
        noise = self.noise_of(model, 4) | {"strength": np.array([0, 0.25, 0.5, 1], "float32")}
        strengths = np.array([0.1, 0.2, 0.3, 0.5], "float32").reshape(-1, 1, 1, 1)
        noisy = np.clip(images + strengths * noise["corruption"], 0, 1)
        logs = model.evaluate({"images": images, "noise": noise}, verbose=0, return_dict=True)
        p = model.denoise(noisy).astype("float64")
        entropy = -(images * np.log(p) + (1 - images) * np.log(1 - p)).sum() / len(images)
        assert logs["loss"] == pytest.approx(entropy, rel=1e-4)
        assert logs["mean_squared_error"] == pytest.approx(((p - images) ** 2).mean(), rel=1e-4)
        np.testing.assert_allclose(keras.ops.convert_to_numpy(model(noisy)), model.denoise(noisy), atol=1e-5)

    def test_corrupt_adds_noise_of_the_given_strength(self):
        model, images = self.model(), self.images(3)
        noise = model.draw_latents(3, model.sample_shape, seed=2)
        np.testing.assert_allclose(model.corrupt(images, 2), np.clip(images + 0.3 * noise, 0, 1), atol=1e-6)
        np.testing.assert_allclose(model.corrupt(images, 2, 0.1), np.clip(images + 0.1 * noise, 0, 1), atol=1e-6)
        np.testing.assert_array_equal(model.corrupt(images, 2, 0), images)

    @pytest.mark.slow
    @pytest.mark.once
    def test_it_takes_noise_of_different_strengths_away(self):
        keras.utils.set_random_seed(0)
        digits = kerasgen.data.load("digits", image_size=8)
        clean = digits.test[:] / np.float32(255)
        model = kerasgen.create(self.recipe, image_size=8, width=8, levels=2)
        model.fit(digits.train[:], batch_size=32, epochs=8, verbose=0)
        for strength in (0.3, 0.5):
            noisy = model.corrupt(clean, 0, strength)
            error, error_of_noise = (((x - clean) ** 2).mean() for x in (model.denoise(noisy), noisy))
            assert error < 0.6 * error_of_noise

    def test_the_picture_is_original_noisy_denoised(self):
        model, images = self.model(), self.images(20)
        rows = model.preview(images, n=64, seed=3)
        assert rows.shape == (3, 10, 8, 8, 1)
        np.testing.assert_array_equal(rows[0], images[:10])
        np.testing.assert_array_equal(rows[1], model.corrupt(images[:10], seed=3))
        np.testing.assert_array_equal(rows[2], model.denoise(rows[1]))
        with pytest.raises(UsageError, match="give some"):
            model.preview()

    def test_its_scores_are_of_denoised_images(self):
        digits = kerasgen.data.load("digits", image_size=8)
        scores = kerasgen.evaluation.evaluate(self.model(), digits, samples=20)
        assert [score.name for score in scores] == ["MSE", "PSNR", "SSIM"]
        assert all("20 denoised test images" in score.estimator for score in scores)

    @pytest.mark.parametrize(
        ("options", "says"),
        [
            ({"minimum_noise": 0.5, "maximum_noise": 0.4}, "with the first at most the second"),
            ({"noise_factor": -1}, "noise_factor"),
            ({"levels": 5}, "image size 8x8 does not suit a denoising U-Net of 5 levels: it needs sides of 16 or more"),
        ],
    )
    def test_what_cannot_be_made_is_refused(self, options, says):
        with pytest.raises(UsageError, match=says):
            self.model(options=options)

    def test_networks_that_do_not_fit_are_refused(self):
        images = keras.Input((8, 8, 1))
        smaller = keras.Model(images, keras.layers.Conv2D(1, 3)(images))
        with pytest.raises(UsageError, match="the network takes"):
            kerasgen.models.Denoiser(smaller)
        ends = keras.Model(images, keras.layers.Conv2D(1, 1, activation="sigmoid")(images))
        with pytest.raises(UsageError, match="without an activation"):
            kerasgen.models.Denoiser(ends)
        with pytest.raises(DataError, match=r"takes \(N, 8, 8, 1\)"):
            self.model().denoise(np.zeros((2, 9, 9, 1), "float32"))
