import numpy as np
import pytest

from kerasgen.data.dataset import ArraySource, Images, split_rows
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


def test_floats_come_as_float32_and_are_copies():
    array = numbered(dtype=np.float64) / 10
    read = Images(ArraySource(array))[:]
    assert read.dtype == np.float32
    read[:] = 0
    assert array.max() > 0


@pytest.mark.parametrize(("count", "fraction", "tests"), [(1797, 0.1, 180), (2, 0.01, 1), (2, 0.99, 1), (10, 0.5, 5)])
def test_a_split_parts_the_rows_and_does_not_change(count, fraction, tests):
    train, test = split_rows(count, fraction)
    assert len(test) == tests
    assert sorted([*train, *test]) == list(range(count))
    assert all(np.array_equal(a, b) for a, b in zip((train, test), split_rows(count, fraction), strict=True))


def test_the_split_is_the_one_that_earlier_runs_had():
    assert split_rows(20, 0.2)[1].tolist() == [
        3,
        4,
        18,
        19,
    ]  # a run resumed with a later version trains on the same images


def test_one_image_cannot_be_split():
    with pytest.raises(DataError, match="at least 2"):
        split_rows(1, 0.1)
