"""Arrays in memory maps: the rows, and a file that becomes shorter."""

import mmap
import os

import numpy as np
import pytest

from kerasgen.errors import DataError
from kerasgen.io.memory_maps import in_memory, mapped

pytestmark = pytest.mark.once

VIEWS = {
    "whole": lambda x: x,
    "plain array": np.asarray,
    "part": lambda x: x[10:40],
    "reversed": lambda x: x[::-1],
    "crops": lambda x: x[::3, ::2, ::-1, :1],
    "channels first": lambda x: x.transpose(0, 3, 1, 2),
    "new axis": lambda x: x[..., None],
    "one row many times": lambda x: np.broadcast_to(x[:1], (6, *x.shape[1:])),
    "numbers": lambda x: x[:, 0, 0, 0],
    "no rows": lambda x: x[:0],
    "no values": lambda x: x[:, :, :0],
    "another type": lambda x: x.view(np.int8),
}


@pytest.fixture
def path(tmp_path):
    np.save(tmp_path / "x.npy", np.random.default_rng(0).integers(0, 256, (60, 12, 10, 3), np.uint8))
    return tmp_path / "x.npy"


@pytest.mark.parametrize("mode", ["r", "r+", "c"])
@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("view", VIEWS)
def test_rows_are_those_of_the_array(path, view, order, mode):
    np.save(path, np.asarray(np.load(path), order=order))
    array = np.load(path, mmap_mode=mode)
    if mode == "c":
        array[3] = 7  # only in memory
    array = VIEWS[view](array)
    rows = mapped(array)
    assert (rows.shape, rows.dtype, len(rows)) == (array.shape, array.dtype, len(array))
    np.testing.assert_array_equal(in_memory(array), np.array(array))
    if len(array):
        order = np.random.default_rng(1).permutation(len(array))
        np.testing.assert_array_equal(rows[order], array[order])
        np.testing.assert_array_equal(rows[1], array[1])


def test_more_rows_than_the_operating_system_takes_at_once(tmp_path):
    array = np.memmap(tmp_path / "x", np.float64, "w+", offset=10001, shape=(3000, 7))
    array[:] = np.arange(21000).reshape(3000, 7)
    order = np.random.default_rng(0).permutation(3000)
    np.testing.assert_array_equal(mapped(array)[order], array[order])


def test_maps_without_a_file_and_other_objects_are_left_as_they_are():
    plain, private = np.zeros(3), np.frombuffer(mmap.mmap(-1, 4096), np.uint8)
    for other in (plain, private, np.array([None]), np.float32(1), [1.0], None, "x"):
        assert mapped(other) is None
        assert in_memory(other) is other


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("size", [0, 1000, 21_600])
def test_a_file_that_becomes_shorter_is_an_error(path, size, order):
    np.save(path, np.asarray(np.load(path), order=order))
    rows = mapped(np.load(path, mmap_mode="r"))
    os.truncate(path, size)
    with pytest.raises(DataError, match=r"x.npy has become shorter since it was opened; restore it and start again"):
        rows[np.arange(50, 60)]
    assert isinstance(rows.failure, DataError)


def test_a_file_that_was_shorter_before_is_an_error(path):
    array = np.load(path, mmap_mode="r")
    os.truncate(path, path.stat().st_size - 1)  # the rest of the page would read as zeros
    with pytest.raises(DataError, match="has become shorter"):
        mapped(array)[-1]


def test_a_deleted_file_is_still_read(path):
    array = np.load(path, mmap_mode="r")
    expected = np.array(array)
    path.unlink()
    np.testing.assert_array_equal(in_memory(array), expected)
