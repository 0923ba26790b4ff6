"""`backend.compiled`: a pure function of tensors as one program, and `backend.run`: a network without overhead."""

import gc
import time
import weakref

import keras
import numpy as np
import pytest
from keras import ops

import kerasgen
from kerasgen import backend
from kerasgen.errors import UsageError

BACKEND = keras.backend.backend()


def value(tensor):
    return np.array(ops.convert_to_numpy(tensor))


class Sampler:
    """Takes steps away from the output of a network."""

    def __init__(self, network):
        self.network = network
        self.traces = 0

    def sample(self, x, steps, labels=None, sign=-1.0):
        self.traces += 1

        def step(i, x):
            return x + sign * (ops.cast(i, "float32") + 1.0) * backend.run(self.network, x)

        x = ops.fori_loop(0, steps, step, x)
        return {"x": x, "labels": labels}


@pytest.fixture
def sampler():
    keras.utils.set_random_seed(0)
    layers = [keras.Input((8,)), keras.layers.Dense(16, "relu"), keras.layers.Dropout(0.5), keras.layers.Dense(8)]
    return Sampler(keras.Sequential(layers))


X = np.random.default_rng(0).random((4, 8), dtype="float32")


def expected(sampler, x=X, steps=10, sign=-1.0):
    for i in range(steps):
        x = x + sign * (i + 1) * sampler.network.predict(x, verbose=0)
    return x


@pytest.mark.slow
def test_a_loop_gives_the_values_of_its_steps(sampler):
    outputs = backend.compiled(sampler.sample)(X, 10)
    scale = abs(expected(sampler)).max()
    np.testing.assert_allclose(value(outputs["x"]), expected(sampler), atol=1e-5 * scale)
    assert outputs["labels"] is None


def test_it_reads_the_weights_at_each_call(sampler):
    program = backend.compiled(sampler.sample)
    before = value(program(X, 2)["x"])
    sampler.network.compile("sgd", "mse")
    sampler.network.fit(X, X, verbose=0)
    after = value(program(X, 2)["x"])
    assert abs(after - before).max() > 1e-3
    np.testing.assert_allclose(after, expected(sampler, steps=2), rtol=1e-4, atol=1e-5)


def test_programs_are_cached_by_the_function_the_shapes_and_the_constants(sampler):
    for x in (X, X, X[:2], X[:2]):
        for steps in (2, 3):
            backend.compiled(sampler.sample)(x, steps)
    if BACKEND != "torch":  # which traces nothing
        assert sampler.traces == {"tensorflow": 2, "jax": 2 * 2}[BACKEND]  # JAX looks for the variables first
    outputs = backend.compiled(sampler.sample, sign=1.0)(X, 2)
    np.testing.assert_allclose(value(outputs["x"]), expected(sampler, steps=2, sign=1.0), rtol=1e-4, atol=1e-5)


def test_other_objects_have_other_programs(sampler):
    other = Sampler(keras.Sequential([keras.Input((8,)), keras.layers.Dense(8, kernel_initializer="zeros")]))
    np.testing.assert_array_equal(value(backend.compiled(other.sample)(X, 3)["x"]), X)
    assert abs(value(backend.compiled(sampler.sample)(X, 3)["x"]) - X).max() > 0.1


def test_a_program_does_not_keep_its_model_alive(sampler):
    sampler = Sampler(sampler.network)
    backend.compiled(sampler.sample)(X, 2)
    reference = weakref.ref(sampler)
    del sampler
    gc.collect()
    assert reference() is None


def test_a_function_is_kept_for_as_long_as_its_program():
    program = backend.compiled(lambda x: x + 1.0)
    gc.collect()
    np.testing.assert_array_equal(value(program(X)), X + 1)
    np.testing.assert_array_equal(value(program(X[:1])), X[:1] + 1)


def test_programs_can_be_nested(sampler):
    def twice(x):
        once = backend.compiled(sampler.sample)
        return once(once(x, 2)["x"], 2)["x"]

    program = backend.compiled(twice)
    program(X)
    for variable in sampler.network.variables:
        variable.assign(0.5 * variable if variable.dtype == "float32" else variable)
    two = expected(sampler, expected(sampler, steps=2), steps=2)
    np.testing.assert_allclose(value(program(X)), two, rtol=1e-4, atol=1e-4)


def test_an_assignment_is_refused(sampler):
    kernel = sampler.network.layers[0].kernel
    before = value(kernel)

    def assign(x):
        kernel.assign(2.0 * kernel)
        return x

    with pytest.raises(UsageError, match=r"assigns to the variable .*kernel; a compiled function may only read"):
        backend.compiled(assign)(X)
    np.testing.assert_array_equal(value(kernel), before)


@pytest.mark.slow
def test_ten_steps_in_one_program_cost_less_than_ten_calls_of_predict(sampler):
    program, network = backend.compiled(sampler.sample), sampler.network

    def ten_calls():
        for _ in range(10):
            network.predict(X, verbose=0)

    def best(function):
        function()
        durations = []
        for _ in range(3):
            start = time.perf_counter()
            function()
            durations.append(time.perf_counter() - start)
        return min(durations)

    assert best(lambda: value(program(X, 10)["x"])) < best(ten_calls)


# -- run


@pytest.mark.skipif(BACKEND != "torch", reason="the only backend that does not compile the networks")
@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize("conditional", [False, True])
def test_run_gives_the_outputs_of_a_network_without_its_calls(conditional, training):
    ours, theirs = discriminators = [small_discriminator(conditional) for _ in range(2)]
    inputs = ops.convert_to_tensor(np.random.default_rng(0).random((4, 8, 8, 1), dtype="float32"))
    inputs = [inputs, ops.convert_to_tensor([0, 1, 2, 1])] if conditional else inputs
    calls = []
    for network in discriminators:
        for layer in network.layers:
            layer.register_forward_hook(lambda *_: calls.append("Keras's"))
    outputs = backend.run(ours, inputs, training)
    assert not calls
    np.testing.assert_array_equal(value(outputs), value(theirs(inputs, training=training)))
    assert calls
    for one, other in zip(ours.weights, theirs.weights):  # including the statistics
        np.testing.assert_array_equal(value(one), value(other))


def small_discriminator(conditional):
    keras.utils.set_random_seed(0)
    options = {"conditional": conditional, "num_classes": 3, "spectral_normalization": conditional}
    return kerasgen.create("dcgan", image_size=8, width=4, **options).discriminator


@pytest.mark.parametrize("training", [False, True])
def test_run_passes_training_to_the_layers(training):
    inputs = keras.Input((50,))
    network = keras.Model(inputs, keras.layers.Dropout(0.5)(keras.layers.GaussianNoise(1.0)(inputs)))
    outputs = value(backend.run(network, ops.ones((2, 50)), training))
    assert (outputs == 0).any() == training
    assert (outputs != 1).any() == training


@pytest.mark.skipif(BACKEND != "torch", reason="the only backend that does not compile the networks")
def test_run_calls_networks_of_mixed_precision():
    inputs = keras.Input((3,))
    network = keras.Model(inputs, keras.layers.Dense(2, dtype="mixed_bfloat16")(inputs))
    x = ops.ones((1, 3))
    assert keras.backend.standardize_dtype(backend.run(network, x).dtype) == "bfloat16"
