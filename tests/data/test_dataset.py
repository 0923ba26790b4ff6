"""Samples that are read on demand, and the data set of two parts."""

import numpy as np
import pytest

from kerasgen.data.array_source import ArraySource
from kerasgen.data.dataset import Dataset, Images
from kerasgen.errors import DataError

pytestmark = pytest.mark.once


def numbered(count=10, dtype=np.uint8):
    return np.arange(count, dtype=dtype)[:, None, None, None] * np.ones((1, 2, 3, 1), dtype)


def test_images_are_indexed_like_an_array():
    array = numbered()
    images = Images(ArraySource(array), rows=[7, 2, 5], labels=np.arange(10) * 10)
    assert len(images) == 3
    assert images.sample_shape == (2, 3, 1)
    assert np.array_equal(images[[2, 0]], array[[5, 7]])
    assert np.array_equal(images[1:], array[[2, 5]])
    assert np.array_equal(images[-1], array[5])
    assert np.array_equal(images.first(2), array[[7, 2]])
    assert images.first(99).shape == (3, 2, 3, 1)
    assert np.array_equal(images.labels, [70, 20, 50])
    assert np.array_equal(images.with_labels([1])[1], [20])
    with pytest.raises(IndexError):
        images[3]


@pytest.mark.parametrize(("shape", "dtype"), [((2,), np.float32), ((7, 7), np.int32), ((4, 4, 3), np.uint8)])
def test_samples_may_have_any_shape(shape, dtype):
    array = np.ones((5, *shape), dtype)
    samples = Images(ArraySource(array))
    assert samples.sample_shape == shape
    assert samples[1:3].dtype == dtype
    assert samples.batches(2)[0][0].shape == (2, *shape)


def test_a_dataset_describes_itself():
    parts = [Images(ArraySource(numbered(count)), labels=np.arange(count) % 4) for count in (200, 8)]
    names = ["cat", "dog", "ox", "pig"]
    assert repr(Dataset("pets", *parts, names)) == (
        "<Dataset 'pets': 200 training and 8 test images (2, 3, 1), 4 classes (cat, dog, ox, ...)>"
    )
    assert repr(Dataset("pets", *(Images(ArraySource(numbered(5)[:, 0, :, 0])) for _ in range(2)))) == (
        "<Dataset 'pets': 5 training and 5 test points (3,)>"
    )
    assert repr(parts[1]) == "<Images: 8 samples (2, 3, 1)>"


def test_class_names_are_strings_and_given_for_every_label():
    images = Images(ArraySource(numbered()), labels=np.arange(10) % 3)
    assert Dataset("a", images, images).class_names == ["0", "1", "2"]
    assert Dataset("a", images, images, [5, 6, 7]).class_names == ["5", "6", "7"]
    unlabelled = Images(ArraySource(numbered()))
    assert Dataset("a", unlabelled, unlabelled).class_names is None
    assert Dataset("a", unlabelled, unlabelled).num_classes == 0


def test_classes_are_matched_by_name():
    train, test = (Images(ArraySource(numbered(count)), labels=np.arange(count) % 2) for count in (6, 4))
    dataset = Dataset("pets", train, test, ["cat", "ox"])
    mapped = dataset.with_classes(["ox", "dog", "cat"])
    assert mapped.class_names == ["ox", "dog", "cat"]
    assert mapped.test.labels.tolist() == [2, 0, 2, 0]
    np.testing.assert_array_equal(mapped.train[:], train[:])
    assert dataset.with_classes(["cat", "ox"]) is dataset
    words = r"pets has the class 'ox', and the model does not; it has 2 classes \(cat, dog\)"
    with pytest.raises(DataError, match=words):
        dataset.with_classes(["cat", "dog"])
