"""Names of classes, and labels as indices into them."""

import numpy as np
import pytest

from kerasgen.data.classes import default_names, find_class, index_labels, sort_names
from kerasgen.errors import DataError, UsageError

pytestmark = pytest.mark.once


@pytest.mark.parametrize(
    ("labels", "names", "indices"),
    [
        ([1, 2, 3, 1], ["1", "2", "3"], [0, 1, 2, 0]),
        ([1002, 1000, 1002], ["1000", "1002"], [1, 0, 1]),
        ([3.0, 5.0], ["3", "5"], [0, 1]),
        (np.array([7, 0], np.uint8), ["0", "7"], [1, 0]),
        ([True, False], ["False", "True"], [1, 0]),
        (["10", "9", "2"], ["2", "9", "10"], [2, 1, 0]),
        (["b", "10", "a", "9"], ["9", "10", "a", "b"], [3, 1, 2, 0]),
        (["007", "7", "1"], ["1", "007", "7"], [1, 2, 0]),
        ([b"dog", b"cat"], ["cat", "dog"], [1, 0]),
        (["3", "-1", "-2"], ["-2", "-1", "3"], [2, 1, 0]),
        (np.array([2, 0, 2], np.float16), ["0", "2"], [1, 0, 1]),
        (["größe", "²"], ["größe", "²"], [0, 1]),
    ],
)
def test_classes_are_the_labels_that_occur(labels, names, indices):
    found, indexed = index_labels(labels)
    assert found == names
    assert all(type(name) is str for name in found)
    assert indexed.dtype == np.int64
    assert indexed.tolist() == indices


@pytest.mark.parametrize(
    ("labels", "words"),
    [
        ([-1, 0], "from -1 to 0; expected whole numbers from 0"),
        ([0, 2**31], "from 0 to 2147483648"),
        (np.array([2**64 - 1], np.uint64), "18446744073709551615"),
        ([0.5, 1.0], "have fractions"),
        ([np.inf, 1], "from 1.0 to inf"),
        ([np.nan, 1], "nan"),
        ([1e300], "1e[+]300"),
        ([1j], "complex128"),
        (np.zeros(3, "m8[s]"), "timedelta64"),
        (np.array(["2020-01-01"], "M8[D]"), "datetime64"),
        (np.array([{}]), "object"),
        (np.zeros(3, [("a", int)]), "type"),
        (["é".encode()], "not ASCII"),
        (["x" * 1001], "more than 1,000 characters"),
        (np.eye(3), r"\(3, 3\).*labels\.argmax\(axis=1\)"),
        (np.ones((3, 2, 2)), r"\(3, 2, 2\)"),
    ],
)
def test_impossible_labels_are_refused_in_one_line(labels, words):
    with pytest.raises(DataError, match=words) as caught:
        index_labels(np.asarray(labels), "y in a.npz")
    assert str(caught.value).startswith("y in a.npz")
    assert "\n" not in str(caught.value)


def test_no_advice_about_one_hot_labels_for_other_matrices():
    with pytest.raises(DataError) as caught:
        index_labels(np.full((3, 2), 0.5))
    assert "argmax" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "names", "index"),
    [
        ("daisy", ["daisy", "rose"], 0),
        ("2", ["0", "1", "2", "10"], 2),
        ("10", ["0", "1", "2", "10"], 3),
        ("1002", ["1000", "1002"], 1),
        ("7", ["007", "012"], 0),
        ("7", ["007", "7"], 1),
    ],
)
def test_a_class_is_found_by_its_name(text, names, index):
    assert find_class(text, names) == index


@pytest.mark.parametrize(
    ("text", "names", "words"),
    [
        ("Daisi", ["daisy", "rose"], "did you mean daisy"),
        ("ROSE", ["daisy", "rose"], "did you mean rose"),
        ("0", ["daisy", "rose"], "the classes are daisy, rose"),
        ("3", ["0", "1", "2"], "the classes are 0, 1, 2"),
        ("7", ["07", "007"], "did you mean 07 or 007"),
        ("x", default_names(30), "0, 1, 2, 3, 4, 5, 6, 7, 8, 9 and 20 more"),
        ("9" * 5000, ["1", "2"], "the classes are 1, 2"),
        ("²", ["0", "1", "2"], "the classes are 0, 1, 2"),
    ],
)
def test_an_unknown_class_is_refused_with_similar_names(text, names, words):
    with pytest.raises(UsageError, match="unknown class") as caught:
        find_class(text, names)
    assert words in str(caught.value)


def test_names_are_sorted_as_numbers_first():
    assert sort_names(["b", "11", "2", "a"]) == ["2", "11", "a", "b"]
