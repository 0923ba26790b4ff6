"""An evaluation: the images that it compares, and their numbers."""

import pytest

from kerasgen import data
from kerasgen.evaluation import Evaluation

pytestmark = pytest.mark.once

DIGITS = data.load("digits", image_size=8)


def test_real_images_are_test_images_or_named_as_training_images():
    for count, part, number in ((30, "test", 30), (1000, "training", 1000)):
        run = Evaluation(None, DIGITS, samples=count)
        assert run.describe_counts() == f"{count:,} samples, {number:,} real images; the real images are {part} images"
        assert len(run.reference) == run.reference_count == number
