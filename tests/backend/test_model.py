"""`BackendModel` and gradients."""

import keras
import numpy as np
import pytest
from keras import ops

from kerasgen import backend


def value(tensor):
    return np.array(ops.convert_to_numpy(tensor))


def test_gradients_with_respect_to_variables_and_inputs():
    weight, other = keras.Variable([2.0, 3.0]), keras.Variable([5.0])
    model = backend.BackendModel()
    x = ops.convert_to_tensor(np.array([7.0, 11.0], "float32"))
    output, auxiliary, pullback = model.differentiate(
        lambda x: (ops.sum(weight * x) * other[0], {"x": x}), [weight], [x]
    )
    assert float(output) == pytest.approx(5 * (14 + 33))
    np.testing.assert_allclose(value(auxiliary["x"]), [7, 11])
    (of_weight,), (of_x,) = pullback(ops.convert_to_tensor(np.float32(2)))
    np.testing.assert_allclose(value(of_weight), [70, 110])
    np.testing.assert_allclose(value(of_x), [20, 30])


def test_an_input_gradient_can_be_differentiated_further():
    x = ops.convert_to_tensor(np.array([2.0, 3.0], "float32"))
    np.testing.assert_allclose(value(backend.input_gradient(lambda x: x**3, x)), [12, 27])
    second = backend.input_gradient(lambda x: backend.input_gradient(lambda x: x**3, x), x)
    np.testing.assert_allclose(value(second), [12, 18])


def test_an_assigned_value_is_a_constant_when_it_is_read():
    statistic = keras.Variable([1.0], trainable=False)
    model = backend.BackendModel()
    model.statistic = statistic
    x = ops.convert_to_tensor(np.array([3.0], "float32"))

    def function(x):
        statistic.assign(2.0 * x)
        return ops.sum(x * statistic), ()

    output, _, pullback = model.differentiate(function, [], [x])
    assert float(output) == pytest.approx(18)
    np.testing.assert_allclose(value(pullback(ops.ones(()))[1][0]), [6])  # 12 with a gradient through the statistic
    np.testing.assert_allclose(value(statistic), [6])
