"""Images of two domains, with partners and without."""

import numpy as np
import pytest

from kerasgen.data import Domains, Images, Pairs
from kerasgen.data.array_source import ArraySource
from kerasgen.data.batches import DomainBatches

pytestmark = pytest.mark.once


def numbered(count, channels=1):
    return np.arange(count, dtype=np.uint8)[:, None, None, None] * np.ones((1, 4, 4, channels), np.uint8)


def test_pairs_are_divided_on_the_last_axis():
    pairs = Pairs(Images(ArraySource(np.concatenate([numbered(5, 3), numbered(5, 3) + 100], axis=-1))))
    assert (len(pairs), pairs.counts, pairs.sample_shape, pairs.names[2]) == (5, (5,), (4, 4, 3), "2")
    a, b = pairs[[3, 1]]
    assert a.shape == b.shape == (2, 4, 4, 3)
    assert a[:, 0, 0, 0].tolist() == [3, 1]
    assert b[:, 0, 0, 0].tolist() == [103, 101]
    assert pairs.first(2)[1].shape == (2, 4, 4, 3)
    assert repr(pairs) == "<Pairs: 5 pairs (4, 4, 3)>"


def test_domains_have_two_lengths():
    domains = Domains(*(Images(ArraySource(numbered(count))) for count in (3, 7)))
    assert (len(domains), domains.counts, domains.sample_shape) == (7, (3, 7), (4, 4, 1))
    a, b = domains.with_labels(np.array([[2, 6], [0, 5]]))
    assert a[:, 0, 0, 0].tolist() == [2, 0]
    assert b[:, 0, 0, 0].tolist() == [6, 5]
    assert [len(images) for images in domains.first(9)] == [3, 3]
    assert isinstance(domains.batches(2), DomainBatches)
    assert repr(domains) == "<Domains: 3 and 7 images (4, 4, 1)>"
