"""The kernels of the layers give the values and the derivatives of Keras's layers."""

import keras
import numpy as np
import pytest
from keras import ops

from kerasgen import backend
from kerasgen.backend import switches
from kerasgen.layers import (
    BatchNormalization,
    Conv2D,
    Conv2DTranspose,
    Dense,
    GroupNormalization,
    InstanceNormalization,
)

BACKEND = keras.backend.backend()


def value(tensor):
    return np.array(ops.convert_to_numpy(tensor))


def random_tensor(shape, scale=1.0, shift=0.0):
    return ops.convert_to_tensor((scale * np.random.default_rng(0).standard_normal(shape) + shift).astype("float32"))


@pytest.fixture(params=["Keras's kernels", "own kernels", *(["oneDNN"] if BACKEND == "torch" else [])])
def kernels(request, monkeypatch):
    """The kernels with the switch off, with the switch on, and with oneDNN on any processor."""
    monkeypatch.setattr(switches, "custom_kernels", request.param != "Keras's kernels")
    if request.param == "oneDNN":
        from kerasgen.backend.torch import kernels

        assert kernels._ONEDNN_LINEAR is not None
        monkeypatch.setattr(kernels, "_linear", kernels._ONEDNN_LINEAR)


def output_and_gradients(layer, x):
    """Return the output, the gradients of its square, and the weights' gradients of the square of a gradient."""

    def square(x):
        return ops.sum(layer(x) ** 2)

    def compute(x):
        _, _, pullback = model.differentiate(lambda x: (square(x), ()), variables, [x])
        _, _, pullback_again = model.differentiate(
            lambda: (ops.sum(backend.input_gradient(square, x) ** 2), ()), variables
        )
        first, second = pullback(ops.ones(())), pullback_again(ops.ones(()))
        return layer(x), *first[0], *first[1], *second[0]

    variables, model = layer.trainable_variables, backend.BackendModel()
    return [value(tensor) for tensor in backend.compiled(compute)(x)]


@pytest.mark.parametrize("shape", [(6, 5), (4, 3, 3, 5)])
def test_batch_normalization_equals_that_of_keras(shape):
    x = random_tensor(shape, 3, 1)
    ours, theirs = (
        layer(momentum=0.9, epsilon=1e-5) for layer in (BatchNormalization, keras.layers.BatchNormalization)
    )
    for layer in (ours, theirs):
        layer.build(shape)
        for index, variable in enumerate((layer.gamma, layer.beta)):
            variable.assign(np.linspace(0.5, 1.5, 5) + index)
    for training in (True, True, False):
        np.testing.assert_allclose(value(ours(x, training=training)), value(theirs(x, training=training)), atol=1e-5)
    for a, b in zip(ours.weights, theirs.weights):
        np.testing.assert_allclose(value(a), value(b), atol=1e-5)
    assert abs(value(ours.moving_mean)).max() > 0.1


def test_batch_normalization_of_a_frozen_layer_uses_the_moving_statistics():
    layer = BatchNormalization()
    layer.build((None, 2))
    layer.trainable = False
    x = np.array([[10.0, 20.0], [30.0, 40.0]], "float32")
    np.testing.assert_allclose(value(layer(x, training=True)), x, rtol=1e-3)


@pytest.mark.parametrize("options", [{"groups": 1}, {"groups": 2}, {"groups": 1, "scale": False}])
def test_group_normalization_equals_that_of_keras(options):
    x = random_tensor((3, 5, 4, 6), 3, 1)
    layers = [layer(epsilon=1e-2, **options) for layer in (GroupNormalization, keras.layers.GroupNormalization)]
    for layer in layers:
        layer.build(x.shape)
        layer.set_weights([np.linspace(0.5, 1.5, 6) + index for index in range(len(layer.weights))])
    for ours, theirs in zip(*[output_and_gradients(layer, x) for layer in layers], strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-3, atol=1e-4)


class ExplicitNormalization(keras.layers.GroupNormalization):
    """The definition, without `keras.ops.moments`, whose second derivatives are wrong on TensorFlow."""

    def call(self, x):
        grouped = ops.reshape(x, (x.shape[0], self.groups, -1))
        centred = grouped - ops.mean(grouped, axis=2, keepdims=True)
        normalized = centred / ops.sqrt(ops.mean(centred**2, axis=2, keepdims=True) + self.epsilon)
        return ops.reshape(normalized, x.shape) * self.gamma + self.beta


@pytest.mark.parametrize("groups", [1, 2])
def test_group_normalization_of_features_has_the_derivatives_of_its_definition(groups):
    """A dense layer comes first, so that its weights have a second derivative through the normalization."""
    x, results = random_tensor((3, 5), 3, 1), []
    for kind in (GroupNormalization, ExplicitNormalization):
        network = keras.Sequential([Dense(6), kind(groups=groups, epsilon=1e-2)])
        network.build(x.shape)
        shapes = [weight.shape for weight in network.weights]
        network.set_weights([np.cos(np.arange(np.prod(shape)) + len(shape)).reshape(shape) for shape in shapes])
        results.append(output_and_gradients(network, x))
    for ours, theirs in zip(*results, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-3, atol=1e-4)


SHAPES = {"small kernel": ((2, 7, 8, 3), 5)}
if BACKEND == "torch":  # which computes the convolution of a large kernel as a matrix product
    SHAPES["large kernel"] = ((1, 5, 6, 128), 128)


@pytest.mark.parametrize("padding", ["same", "valid"])
@pytest.mark.parametrize(("kernel", "strides"), [(4, 2), (3, 2), (5, 2), (3, 1), (1, 1), (2, 3), ((3, 4), 1)])
@pytest.mark.parametrize(
    ("ours", "theirs"), [(Conv2D, keras.layers.Conv2D), (Conv2DTranspose, keras.layers.Conv2DTranspose)]
)
@pytest.mark.parametrize(("shape", "filters"), SHAPES.values(), ids=SHAPES)
def test_convolutions_equal_those_of_keras(ours, theirs, kernel, strides, padding, shape, filters):
    rng = np.random.default_rng(0)
    x = random_tensor(shape)
    layers = [layer(filters, kernel, strides=strides, padding=padding, activation="tanh") for layer in (ours, theirs)]
    for layer in layers:
        layer.build(shape)
    layers[1].set_weights([rng.normal(0, 0.5 / shape[-1] ** 0.5, weight.shape) for weight in layers[1].get_weights()])
    layers[0].set_weights(layers[1].get_weights())
    for ours, theirs in zip(*[output_and_gradients(layer, x) for layer in layers], strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-3, atol=1e-4 * max(1, abs(theirs).max()))


@pytest.mark.parametrize("shape", [(3, 4), (2, 3, 4), (128, 100)])
@pytest.mark.usefixtures("kernels")
def test_a_dense_layer_and_its_first_and_second_gradients_equal_those_of_keras(shape):
    rng = np.random.default_rng(0)
    x = ops.convert_to_tensor(rng.standard_normal(shape).astype("float32"))
    weights = [rng.standard_normal(size).astype("float32") / 10 for size in ((shape[-1], 120), (120,))]
    results = []
    for layer in (Dense(120, activation="tanh"), keras.layers.Dense(120, activation="tanh")):
        layer.build(shape)
        layer.set_weights(weights)
        results.append(output_and_gradients(layer, x))
    for ours, theirs in zip(*results, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("bit", [0.0, 0.3, 1.0])
@pytest.mark.usefixtures("kernels")
def test_cross_entropy_and_its_gradient_are_exact_for_large_logits(bit):
    x = np.array([-1000.0, -30.0, -2.0, 0.0, 0.5, 30.0, 1000.0], "float32")
    bits = ops.full_like(x, bit)
    expected = np.logaddexp(x, 0.0) - bit * x
    np.testing.assert_allclose(value(backend.cross_entropy(bits, ops.array(x))), expected, rtol=1e-5, atol=1e-6)
    sigmoid = 1 / (1 + np.exp(-np.clip(x.astype("float64"), -80, 80)))
    gradient = backend.input_gradient(lambda x: ops.sum(backend.cross_entropy(bits, x)), ops.array(x))
    np.testing.assert_allclose(value(gradient), sigmoid - bit, rtol=1e-5, atol=1e-7)


LAYERS = {
    "convolution": (lambda: Conv2D(5, 3, strides=2, padding="same"), (2, 8, 8, 3)),
    "convolution to few channels": (lambda: Conv2D(1, 3, padding="same"), (2, 6, 6, 16)),
    "convolution with a large kernel": (lambda: Conv2D(128, 4, strides=2, padding="same"), (1, 4, 4, 128)),
    "transposed convolution": (lambda: Conv2DTranspose(4, 4, strides=2, padding="same"), (2, 4, 4, 3)),
    "transposed convolution with a large kernel": (lambda: Conv2DTranspose(128, 4, strides=2), (1, 4, 4, 128)),
    "dense": (lambda: Dense(4, activation="tanh"), (3, 5)),
    "large dense": (lambda: Dense(120), (128, 100)),
    "batch normalization": (BatchNormalization, (2, 4, 4, 3)),
    "group normalization": (lambda: GroupNormalization(groups=1), (2, 4, 4, 3)),
    "instance normalization": (InstanceNormalization, (2, 4, 4, 3)),
}


@pytest.mark.filterwarnings("ignore:.*torch.jit.script:DeprecationWarning")  # imports of torch.func.jvp
@pytest.mark.parametrize("name", LAYERS)
@pytest.mark.usefixtures("kernels")
def test_forward_mode_derivatives_equal_the_products_with_reverse_mode_gradients(name):
    make, shape = LAYERS[name]
    layer = make()
    layer.build(shape)
    x, direction = random_tensor(shape), random_tensor(shape, 0.5, 0.1)
    output, tangent = ops.jvp(layer, (x,), (direction,))
    np.testing.assert_allclose(value(output), value(layer(x)), rtol=1e-5, atol=1e-5)
    weights = random_tensor(output.shape)  # <w, J v> = <J^T w, v>
    gradient = backend.input_gradient(lambda x: ops.sum(layer(x) * weights), x)
    assert np.vdot(value(weights), value(tangent)) == pytest.approx(
        np.vdot(value(gradient), value(direction)), rel=1e-3, abs=1e-3
    )


@pytest.mark.filterwarnings("ignore:.*torch.jit.script:DeprecationWarning")  # imports of torch.func.jvp
@pytest.mark.usefixtures("kernels")
def test_the_forward_mode_derivative_of_the_cross_entropy():
    logits, direction = random_tensor((7,)), random_tensor((7,), 0.5, 0.1)
    bits = ops.cast(ops.arange(7) % 2, "float32")
    _, tangent = ops.jvp(lambda x: backend.cross_entropy(bits, x), (logits,), (direction,))
    np.testing.assert_allclose(
        value(tangent), (1 / (1 + np.exp(-value(logits))) - value(bits)) * value(direction), rtol=1e-5, atol=1e-6
    )
