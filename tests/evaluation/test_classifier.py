"""The classifier whose features score images."""

import random

import numpy as np
import pytest

from kerasgen import data, evaluation
from kerasgen.data.pixels import as_floats
from kerasgen.errors import UsageError
from kerasgen.evaluation import Classifier, classifier, train_classifier


@pytest.mark.slow
def test_a_small_set_is_not_copied_for_the_training(monkeypatch):
    sizes = []
    monkeypatch.setattr(classifier, "as_floats", lambda images: sizes.append(len(images)) or as_floats(images))
    train_classifier(np.zeros((6, 8, 8, 1), np.uint8), [0, 1] * 3, epochs=150, batch_size=3)
    assert max(sizes) == 3
    assert len(sizes) >= 300  # steps, and the batches that Keras prefetches


@pytest.mark.slow
@pytest.mark.once
def test_training_restores_the_random_states():
    before, numbers = random.getstate(), np.random.get_state()[1]
    train_classifier(np.zeros((4, 8, 8, 1), "float32"), [0, 1, 0, 1], epochs=1, batch_size=2)
    assert random.getstate() == before
    np.testing.assert_array_equal(np.random.get_state()[1], numbers)


@pytest.mark.once
def test_each_image_needs_a_label():
    with pytest.raises(UsageError, match="4 images need 4 labels"):
        train_classifier(np.zeros((4, 8, 8, 1)), np.zeros(3))


@pytest.mark.slow
def test_predictions_do_not_depend_on_the_number_of_images(monkeypatch):
    images = np.random.default_rng(0).integers(0, 256, (7, 8, 8, 1), np.uint8)
    network = train_classifier(images, np.arange(7) % 2, epochs=1, batch_size=2)
    expected = Classifier(network).predict(images)
    assert expected[0].shape == (7, 128)
    np.testing.assert_array_equal(expected[1], network.predict(images / 255.0, verbose=0).argmax(axis=1))
    monkeypatch.setattr(classifier, "_BATCH", 3)
    features, labels = Classifier(network).predict(images)
    np.testing.assert_allclose(features, expected[0], rtol=1e-4, atol=1e-5)
    np.testing.assert_array_equal(labels, expected[1])


@pytest.mark.once
def test_confident_samples_are_those_with_a_probability_above_09():
    dataset = data.load("mnist-10k")
    noise = np.random.default_rng(0).integers(0, 256, (200, 28, 28, 1), np.uint8)
    for images, expected in ((dataset.test.first(200), 0.96), (noise // 8, 0)):
        scores = evaluation.score_samples(images, dataset, ["classifier"])
        (score,) = (score for score in scores if score.name == "confident samples")
        assert score.value == pytest.approx(expected, abs=0.03)
        assert "of the real images" in score.estimator


@pytest.mark.once
def test_the_excerpt_of_mnist_has_the_classifier_of_mnist(tmp_path):
    _, accuracy = evaluation.classifier_of(data.load("mnist-10k"), tmp_path)
    assert accuracy > 0.98
    assert not any(tmp_path.iterdir())
