import numpy as np
import pytest

from kerasgen.layers import POOL_NOISE, ImagePool
from tests.tensors import array, tensor


def numbered(numbers):
    """Return images (N, 2, 2, 1) that each consist of one number."""
    return tensor(np.ones((len(numbers), 2, 2, 1)) * np.reshape(numbers, (-1, 1, 1, 1)))


def test_a_pool_fills_then_exchanges_half_and_keeps_what_it_takes():
    pool, size = ImagePool(4, (2, 2, 1)), 4
    rng = np.random.default_rng(0)
    stored, new, old = [], 0, 0
    for step in range(1, 201, 2):
        batch = [step, step + 1]
        noise = tensor(rng.standard_normal((2, POOL_NOISE)))
        out = array(pool.exchange(numbered(batch), noise))[:, 0, 0, 0].tolist()
        held = array(pool.images)[:, 0, 0, 0].tolist()
        if step < size:
            assert out == batch
            assert int(array(pool.count)) == step + 1
            stored += batch
            continue
        for image, returned in zip(batch, out):
            if returned == image:
                new += 1
                assert image not in held
            else:
                old += 1
                stored.remove(returned)
                stored.append(image)
        assert sorted(held) == sorted(stored)
    assert new + old == 196
    assert 75 < old < 121


def test_a_batch_larger_than_its_pool():
    pool = ImagePool(3, (1, 1, 1))
    images = np.arange(5, dtype="float32").reshape(5, 1, 1, 1)
    np.testing.assert_array_equal(array(pool.exchange(tensor(images), tensor(np.zeros((5, 2))))), images)
    np.testing.assert_array_equal(array(pool.images)[:, 0, 0, 0], [0, 1, 2])
    out = array(pool.exchange(tensor(images + 10), tensor(np.full((5, 2), -1.0))))[:, 0, 0, 0]
    np.testing.assert_array_equal(out, [0, 1, 2, 13, 14])


def test_the_slot_of_an_exchange_is_uniform():
    pool = ImagePool(4, (2, 2, 1))
    pool.exchange(numbered([0, 1, 2, 3]), tensor(np.zeros((4, POOL_NOISE))))
    rng, slots = np.random.default_rng(0), []
    for _ in range(200):
        before = array(pool.images)
        noise = np.array([[rng.standard_normal(), -1.0]])  # the second number lets the image enter
        pool.exchange(numbered([rng.random()]), tensor(noise))
        slots += np.flatnonzero((array(pool.images) != before).any((1, 2, 3))).tolist()
    assert len(slots) == 200
    np.testing.assert_allclose(np.bincount(slots, minlength=4), 50, atol=20)


def test_the_config_and_the_variables_describe_the_pool():
    pool = ImagePool(3, (2, 2, 1), name="pool")
    again = ImagePool.from_config(pool.get_config())
    assert (again.size, again.image_shape, again.name) == (3, (2, 2, 1), "pool")
    assert {variable.path: tuple(variable.shape) for variable in again.variables} == {
        "pool/count": (),
        "pool/images": (3, 2, 2, 1),
    }
    assert again.trainable_variables == []
    with pytest.raises(TypeError):
        ImagePool(3)


def test_pools_keep_float32_under_mixed_precision():
    import keras

    keras.config.set_dtype_policy("mixed_float16")
    try:
        assert ImagePool(3, (2, 2, 1)).images.dtype == "float32"
    finally:
        keras.config.set_dtype_policy("float32")
