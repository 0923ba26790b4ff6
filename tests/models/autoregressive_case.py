"""Tests of every autoregressive model: its likelihood is exact, and each value depends on the earlier ones only."""

import itertools

import keras
import numpy as np
import pytest

import kerasgen
from kerasgen.errors import DataError, UsageError
from kerasgen.models import Batch
from tests.models.model_case import ModelCase

BINARY = np.array(list(itertools.product([0, 1], repeat=16)), "float32").reshape(-1, 4, 4, 1)


def randomize(model, seed=1, scale=1.0):
    """Give the model weights other than the initial ones, and return it."""
    rng = np.random.default_rng(seed)
    for variable in model.trainable_variables:
        variable.assign(scale * rng.standard_normal(variable.shape))
    return model


class AutoregressiveCase(ModelCase):
    logged = {"loss", "bits_per_dimension"}
    players = {"model": ""}
    scale = 1.0  # of the weights of the tests of p(x)

    def turn(self, model, player, batch):
        noise = {name: keras.ops.convert_to_tensor(value) for name, value in self.noise_of(model, 8).items()}
        model.minimize(player, lambda: model.compute_losses(Batch(batch), noise, training=True))

    def small(self, **options):
        return randomize(kerasgen.create(self.recipe, image_size=4, **(self.options | options)), scale=self.scale)

    def test_the_probabilities_of_all_images_sum_to_1(self):
        probabilities = np.exp(self.small().log_likelihood(BINARY))
        assert probabilities.sum() == pytest.approx(1.0, abs=1e-5)
        assert probabilities.max() > 10 / 2**16

    def test_the_probabilities_of_all_codes_sum_to_1_for_each_class(self):
        options = self.options | {"levels": 3, "conditional": True}
        codes = np.array(list(itertools.product(range(3), repeat=6))).reshape(-1, 2, 3)
        model = kerasgen.create(self.recipe, sample_shape=(2, 3), num_classes=2, **options)
        randomize(model, scale=self.scale)
        first, second = (np.exp(model.log_likelihood(codes, np.full(len(codes), label))) for label in (0, 1))
        assert first.sum() == pytest.approx(1.0, abs=1e-5)
        assert second.sum() == pytest.approx(1.0, abs=1e-5)
        assert np.abs(first - second).max() > 1e-3

    def test_samples_have_the_frequencies_of_the_model(self):
        model = kerasgen.create(self.recipe, sample_shape=(1, 3), **(self.options | {"levels": 3}))
        randomize(model, scale=self.scale)
        codes = np.array(list(itertools.product(range(3), repeat=3))).reshape(-1, 1, 3)
        samples = model.generate(1500, seed=0)
        assert samples.dtype == np.int32
        counts = [(samples == each).all(axis=(1, 2)).mean() for each in codes]
        np.testing.assert_allclose(counts, np.exp(model.log_likelihood(codes)), atol=0.05)

    def test_an_image_of_a_seed_does_not_depend_on_their_number(self):
        model = self.model_anew()
        np.testing.assert_array_equal(model.generate(70, seed=3)[:5], model.generate(5, seed=3))

    def test_the_logged_loss_is_the_likelihood(self):
        model, images = self.small(), BINARY[::4096]
        logs = model.evaluate(images, verbose=0, return_dict=True)
        assert logs["loss"] == pytest.approx(-model.log_likelihood(images).mean(), rel=1e-5)
        assert logs["bits_per_dimension"] == pytest.approx(logs["loss"] / (16 * np.log(2)), rel=1e-5)

    def test_pixels_of_many_levels_train(self):
        model = kerasgen.create(self.recipe, image_size=4, **(self.options | {"levels": 16}))
        images = np.random.default_rng(0).integers(0, 256, (32, 4, 4, 1), dtype="uint8")
        before = model.evaluate(images, verbose=0, return_dict=True)["loss"]
        model.fit(images, epochs=8, verbose=0, batch_size=8)
        assert model.evaluate(images, verbose=0, return_dict=True)["loss"] < before
        np.testing.assert_allclose(model.generate(3, seed=0) * 15 % 1, 0, atol=1e-5)

    def test_samples_that_have_no_probability_are_refused(self):
        model, images = self.model_anew(), self.images(4)
        with pytest.raises(DataError, match=r"a pixel is .*: take binarize=True .*evaluation.binarize"):
            model.log_likelihood(images)
        strict = kerasgen.create(self.recipe, image_size=self.image_size, binarize=False, **self.options)
        with pytest.raises(DataError, match="take binarize=True"):
            strict.fit(images, verbose=0)
        strict.fit((images > 0.5).astype("uint8") * 255, verbose=0)
        coded = kerasgen.create(self.recipe, sample_shape=(2, 3), **(self.options | {"levels": 3}))
        for codes in (np.full((4, 2, 3), 3), np.full((4, 2, 3), -1), np.full((4, 2, 3), 0.5)):
            with pytest.raises(DataError, match=r"this model takes (whole numbers from 0 to 2|floats in \[0, 2\])"):
                coded.fit(codes, verbose=0)
        with pytest.raises(UsageError, match=r"option levels of .* is a whole number of 2 or more"):
            kerasgen.create(self.recipe, levels=1)
