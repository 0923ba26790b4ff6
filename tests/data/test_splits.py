"""Division of a set into two parts."""

import numpy as np
import pytest

from kerasgen.data.splits import part_of, split_by_folders, split_by_hash, split_rows
from kerasgen.errors import DataError

pytestmark = pytest.mark.once


@pytest.mark.parametrize(("count", "fraction", "tests"), [(1797, 0.1, 180), (2, 0.01, 1), (2, 0.99, 1), (10, 0.5, 5)])
def test_rows_are_divided_completely_and_always_alike(count, fraction, tests):
    train, test = split_rows(count, fraction)
    assert len(test) == tests
    assert sorted([*train, *test]) == list(range(count))
    assert all(np.array_equal(a, b) for a, b in zip((train, test), split_rows(count, fraction), strict=True))


def test_the_split_is_the_same_as_in_earlier_versions():
    # A run that is resumed with a later version trains on the same images
    assert split_rows(20, 0.2)[1].tolist() == [3, 4, 18, 19]
    assert split_by_hash([f"{number}.png" for number in range(20)], 0.2)[1].tolist() == [0, 6, 7, 8, 14, 18]


def test_one_sample_cannot_be_split():
    with pytest.raises(DataError, match="at least 2"):
        split_rows(1, 0.1)


@pytest.mark.parametrize("fraction", [1e-9, 1 - 1e-9])
def test_each_part_has_a_path(fraction):
    train, test = split_by_hash(["a", "b"], fraction)
    assert len(train) == len(test) == 1


def test_each_class_has_a_training_image():
    paths = [f"{label}/{number}.png" for label in range(30) for number in range(2)]
    labels = np.arange(60) // 2
    train, test = split_by_hash(paths, 0.5, labels)
    assert set(labels[train]) == set(range(30))
    without = split_by_hash(paths, 0.5)[1]
    assert set(labels[split_by_hash(paths, 0.5)[0]]) != set(range(30))
    assert set(test) < set(without)


@pytest.mark.parametrize(
    ("name", "part"),
    [
        *[(name, "train") for name in ("train", "Train", "TRAIN", "training")],
        *[(name, "test") for name in ("test", "Testing")],
        *[(name, "validation") for name in ("val", "VAL", "valid", "Validation")],
        *[(name, None) for name in ("trains", "cat", "")],
    ],
)
def test_names_of_parts(name, part):
    assert part_of(name) == part


def test_folders_give_the_split():
    split = split_by_folders(["TEST/a", "preview", "train/b", "train/c", "val/d"])
    assert [rows.tolist() for rows in (split.train, split.test, split.unused)] == [[2, 3], [0], [1, 4]]
    split = split_by_folders(["Train/b", "Validation/d"])
    assert [rows.tolist() for rows in (split.train, split.test, split.unused)] == [[0], [1], []]


@pytest.mark.parametrize("paths", [["train/a", "bus/b"], ["test/a", "val/b"], ["train", "test"], ["a", "b"]])
def test_without_both_parts_there_is_no_split(paths):
    assert split_by_folders(paths) is None
