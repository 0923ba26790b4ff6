"""Scores of models with a likelihood bound."""

import keras
import numpy as np
import pytest

from kerasgen import create, data, evaluation, metrics
from kerasgen.errors import DataError

pytestmark = pytest.mark.once


def test_the_scores_are_those_of_the_model():
    keras.utils.set_random_seed(0)
    model, digits = create("vae", image_size=8, hidden_dim=4, latent_dim=3), data.load("digits", image_size=8)
    model.encoder.layers[-1].bias.assign([-1.0, 0.5, 0.0])
    scores = evaluation.evaluate(model, digits, 40, groups=["likelihood"], likelihood_samples=20)
    values = {score.name: score.value for score in scores}
    images = evaluation.binarize(evaluation.draw_images([digits.test], 40, 0), 0)
    expected = metrics.kl_to_standard_normal(*model.posterior(images)).mean()
    assert values["KL divergence"] == pytest.approx(expected, rel=1e-5)
    assert values["log-likelihood"] == pytest.approx(metrics.log_likelihood(model, images, 20).mean(), rel=1e-5)
    assert values["ELBO"] < values["log-likelihood"]


def test_a_pixel_is_1_with_its_grey_value_as_probability():
    drawn = evaluation.binarize(np.full((10, 50, 50, 1), 0.2, "float32"), 0)
    assert set(np.unique(drawn)) == {0, 1}
    assert drawn.mean() == pytest.approx(0.2, abs=0.01)


def test_classes_are_matched_by_name():
    """The same images under other labels have the same scores; a class that the model does not have is refused."""
    keras.utils.set_random_seed(0)
    model = create("cvae", image_size=8, num_classes=3, class_names=["a", "b", "c"], hidden_dim=4, latent_dim=2)
    for layer in model.decoder.layers:
        layer.set_weights([weights * 20 for weights in layer.get_weights()])  # so that labels matter
    array, labels = np.random.default_rng(0).integers(0, 256, (60, 8, 8, 1), np.uint8), np.arange(60) % 3
    scores = []
    for names, numbers in ((["a", "b", "c"], labels), (["c", "b", "a"], 2 - labels), (["a", "b", "c"], 2 - labels)):
        images = data.Images(data.array_source.ArraySource(array), labels=numbers)
        found = evaluation.evaluate(model, data.Dataset("set", images, images, names), groups=["likelihood"])
        scores.append([score.value for score in found])
    assert scores[0] == scores[1] != scores[2]
    with pytest.raises(DataError, match="has the class 'dog'"):
        evaluation.evaluate(model, data.Dataset("set", images, images, ["a", "b", "dog"]), groups=["likelihood"])
