"""One step of a Keras optimizer, and the fused kernels for Adam."""

import keras
import numpy as np
import pytest
from keras import ops

import kerasgen
from kerasgen import backend
from kerasgen.backend import fused_adam, switches

BACKEND = keras.backend.backend()


def value(tensor):
    return np.array(ops.convert_to_numpy(tensor))


def test_adam_steps_equal_those_of_keras():
    rng = np.random.default_rng(0)
    start = [rng.standard_normal(shape) for shape in [(2, 3), (4, 4, 2, 3)]]
    x = ops.convert_to_tensor(rng.standard_normal((5, 8, 8, 2)).astype("float32"))
    results = []
    for ours in (True, False):
        matrix, kernel = (keras.Variable(array.astype("float32")) for array in start)
        optimizer = keras.optimizers.Adam(0.1, beta_1=0.5)
        optimizer.build([matrix, kernel])
        model = backend.BackendModel()
        for scale in (1.0, 1.0, 1e-7, 1.0):  # one gradient is so small that epsilon matters
            # a convolution, because PyTorch's gradients of its kernels are not contiguous
            _, _, pullback = model.differentiate(
                lambda k=kernel, m=matrix: (
                    ops.sum(ops.conv(x, k, strides=2, padding="same") ** 2) + ops.sum(m**3),
                    (),
                ),
                [matrix, kernel],
            )
            gradients, _ = pullback(ops.convert_to_tensor(np.float32(scale)))
            if ours:
                model.apply_gradients(optimizer, gradients, [matrix, kernel])
            else:
                optimizer.apply(gradients, [matrix, kernel])
        results.append([value(variable) for variable in (matrix, kernel, *optimizer.variables)])
    for ours, theirs in zip(*results, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-3, atol=1e-4)  # differences grow from step to step
    assert int(results[0][2]) == 4


VARIABLE = keras.Variable([1.0, 2.0], name="a")


def plain(optimizer, gradients=(1.0,)):
    variables = [VARIABLE]
    optimizer.build(variables)
    return fused_adam.is_plain_adam(optimizer, gradients, variables)


def test_a_step_is_plain_adam_only_without_additions(monkeypatch):
    adam = keras.optimizers.Adam
    assert plain(adam())
    assert plain(adam(keras.optimizers.schedules.ExponentialDecay(0.1, 10, 0.5), beta_1=0.0, epsilon=1e-3))
    for options in (
        {"amsgrad": True},
        {"clipnorm": 1.0},
        {"clipvalue": 1.0},
        {"global_clipnorm": 1.0},
        {"gradient_accumulation_steps": 2},
        {"loss_scale_factor": 2.0},
        {"use_ema": True},
        {"weight_decay": 0.1},
    ):
        assert not plain(adam(**options)), options
    assert not plain(keras.optimizers.AdamW())
    assert not plain(keras.optimizers.SGD())
    assert not plain(adam(), [None])
    monkeypatch.setattr(switches, "fused_adam", False)
    assert not plain(adam())


def test_the_moments_are_those_of_the_variables_in_their_order():
    first, second = keras.Variable([1.0], name="first"), keras.Variable([2.0, 3.0], name="second")
    optimizer = keras.optimizers.Adam()
    optimizer.build([first, second])
    momenta, velocities = fused_adam.moments(optimizer, [first, second])
    assert [moment.shape for moment in momenta] == [moment.shape for moment in velocities] == [(1,), (2,)]
    assert all(moment.path.endswith("_momentum") for moment in momenta)
    assert fused_adam.moments(optimizer, [first]) is None
    assert fused_adam.moments(optimizer, [second, first]) is None


@pytest.mark.skipif(BACKEND != "torch", reason="only PyTorch has its own memory layout of kernels")
def test_kernels_and_their_moments_have_the_memory_layout_that_pytorch_reads():
    model = kerasgen.create("dcgan", image_size=8, width=2, hidden_dim=4, latent_dim=2)
    model.fit(np.zeros((2, 8, 8, 1), "float32"), verbose=0)
    kernels = [v.value for v in [*model.trainable_variables, *model.optimizer.variables] if len(v.shape) == 4]
    assert len(kernels) == 2 * 3  # one of each player, with two moments
    assert all(kernel.permute(3, 0, 1, 2).is_contiguous() for kernel in kernels)


@pytest.mark.skipif(BACKEND != "torch", reason="only on PyTorch tensors are kept from step to step")
def test_adam_steps_use_weights_that_were_assigned_between_steps():
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
