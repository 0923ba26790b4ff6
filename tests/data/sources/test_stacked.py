import tracemalloc
from pathlib import Path

import numpy as np
import pytest

from kerasgen import data
from kerasgen.data.sources.stacked import label

pytestmark = pytest.mark.once

PREPARED = Path(__file__).parents[4] / "shared" / "data" / "tfds"


@pytest.fixture(scope="module")
def stacked():
    return data.load("stacked-digits", image_size=8)


def test_every_channel_is_a_digit_of_the_label(stacked):
    assert (stacked.name, stacked.sample_shape, stacked.num_classes) == ("stacked-digits", (8, 8, 3), 1000)
    assert (len(stacked.train), len(stacked.test)) == (12_800, 1_800)
    assert stacked.class_names[407] == "407"
    for part, digits in ((stacked.train, stacked.digits.train), (stacked.test, stacked.digits.test)):
        known = {(image.tobytes(), label) for image, label in zip(digits[:], digits.labels, strict=True)}
        images, labels = part.with_labels(np.arange(0, len(part), 97))
        assert images.dtype == np.uint8
        for image, number in zip(images, labels, strict=True):
            read = zip(np.moveaxis(image, -1, 0), map(int, f"{number:03}"), strict=True)
            assert all((channel.tobytes(), digit) in known for channel, digit in read)


def test_the_modes_are_equally_frequent_and_always_the_same(stacked):
    counts = np.bincount(stacked.train.labels, minlength=1000)
    assert counts.min() > 0
    assert counts.max() < 40  # the mean is 12.8
    again = data.load("stacked-digits", image_size=8)
    np.testing.assert_array_equal(again.train[:50], stacked.train[:50])
    np.testing.assert_array_equal(again.test.labels, stacked.test.labels)
    assert again.fingerprint == stacked.fingerprint
    assert again.fingerprint != data.load("stacked-digits", image_size=9).fingerprint


def test_labels_of_three_digits():
    assert label([[1, 0], [2, 0], [3, 9]]).tolist() == [123, 9]


def test_images_are_stacked_when_they_are_read(stacked):
    batches = stacked.train.batches(100, shuffle=True, seed=3, labels=True)
    images, labels = batches[5]
    rows = batches.order(0)[500:600]
    np.testing.assert_array_equal(images, stacked.train[rows])
    np.testing.assert_array_equal(labels, stacked.train.labels[rows])
    tracemalloc.start()
    try:
        large = data.load("stacked-digits", image_size=64)
        large.train[:10]
        kept, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(large.train) == 12_800
    assert kept < 12_800 * 64 * 64 * 3 / 4


@pytest.mark.slow
@pytest.mark.skipif(not PREPARED.exists(), reason="no prepared MNIST")
def test_stacked_mnist_is_as_large_as_the_papers():
    mnist = data.load("stacked-mnist", data_dir=PREPARED)
    assert (mnist.sample_shape, len(mnist.train), len(mnist.test)) == ((28, 28, 3), 128_000, 10_000)
    assert np.unique(mnist.train.labels).size == 1000
    assert mnist.train[127_000].shape == (28, 28, 3)
