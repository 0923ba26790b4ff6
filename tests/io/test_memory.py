"""The limit to the memory of a model that is being built."""

import threading

import keras
import numpy as np
import pytest

import kerasgen
from kerasgen.io.memory import TooLargeError, limit_variables


def test_a_layer_is_refused_before_it_allocates():
    layer = keras.layers.Dense(2**20)
    with pytest.raises(TooLargeError, match="it has more than 1,000 numbers"), limit_variables(1000):
        layer.build((None, 2**20))


def test_all_variables_count_together():
    with limit_variables(100):
        keras.Variable("zeros", shape=(60,))
        with pytest.raises(TooLargeError):
            keras.Variable("zeros", shape=(60,))


def test_a_model_that_fits_is_built_and_nothing_remains_of_the_limit():
    constructor, own = keras.Variable.__init__, "__init__" in vars(keras.Variable)
    with limit_variables(10_000):
        model = kerasgen.create("vae", image_size=8, hidden_dim=4, latent_dim=2)
    assert model.count_params() < 10_000
    assert keras.Variable.__init__ is constructor
    assert ("__init__" in vars(keras.Variable)) is own


def test_other_threads_are_not_limited():
    made = []
    with limit_variables(1):
        thread = threading.Thread(target=lambda: made.append(keras.Variable("zeros", shape=(60,))))
        thread.start()
        thread.join()
    assert made[0].shape == (60,)


@pytest.mark.parametrize("dtype", ["float32", "bfloat16", "int32"])
def test_without_initial_values_variables_are_zero(dtype):
    with limit_variables(100, initialize=False):
        variable = keras.Variable(keras.initializers.Constant(3), shape=(2, 3), dtype=dtype, trainable=False)
        given = keras.Variable(np.array([1, 2]), dtype=dtype, trainable=False)
    assert variable.dtype == dtype
    assert not keras.ops.convert_to_numpy(keras.ops.any(keras.ops.cast(variable, "float32") != 0))
    assert float(keras.ops.sum(keras.ops.cast(given, "float32"))) == 3.0
