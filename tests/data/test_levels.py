"""The value that means white."""

import pytest

from kerasgen.data.levels import BYTES, FLOATS, INTEGERS, Levels, find_levels, natural_white
from kerasgen.errors import DataError

pytestmark = pytest.mark.once


@pytest.mark.parametrize(
    ("brightest", "white"),
    [(0, 65535), (1, 1), (2, 255), (255, 255), (256, 1023), (1023, 1023), (4000, 4095), (4096, 16383), (65535, 65535)],
)
def test_deep_values_have_the_smallest_range_that_holds_them(brightest, white):
    assert natural_white(brightest, INTEGERS) == white


def test_values_beyond_16_bits_are_refused():
    with pytest.raises(DataError, match="65536; expected 0 to 65535"):
        natural_white(65536, INTEGERS)


@pytest.mark.parametrize(("brightest", "white"), [(0, 255), (1, 1), (2, 255), (255, 255)])
def test_bytes_of_0_and_1_are_masks(brightest, white):
    assert natural_white(brightest, BYTES) == white


@pytest.mark.parametrize(
    ("values", "levels", "words"),
    [
        ([(BYTES, 200), (BYTES, 3)], Levels(), None),
        ([(BYTES, 1), (BYTES, 0)], Levels(bytes=1), "the pixels are 0 and 1; 1 is read as white"),
        ([(BYTES, 16)], Levels(), "the brightest pixel is 16 and white is 255, so that all images are nearly black"),
        ([(BYTES, 0)], Levels(), "the brightest pixel is 0"),
        ([(INTEGERS, 4000), (INTEGERS, 10)], Levels(integers=4095), "at most 4000; 4095 is read as white"),
        ([(INTEGERS, 60000)], Levels(), None),
        ([(FLOATS, 1.0)], Levels(), None),
        ([(FLOATS, 1 / 255)], Levels(), "the brightest pixel is 0.003922 and white is 1"),
        ([(BYTES, 255), (INTEGERS, 255)], Levels(integers=255), "at most 255; 255 is read as white"),
    ],
)
def test_one_level_for_the_whole_set_and_a_line_where_it_matters(values, levels, words):
    found, notes = find_levels(values, "photos")
    assert found == levels
    assert len(notes) == (words is not None)
    assert all(note.startswith("photos: ") and words in note for note in notes)
