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


def test_a_directional_derivative_is_that_of_all_inputs_together():
    x, t = np.array([[1.0, 2.0], [3.0, 4.0]], "float32"), np.array([0.5, 2.0], "float32")
    along = np.array([[1.0, -1.0], [0.5, 2.0]], "float32"), np.array([3.0, -1.0], "float32")

    def function(x, t):
        return ops.square(x) * t[:, None]

    inputs, directions = [ops.convert_to_tensor(each) for each in (x, t)], [*map(ops.convert_to_tensor, along)]
    derivative = backend.directional_derivative(function, inputs, directions)
    expected = 2 * x * t[:, None] * along[0] + x**2 * along[1][:, None]
    np.testing.assert_allclose(value(derivative), expected, rtol=1e-6)
    compiled = backend.compiled(lambda *tensors: (backend.directional_derivative(function, inputs, tensors),))
    np.testing.assert_allclose(value(compiled(*along)[0]), expected, rtol=1e-6)


def test_a_directional_derivative_of_layers_equals_a_difference():
    layer = keras.Sequential([keras.Input((3,)), keras.layers.Dense(4, activation="tanh"), keras.layers.Dense(2)])
    rng = np.random.default_rng(0)
    x, along = (rng.standard_normal((5, 3)).astype("float32") for _ in range(2))
    derivative = backend.directional_derivative(layer, [ops.convert_to_tensor(x)], [ops.convert_to_tensor(along)])
    step = 1e-2
    difference = (value(layer(x + step * along)) - value(layer(x - step * along))) / (2 * step)
    np.testing.assert_allclose(value(derivative), difference, atol=2e-3)


def test_a_directional_derivative_is_a_constant_for_gradients():
    weight = keras.Variable([3.0])
    model = backend.BackendModel()
    model.weight = weight
    x = ops.convert_to_tensor(np.array([2.0], "float32"))

    def loss():
        derivative = backend.directional_derivative(lambda x: weight * ops.square(x), [x], [ops.ones_like(x)])
        return ops.sum(weight * derivative), ()

    output, _, pullback = model.differentiate(loss, [weight])
    assert float(output) == pytest.approx(36)  # 3 times the derivative, 2 * 3 * 2
    np.testing.assert_allclose(value(pullback(ops.ones(()))[0][0]), [12])  # 24 with a gradient of the derivative
