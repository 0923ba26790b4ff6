"""Differences of settings, in words."""

import pytest

from kerasgen.errors import RunError
from kerasgen.io.changes import differences, refuse_changes, summarize

pytestmark = pytest.mark.once


def test_differences_name_the_place_and_both_values():
    before = {"batch_size": 100, "options": {"beta": 1.0, "gone": None}, "same": [1, 2]}
    now = {"batch_size": 50, "options": {"beta": 3.0, "new": "x" * 100}, "same": [1, 2]}
    assert differences(before, now) == [
        "batch_size was 100, is 50",
        "options.beta was 1.0, is 3.0",
        f'options.new was null, is "{"x" * 56}...',
    ]


def test_only_the_first_differences_are_named():
    assert summarize([f"{name} was 1, is 2" for name in "abcdefg"]).endswith("e was 1, is 2 and 2 more")
    with pytest.raises(RunError, match=r"cannot resume from epoch-0001 with other settings: seed was 0, is 5$"):
        refuse_changes("epoch-0001", {"seed": 0, "shape": [1, 2]}, {"seed": 5, "shape": (1, 2)})
