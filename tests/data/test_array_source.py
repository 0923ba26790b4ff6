"""Readers of samples in arrays, and the cache of a reader."""

import hashlib

import numpy as np
import pytest

from kerasgen.data.array_source import ArraySource, CachedSource, digest, pieces

pytestmark = pytest.mark.once


def test_floats_come_as_float32_and_are_copies():
    array = np.arange(10.0)[:, None] * np.ones((1, 3))
    samples, rows = ArraySource(array).read(np.array([7, 2]))
    assert samples.dtype == np.float32
    assert samples[:, 0].tolist() == rows.tolist() == [7, 2]
    samples[:] = 0
    assert array[7, 0] == 7


def test_samples_are_converted_as_they_are_read():
    source = ArraySource(np.ones((4, 2), np.uint8), convert=lambda read: read[:, :1] * 3, sample_shape=(1,))
    assert source.shape == (4, 1)
    assert source.read(np.array([3]))[0].tolist() == [[3]]


def test_a_cache_reads_each_sample_once():
    class Source:
        shape, rows = (6, 2), []

        def read(self, rows, replacements):
            self.rows += rows.tolist()
            return rows[:, None].repeat(2, 1).astype(np.uint8), rows

    source = Source()
    cache = CachedSource(source)
    for rows in ([1, 3], [3, 1, 0], [1, 1]):
        samples, read = cache.read(np.array(rows), np.arange(6))
        assert samples[:, 0].tolist() == read.tolist() == rows
    assert source.rows == [1, 3, 0]


def test_a_digest_depends_on_type_shape_and_values_and_not_on_the_pieces():
    array = np.arange(12, dtype=np.int16).reshape(6, 2)
    assert digest(array) == hashlib.sha256(b"<i2(6, 2)" + array.tobytes()).hexdigest()
    others = (array.astype(np.int32), array.reshape(2, 6), array + 1, array[::-1])
    assert len({digest(each) for each in (array, *others)}) == 5
    assert digest(np.asfortranarray(array)) == digest(array)
    assert [len(piece) for piece in pieces(array, size=16)] == [4, 2]
