"""Translation tasks with known right answers."""

import numpy as np
import pytest

from kerasgen import data
from kerasgen.data.sources import drawn_digits
from kerasgen.errors import UsageError

pytestmark = pytest.mark.once


@pytest.mark.parametrize("name", ["outlines", "outlines-8x8"])
def test_outlines_has_four_right_answers_and_l1_prefers_none(name):
    dataset = data.load(name, kind="pairs", image_size=32)
    assert dataset.sample_shape == (32, 32, 3)
    assert (len(dataset.train), len(dataset.test)) == (1600, 180)
    assert dataset.fingerprint == data.load(name, kind="pairs", image_size=32).fingerprint
    a, b = dataset.train[:8]
    assert (a[:4] == a[:1]).all()
    stroke = np.sort(b[:4].astype(int), axis=0)[:, 8:24, 8:24].reshape(4, -1)
    # In every channel two are equal and the two others too, so that any value between is a median
    assert (abs(stroke[0] - stroke[1]) <= 1).all()
    assert (abs(stroke[2] - stroke[3]) <= 1).all()
    answers = drawn_digits.right_answers(name, 32)
    a, b = dataset.test[:]
    assert answers.shape == (180, 4, 32, 32, 3)
    assert drawn_digits.nearest_errors(b, answers).max() == 0
    grey = answers.mean(axis=1) / 255
    assert drawn_digits.nearest_errors(grey, answers).mean() > 0.02
    np.testing.assert_array_equal(drawn_digits.right_answers(name, 32, "BtoA")[:, 0], a)


def test_other_sets_have_no_right_answers():
    with pytest.raises(UsageError, match="the correct translations of 'digits' are not known"):
        drawn_digits.right_answers("digits")
    with pytest.raises(UsageError, match="direction 'BtoC'"):
        drawn_digits.right_answers("outlines", direction="BtoC")


def test_shapes_of_mnist_and_of_coarse_digits_differ():
    fine, coarse = (data.load(name, kind="pairs", image_size=28) for name in ("outlines", "outlines-8x8"))
    assert fine.fingerprint != coarse.fingerprint
    first = data.load("mnist-10k").test[:1][0, ..., 0] / 255
    np.testing.assert_allclose((fine.test[:1][1][0, ..., 0] - 16.0) / (230 - 16), first, atol=0.01)


@pytest.mark.parametrize("name", ["ink-chalk", "ink-chalk-8x8"])
def test_ink_and_chalk_have_one_right_answer_and_no_digit_in_common(name):
    dataset = data.load(name, kind="domains", image_size=32)
    assert dataset.sample_shape == (32, 32, 3)
    assert (dataset.train.counts, dataset.test.counts) == ((809, 808), (90, 90))
    assert dataset.fingerprint == data.load(name, kind="domains", image_size=32).fingerprint
    for direction, source, other in (("AtoB", "a", "b"), ("BtoA", "b", "a")):
        answers = drawn_digits.right_answers(name, 32, direction)
        images = getattr(dataset.test, source)[:]
        assert answers.shape == (90, 1, 32, 32, 3)
        assert drawn_digits.nearest_errors(images, answers).mean() > 0.3
        targets = {image.tobytes() for image in getattr(dataset.test, other)[:]}
        assert not targets & {answer.tobytes() for answer in answers[:, 0]}
    answers = drawn_digits.right_answers(name, 32)[:, 0].reshape(-1, 3)
    pairs = np.unique(np.concatenate([dataset.test.a[:].reshape(-1, 3), answers], axis=1), axis=0)
    assert len(pairs) == len(np.unique(pairs[:, :3], axis=0)) == len(np.unique(pairs[:, 3:], axis=0))
