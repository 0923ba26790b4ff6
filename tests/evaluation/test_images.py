"""The images that scores are computed from."""

import numpy as np
import pytest
from PIL import Image

from kerasgen import data, evaluation
from kerasgen.data.array_source import ArraySource
from kerasgen.evaluation import images

pytestmark = pytest.mark.once


def test_images_of_every_class_are_drawn():
    digits = data.load("digits", image_size=8).train
    rows = np.concatenate([np.flatnonzero(digits.labels == digit)[:30] for digit in range(10)])
    array, labels = digits[rows], digits.labels[rows]
    part = data.Images(ArraySource(array), labels=labels)
    assert len(evaluation.draw_images([part, part], 200, seed=0)) == 200
    drawn_labels = np.tile(labels, 2)[images.choose_rows(2 * len(part), 200, seed=0)]
    assert np.unique(drawn_labels).size == 10
    assert np.bincount(drawn_labels).min() > 5
    everything = evaluation.draw_images([part, part], 1000, seed=0)
    np.testing.assert_allclose(everything, np.concatenate([array, array]) / 255.0, rtol=1e-6)


def test_grey_values_are_the_luminance_of_pillow():
    colour = np.random.default_rng(0).integers(0, 256, (2, 5, 4, 3), np.uint8)
    expected = [np.asarray(Image.fromarray(image).convert("L")) for image in colour]
    luminance = images.with_channels(colour / np.float32(255), 1)
    np.testing.assert_allclose(luminance[..., 0] * 255, expected, atol=0.51)


def test_the_reference_is_the_test_set_if_it_is_large_enough():
    digits = data.load("digits", image_size=8)
    assert evaluation.reference_images(digits, len(digits.test)) is digits.test
    assert evaluation.reference_images(digits, len(digits.test) + 1) is digits.train
