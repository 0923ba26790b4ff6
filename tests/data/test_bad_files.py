"""The number of files that may be bad, and the lines about them."""

import numpy as np
import pytest

from kerasgen.data import Dataset, Images, bad_files
from kerasgen.data.array_source import ArraySource
from kerasgen.errors import DataError, UsageError

pytestmark = pytest.mark.once


def dataset(good, bad):
    images = [Images(ArraySource(np.zeros((count, 2, 2, 1), np.uint8))) for count in (good - 1, 1)]
    return Dataset("photos", *images, skipped=[(f"{number}.png", "empty file") for number in range(bad)])


@pytest.mark.parametrize(
    ("good", "bad", "limit"), [(3, 0, 0), (3, 1, 0.01), (198, 2, 0.01), (5, 5, 0.5), (2, 98, 1), (990, 10, 0.01)]
)
def test_as_many_files_as_the_limit_may_be_bad(good, bad, limit):
    bad_files.check(dataset(good, bad), limit)


@pytest.mark.parametrize(("good", "bad", "limit"), [(3, 1, 0), (198, 3, 0.01), (3, 2, 0.01), (5, 6, 0.5)])
def test_more_are_an_error_with_a_limit_that_would_do(good, bad, limit):
    with pytest.raises(
        DataError, match=rf"photos: {bad} of {good + bad} files are not images, such as 0\.png"
    ) as caught:
        bad_files.check(dataset(good, bad), limit)
    bad_files.check(dataset(good, bad), float(str(caught.value).split("--max-bad ")[1]))


@pytest.mark.parametrize("limit", [-0.1, 1.1, float("nan")])
def test_the_limit_is_a_part(limit):
    with pytest.raises(UsageError, match="between 0 and 1"):
        bad_files.check(dataset(3, 0), limit)


def test_each_file_has_a_line():
    assert bad_files.skipped_lines(dataset(3, 0)) == []
    assert bad_files.skipped_lines(dataset(3, 1)) == ["skipped 1 file that is not an image: 0.png (empty file)"]
    assert bad_files.skipped_lines(dataset(3, 2))[1:] == ["  0.png (empty file)", "  1.png (empty file)"]
    read = dataset(3, 0)
    assert bad_files.unreadable_lines(read) == []
    read.unreadable.append("2.png")
    assert bad_files.unreadable_lines(read)[1:] == ["  2.png"]
