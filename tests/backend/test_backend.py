import keras
import numpy as np
import pytest
from keras import ops

import kerasgen
from kerasgen import backend
from kerasgen.layers import BatchNormalization, Conv2D, Conv2DTranspose, Dense, GroupNormalization
from tests.compiled import compiled

BACKEND = keras.backend.backend()


def value(tensor):
    return np.array(ops.convert_to_numpy(tensor))


@pytest.mark.parametrize("shape", [(6, 5), (4, 3, 3, 5)])
def test_batch_normalization_is_that_of_keras(shape):
    rng = np.random.default_rng(0)
    x = (3 * rng.standard_normal(shape) + 1).astype("float32")
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


def test_batch_normalization_of_frozen_layers_uses_the_moving_statistics():
    layer = BatchNormalization()
    layer.build((None, 2))
    layer.trainable = False
    x = np.array([[10.0, 20.0], [30.0, 40.0]], "float32")
    np.testing.assert_allclose(value(layer(x, training=True)), x, rtol=1e-3)


@pytest.mark.parametrize("options", [{"groups": 1}, {"groups": 2}, {"groups": 1, "scale": False}])
def test_group_normalization_is_that_of_keras(options):
    x = ops.convert_to_tensor((3 * np.random.default_rng(0).standard_normal((3, 5, 4, 6)) + 1).astype("float32"))
    layers = [layer(epsilon=1e-2, **options) for layer in (GroupNormalization, keras.layers.GroupNormalization)]
    for layer in layers:
        layer.build(x.shape)
        layer.set_weights([np.linspace(0.5, 1.5, 6) + index for index in range(len(layer.weights))])
    for ours, theirs in zip(*[output_and_gradients(layer, x) for layer in layers], strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("padding", ["same", "valid"])
@pytest.mark.parametrize(("kernel", "strides"), [(4, 2), (3, 2), (5, 2), (3, 1), (1, 1), (2, 3), ((3, 4), 1)])
@pytest.mark.parametrize(
    ("ours", "theirs"), [(Conv2D, keras.layers.Conv2D), (Conv2DTranspose, keras.layers.Conv2DTranspose)]
)
@pytest.mark.parametrize(("shape", "filters"), [((2, 7, 8, 3), 5), ((1, 5, 6, 128), 128)])  # PyTorch: heavy kernels
def test_convolutions_are_those_of_keras(ours, theirs, kernel, strides, padding, shape, filters):
    rng = np.random.default_rng(0)
    x = ops.convert_to_tensor(rng.standard_normal(shape).astype("float32"))
    layers = [layer(filters, kernel, strides=strides, padding=padding, activation="tanh") for layer in (ours, theirs)]
    for layer in layers:
        layer.build(shape)
    layers[1].set_weights([rng.normal(0, 0.5 / shape[-1] ** 0.5, weight.shape) for weight in layers[1].get_weights()])
    layers[0].set_weights(layers[1].get_weights())
    for ours, theirs in zip(*[output_and_gradients(layer, x) for layer in layers], strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-3, atol=1e-4 * max(1, abs(theirs).max()))


@pytest.fixture(params=["as this processor has it", "by oneDNN"] if BACKEND == "torch" else ["as it is"])
def products(request, monkeypatch):
    if request.param == "by oneDNN":
        from kerasgen.backend.torch import kernels as torch_kernels

        assert torch_kernels._ONEDNN_LINEAR is not None
        monkeypatch.setattr(torch_kernels, "_linear", torch_kernels._ONEDNN_LINEAR)


@pytest.mark.parametrize("shape", [(3, 4), (2, 3, 4), (128, 100)])
@pytest.mark.usefixtures("products")
def test_a_dense_layer_and_its_first_and_second_gradients_are_those_of_keras(shape):
    rng = np.random.default_rng(0)
    x = ops.convert_to_tensor(rng.standard_normal(shape).astype("float32"))
    weights = [rng.standard_normal(size).astype("float32") / 10 for size in ((shape[-1], 120), (120,))]
    found = []
    for layer in (Dense(120, activation="tanh"), keras.layers.Dense(120, activation="tanh")):
        layer.build(shape)
        layer.set_weights(weights)
        found.append(output_and_gradients(layer, x))
    for ours, theirs in zip(*found, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-3, atol=1e-4)


def output_and_gradients(layer, x):
    """Return the layer's output, the gradients of its square, and the weights' gradients of a gradient's square."""

    def square(x):
        return ops.sum(layer(x) ** 2)

    def all_of_them(x):
        _, _, pullback = model.differentiate(lambda x: (square(x), ()), variables, [x])
        _, _, pullback_again = model.differentiate(
            lambda: (ops.sum(backend.input_gradient(square, x) ** 2), ()), variables
        )
        first, second = pullback(ops.ones(())), pullback_again(ops.ones(()))
        return layer(x), *first[0], *first[1], *second[0]

    variables, model = layer.trainable_variables, backend.BackendModel()
    return [value(tensor) for tensor in compiled(all_of_them)(x)]


@pytest.mark.skipif(BACKEND != "torch", reason="the only backend that has two libraries for such products")
def test_onednn_multiplies_matrices_that_are_not_small_where_it_is_the_faster_one(monkeypatch):
    import torch

    from kerasgen.backend.torch import kernels as torch_kernels

    monkeypatch.setattr(torch_kernels, "_linear", torch_kernels._ONEDNN_LINEAR)
    x, kernel = torch.rand(128, 100, requires_grad=True), torch.rand(100, 120)
    assert "_Product" in type(backend.dense(x, kernel).grad_fn).__name__
    assert "Mm" in type(backend.dense(x[:1], kernel).grad_fn).__name__
    monkeypatch.setattr(torch_kernels, "_linear", None)
    assert "Mm" in type(backend.dense(x, kernel).grad_fn).__name__


@pytest.mark.skipif(BACKEND != "torch", reason="the only backend whose compiler would have to know our product")
@pytest.mark.filterwarnings("ignore:.*script_method.*:DeprecationWarning")  # torch.compile's own imports
@pytest.mark.usefixtures("products")
def test_torch_compile_takes_products():
    import torch

    x, kernel = torch.rand(128, 100, requires_grad=True), torch.rand(100, 120)
    product = torch.compile(backend.dense)(x, kernel)
    product.sum().backward()
    torch.testing.assert_close(product, x @ kernel)
    torch.testing.assert_close(x.grad, kernel.sum(1).expand_as(x))


@pytest.mark.skipif(BACKEND != "torch", reason="the only backend that does not compile the networks")
@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize("conditional", [False, True])
def test_networks_run_as_keras_calls_them_without_its_calls(conditional, training):
    ours, theirs = discriminators = [small_discriminator(conditional) for _ in range(2)]
    inputs = ops.convert_to_tensor(np.random.default_rng(0).random((4, 8, 8, 1), dtype="float32"))
    inputs = [inputs, ops.convert_to_tensor([0, 1, 2, 1])] if conditional else inputs
    calls = []
    for network in discriminators:
        for layer in network.layers:
            layer.register_forward_hook(lambda *_: calls.append("Keras's"))
    found = backend.run(ours, inputs, training)
    assert not calls
    np.testing.assert_array_equal(value(found), value(theirs(inputs, training=training)))
    assert calls
    for one, other in zip(ours.weights, theirs.weights):  # the statistics among them
        np.testing.assert_array_equal(value(one), value(other))


def small_discriminator(conditional):
    keras.utils.set_random_seed(0)
    options = {"conditional": conditional, "num_classes": 3, "spectral_normalization": conditional}
    return kerasgen.create("dcgan", image_size=8, width=4, **options).discriminator


@pytest.mark.parametrize("training", [False, True])
def test_layers_that_are_other_in_training_are_told(training):
    inputs = keras.Input((50,))
    network = keras.Model(inputs, keras.layers.Dropout(0.5)(keras.layers.GaussianNoise(1.0)(inputs)))
    found = value(backend.run(network, ops.ones((2, 50)), training))
    assert (found == 0).any() == training
    assert (found != 1).any() == training


@pytest.mark.skipif(BACKEND != "torch", reason="the only backend that does not compile the networks")
def test_networks_of_mixed_precision_run_as_keras_calls_them():
    inputs = keras.Input((3,))
    network = keras.Model(inputs, keras.layers.Dense(2, dtype="mixed_bfloat16")(inputs))
    x = ops.ones((1, 3))
    assert keras.backend.standardize_dtype(backend.run(network, x).dtype) == "bfloat16"


def test_adam_steps_are_those_of_keras_adam():
    rng = np.random.default_rng(0)
    shapes = [(2, 3), (4, 4, 2, 3)]
    start = [rng.standard_normal(shape) for shape in shapes]
    x = ops.convert_to_tensor(rng.standard_normal((5, 8, 8, 2)).astype("float32"))
    results = []
    for through_us in (True, False):
        matrix, kernel = (keras.Variable(array.astype("float32")) for array in start)
        optimizer = keras.optimizers.Adam(0.1, beta_1=0.5)
        optimizer.build([matrix, kernel])
        model = backend.BackendModel()
        for scale in (1.0, 1.0, 1e-7, 1.0):  # once so small that epsilon counts
            # a convolution, because PyTorch's gradients of its kernels are not contiguous
            _, _, pullback = model.differentiate(
                lambda k=kernel, m=matrix: (
                    ops.sum(ops.conv(x, k, strides=2, padding="same") ** 2) + ops.sum(m**3),
                    (),
                ),
                [matrix, kernel],
            )
            gradients, _ = pullback(ops.convert_to_tensor(np.float32(scale)))
            if through_us:
                model.apply_gradients(optimizer, gradients, [matrix, kernel])
            else:
                optimizer.apply(gradients, [matrix, kernel])
        results.append([value(variable) for variable in (matrix, kernel, *optimizer.variables)])
    for ours, theirs in zip(*results, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-3, atol=1e-4)  # the steps feed back on the gradients
    assert int(results[0][2]) == 4


def test_gradients_are_those_of_calculus():
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


def test_the_devices_are_named():
    assert any("cpu" in device.lower() for device in backend.devices())


@pytest.mark.skipif(BACKEND != "torch", reason="the only backend that has kernels in an order of its own")
def test_kernels_and_their_moments_lie_in_memory_as_pytorch_reads_them():
    model = kerasgen.create("dcgan", image_size=8, width=2, latent_dim=2)
    model.fit(np.zeros((2, 8, 8, 1), "float32"), verbose=0)
    kernels = [v.value for v in [*model.trainable_variables, *model.optimizer.variables] if len(v.shape) == 4]
    assert len(kernels) == 2 * 3  # of both players; with two moments each
    assert all(kernel.permute(3, 0, 1, 2).is_contiguous() for kernel in kernels)


@pytest.mark.parametrize("bit", [0.0, 0.3, 1.0])
def test_cross_entropy_and_its_gradient(bit):
    x = np.array([-1000.0, -30.0, -2.0, 0.0, 0.5, 30.0, 1000.0], "float32")
    bits = ops.full_like(x, bit)
    expected = np.logaddexp(x, 0.0) - bit * x
    np.testing.assert_allclose(value(backend.cross_entropy(bits, ops.array(x))), expected, rtol=1e-5, atol=1e-6)
    sigmoid = 1 / (1 + np.exp(-np.clip(x.astype("float64"), -80, 80)))
    gradient = backend.input_gradient(lambda x: ops.sum(backend.cross_entropy(bits, x)), ops.array(x))
    np.testing.assert_allclose(value(gradient), sigmoid - bit, rtol=1e-5, atol=1e-7)


@pytest.mark.skipif(BACKEND != "torch", reason="the only backend that keeps tensors from step to step")
def test_adam_steps_on_weights_that_were_assigned_between_steps():
    model = kerasgen.create("autoencoder", image_size=8, hidden_dim=4, latent_dim=2)
    images = np.random.default_rng(0).random((8, 8, 8, 1), dtype="float32")
    model.train_on_batch(images)
    kernel = model.trainable_variables[0]
    before = value(kernel)
    kernel.assign(kernel + 1.0)
    for moment in model.optimizer.variables:
        if moment.path.endswith(("_momentum", "_velocity")):
            moment.assign(ops.zeros_like(moment))
    model.train_on_batch(images)
    assert 0 < abs(value(kernel) - before - 1.0).max() < 0.01
    largest = max(abs(value(each)).max() for each in model.optimizer.variables if each.path.endswith("_momentum"))
    assert largest > 0
