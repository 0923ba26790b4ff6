import keras
import numpy as np
import pytest

import kerasgen
from kerasgen import zoo
from kerasgen.errors import DataError, UsageError
from kerasgen.models import Batch
from tests.models.model_case import ModelCase, values


class AutoencoderCase(ModelCase):
    logged = {"loss", "mean_squared_error"}
    players = {"model": ""}
    preview_places = (2, 3)
    learning_rates = {"adam": 1e-3, "rmsprop": 1e-3, "adadelta": 1.0}

    def turn(self, model, player, batch):
        batch = Batch(batch)
        noise = model.draw(batch)
        model.minimize(player, lambda: model.compute_losses(batch, noise, training=True))

    def make(self, model, n, seed):
        return model.reconstruct(self.images(n, seed))

    def test_encode_decode_reconstruct(self):
        model, images = self.model(), self.images(5)
        latents = model.encode(images)
        assert latents.shape == (5, self.options["latent_dim"])
        np.testing.assert_allclose(model.decode(latents), model.reconstruct(images), atol=1e-6)
        np.testing.assert_allclose(keras.ops.convert_to_numpy(model(images)), model.reconstruct(images), atol=1e-5)
        np.testing.assert_allclose(model.encode((images * 255).astype("uint8")), latents, atol=0.05)

    def test_interpolate_starts_and_ends_at_the_reconstructions(self):
        model, images = self.model(), self.images(6)
        way = model.interpolate(images[:3], images[3:], steps=4)
        assert way.shape == (3, 4, *model.sample_shape)
        np.testing.assert_allclose(way[:, 0], model.reconstruct(images[:3]), atol=1e-5)
        np.testing.assert_allclose(way[:, -1], model.reconstruct(images[3:]), atol=1e-5)

    @pytest.mark.once
    @pytest.mark.parametrize("optimizer", ["adam", "rmsprop", "adadelta"])
    def test_each_optimizer_learns_at_its_own_rate(self, optimizer):
        keras.utils.set_random_seed(0)
        images = kerasgen.data.load("digits", image_size=self.image_size).train[:400]
        model = kerasgen.create(self.recipe, image_size=self.image_size, optimizer=optimizer, **self.options)
        assert type(model.optimizer).__name__.lower() == optimizer
        assert float(model.optimizer.learning_rate) == pytest.approx(self.learning_rates[optimizer])
        losses = self.fit(model, images, epochs=10).history["mean_squared_error"]
        assert losses[-1] < 0.75 * losses[0]

    @pytest.mark.parametrize(
        ("options", "says"),
        [
            ({"loss": "binary_crossentropi"}, "did you mean binary_crossentropy"),
            ({"optimizer": "adamm"}, "did you mean adam"),
            ({"latent_dim": 0}, "latent_dim"),
        ],
    )
    def test_wrong_options(self, options, says):
        with pytest.raises(UsageError, match=says):
            kerasgen.create(self.recipe, **options)

    def test_a_picture_needs_images(self):
        with pytest.raises(UsageError, match="give some"):
            self.model().preview(n=9)
        assert self.model().preview(self.images(1), n=64).shape[1:] == (1, *self.model().sample_shape)


@pytest.mark.once  # on the other backends its step is that of the parity tests
class TestAutoencoder(AutoencoderCase):
    repeats_an_algorithm = True  # of the denoising one, which inherits its step
    recipe = "autoencoder"
    options = {"hidden_dim": 12, "latent_dim": 3}

    def test_the_loss_is_the_cross_entropy_of_an_image_and_the_error_that_of_a_pixel(self):
        model, images = self.model(), self.images()
        p = model.reconstruct(images).astype("float64")
        logs = model.evaluate(images, batch_size=24, verbose=0, return_dict=True)
        entropy = -(images * np.log(p) + (1 - images) * np.log(1 - p)).sum() / len(images)
        assert logs["loss"] == pytest.approx(entropy, rel=1e-4)
        assert logs["mean_squared_error"] == pytest.approx(((p - images) ** 2).mean(), rel=1e-4)

    def test_the_squared_error_takes_data_of_any_range(self):
        keras.utils.set_random_seed(0)
        model = zoo.get("autoencoder").create((5,), loss="mean_squared_error", **self.options)
        points = 10 * np.random.default_rng(0).random((64, 5), dtype="float32") - 5
        history = self.fit(model, points, epochs=10).history
        assert history["loss"] == history["mean_squared_error"]
        assert history["loss"][-1] < history["loss"][0]
        assert model.reconstruct(points).min() < 0

    def test_the_picture_has_originals_above_reconstructions(self):
        model, images = self.model(), self.images(24)
        rows = model.preview(images, n=20)
        assert rows.shape == (4, 4, 8, 8, 1)
        shown = rows.reshape(2, 2, 4, 8, 8, 1)
        np.testing.assert_array_equal(shown[:, 0].reshape(8, 8, 8, 1), images[:8])
        np.testing.assert_array_equal(shown[:, 1].reshape(8, 8, 8, 1), model.reconstruct(images[:8]))


@pytest.mark.once  # on the other backends its step is that of the parity tests
class TestConvolutionalAutoencoder(AutoencoderCase):
    repeats_an_algorithm = True
    recipe = "autoencoder-conv"
    options = {"width": 2, "hidden_dim": 8, "latent_dim": 3}


class TestDenoisingAutoencoder(AutoencoderCase):
    recipe = "denoising-autoencoder"
    options = {"width": 2, "hidden_dim": 8, "latent_dim": 3}
    preview_places = (3, 3)
    learning_rates = {"adam": 3e-3, "rmsprop": 3e-3, "adadelta": 1.0}

    def test_the_input_is_corrupted_and_the_target_clean_in_training_and_validation(self):
        model, images = self.model(), self.images(8)
        noise = model.draw_latents(8, model.sample_shape, seed=0)
        expected = np.clip(images + 0.3 * noise, 0, 1)
        np.testing.assert_allclose(model.corrupt(images, seed=0), expected, atol=1e-6)
        logs = model.evaluate({"images": images, "noise": {"corruption": noise}}, verbose=0, return_dict=True)
        error = ((model.denoise(expected) - images) ** 2).mean()
        assert logs["mean_squared_error"] == pytest.approx(error, rel=1e-3)
        drawn = [model.evaluate(images, verbose=0, return_dict=True)["loss"] for _ in range(2)]
        assert len({logs["loss"], *drawn}) == 3  # noise of its own each time

    @pytest.mark.parametrize("loss", ["binary_crossentropy", "mean_squared_error"])
    def test_the_decoder_makes_logits_for_either_loss(self, loss):
        model = kerasgen.create(self.recipe, image_size=8, loss=loss, **self.options)
        data = {"images": self.images(8), "noise": {"corruption": np.zeros((8, 8, 8, 1), "float32")}}
        p = model.denoise(self.images(8)).astype("float64")
        assert 0 < p.min() < p.max() < 1
        with pytest.raises(DataError, match="this model takes floats in"):
            model.denoise(2 * self.images(8))
        logs = model.evaluate(data, verbose=0, return_dict=True)
        expected = {
            "binary_crossentropy": -(data["images"] * np.log(p) + (1 - data["images"]) * np.log(1 - p)).sum() / 8,
            "mean_squared_error": ((p - data["images"]) ** 2).mean(),
        }
        assert logs["loss"] == pytest.approx(expected[loss], rel=1e-4)
        assert logs["mean_squared_error"] == pytest.approx(expected["mean_squared_error"], rel=1e-4)

    @pytest.mark.parametrize("noise", ["gaussian", "masking", "salt_and_pepper"])
    def test_a_kind_of_noise_does_what_it_says(self, noise):
        model = kerasgen.create(self.recipe, noise=noise, noise_factor=0.4, **self.options)
        images = np.full((50, 28, 28, 1), 0.5, "float32")
        noisy = model.corrupt(images, seed=1)
        shares = [(noisy == value).mean() for value in (0.0, 0.5, 1.0)]
        at_the_ends = 0.1056  # P(0.4 z > 0.5)
        expected = {
            "gaussian": [at_the_ends, 0.0, at_the_ends],
            "masking": [0.4, 0.6, 0.0],
            "salt_and_pepper": [0.2, 0.6, 0.2],
        }
        np.testing.assert_allclose(shares, expected[noise], atol=0.01)
        np.testing.assert_array_equal(noisy, model.corrupt(images, seed=1))
        assert not np.array_equal(noisy, model.corrupt(images, seed=2))
        assert noisy.dtype == np.float32

    @pytest.mark.parametrize("noise", ["gaussian", "masking", "salt_and_pepper"])
    def test_the_ends_of_the_noise_factor(self, noise):
        images = np.full((2, 8, 8, 1), 0.5, "float32")
        none = kerasgen.create(self.recipe, image_size=8, noise=noise, noise_factor=0.0, **self.options)
        np.testing.assert_array_equal(none.corrupt(images, seed=0), images)
        if noise != "gaussian":
            all_of_it = kerasgen.create(self.recipe, image_size=8, noise=noise, noise_factor=1.0, **self.options)
            assert not (all_of_it.corrupt(images, seed=0) == 0.5).any()

    @pytest.mark.slow
    def test_it_takes_noise_away(self):
        keras.utils.set_random_seed(0)
        digits = kerasgen.data.load("digits", image_size=14)
        clean = digits.test[:] / np.float32(255)
        model = kerasgen.create(self.recipe, image_size=14, latent_dim=16)
        model.fit(digits.train[:], batch_size=32, epochs=8, verbose=0)
        noisy = model.corrupt(clean, seed=0)
        assert ((model.denoise(noisy) - clean) ** 2).mean() < 0.6 * ((noisy - clean) ** 2).mean()

    def test_the_picture_is_original_noisy_denoised_with_the_same_noise_each_time(self):
        model, images = self.model(), self.images(20)
        rows = model.preview(images, n=64, seed=3)
        assert rows.shape == (3, 10, 8, 8, 1)
        np.testing.assert_array_equal(rows[0], images[:10])
        np.testing.assert_array_equal(rows[1], model.corrupt(images[:10], seed=3))
        np.testing.assert_array_equal(rows[2], model.denoise(rows[1]))
        self.fit(model)
        np.testing.assert_array_equal(model.preview(images, n=64, seed=3)[:2], rows[:2])

    def test_images_of_another_size_are_refused(self):
        with pytest.raises(DataError, match=r"takes \(N, 8, 8, 1\)"):
            self.model().denoise(np.zeros((2, 9, 9, 1), "float32"))

    @pytest.mark.parametrize(
        ("options", "says"),
        [
            ({"noise": "gausian"}, "did you mean gaussian"),
            ({"noise_factor": -0.1}, "noise_factor"),
            ({"noise": "masking", "noise_factor": 1.5}, "a fraction of the values, at most 1"),
            ({"image_size": 7}, "image size 7x7 does not suit a denoising autoencoder: it halves the side 3 times"),
        ],
    )
    def test_what_cannot_be_denoised(self, options, says):
        with pytest.raises(UsageError, match=says):
            kerasgen.create(self.recipe, **options)

    @pytest.mark.parametrize(("size", "channels"), [(8, 1), (9, 3), (15, 1), (28, 3), (30, 1), (31, 1), (64, 3)])
    def test_sizes_and_colours(self, size, channels):
        model = kerasgen.create(self.recipe, image_size=size, channels=channels, **self.options)
        assert model.denoise(np.zeros((2, size, size, channels), "float32")).shape == (2, size, size, channels)

    def test_the_sides_of_mnist_are_those_of_the_classic_network(self):
        model = kerasgen.create(self.recipe)
        shapes = [layer.output.shape[1:] for layer in model.encoder.layers if "conv2d" in layer.name]
        assert shapes == [(14, 14, 8), (7, 7, 16), (3, 3, 32)]
        assert model.latent_dim == 4

    def test_the_statistics_of_batches_move_in_training_alone(self):
        model = self.model()
        moving = [v for v in model.non_trainable_weights if "moving" in v.path]
        before = values(moving)
        model.evaluate(self.images(), verbose=0)
        assert all(np.array_equal(a, b) for a, b in zip(before, values(moving)))
        self.fit(model)
        assert not any(np.array_equal(a, b) for a, b in zip(before, values(moving)))
