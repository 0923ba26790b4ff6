import keras
import numpy as np
import pytest

from kerasgen.errors import UsageError
from kerasgen.layers import CodeBook
from tests.tensors import array, tensor


def test_codes_are_the_nearest_vectors():
    book, rng = CodeBook(7, 3), np.random.default_rng(0)
    vectors, features = rng.standard_normal((7, 3)), rng.standard_normal((2, 4, 5, 3))
    book.vectors.assign(vectors)
    distances = ((features[..., None, :] - vectors) ** 2).sum(axis=-1)
    codes = book.codes(tensor(features))
    np.testing.assert_array_equal(array(codes), distances.argmin(axis=-1))
    np.testing.assert_allclose(array(book.lookup(codes)), vectors[distances.argmin(axis=-1)], atol=1e-6)


def test_only_a_book_with_a_loss_is_trained():
    assert [len(CodeBook(4, 2, update=update).trainable_variables) for update in ("average", "loss")] == [0, 1]


def test_the_config_holds_every_argument():
    book = CodeBook(4, 2, "loss", decay=0.9, restart=0.1)
    assert CodeBook.from_config(book.get_config()).get_config() == book.get_config()


@pytest.mark.parametrize("arguments", [{"num_codes": 1}, {"decay": 1.0}, {"restart": -0.1}])
def test_numbers_out_of_range_are_refused(arguments):
    with pytest.raises(UsageError, match="a code book has num_codes"):
        CodeBook(**({"num_codes": 4, "dim": 2} | arguments))


@pytest.mark.slow
def test_restarted_codes_are_features_of_the_batch():
    book = CodeBook(3, 2, restart=0.5)
    features = np.random.default_rng(0).standard_normal((2, 2, 2, 2))
    book.vectors.assign([[0, 0], [50, 50], [60, 60]])
    book.move(tensor(features), keras.ops.convert_to_tensor(np.random.default_rng(1).random((2, 4), "float32")))
    for vector in array(book.vectors)[1:]:
        assert np.abs(features.reshape(-1, 2) - vector).sum(axis=1).min() < 1e-6
