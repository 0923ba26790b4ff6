"""One test for each private name of Keras. The name of a test says what breaks if Keras changes the name."""

import inspect
import sys

import keras
import numpy as np
import pytest
from keras import ops

from kerasgen.backend import keras_internals

BACKEND = keras.backend.backend()


def value(tensor):
    return np.array(ops.convert_to_numpy(tensor))


# -- keras.src.backend.common.global_state, keras.src.saving.saving_lib.get_attr_skipset


@pytest.mark.once
def test_a_save_makes_no_blank_objects_of_which_tensorflow_would_never_free_an_optimizer():
    from keras.src.saving import saving_lib

    keras_internals.cache_saved_attributes()
    for kind in ("Layer", "Functional", "Sequential", "Metric", "Optimizer", "Loss"):
        assert saving_lib.get_attr_skipset(kind) is saving_lib.get_attr_skipset(kind)
    assert "iterations" in saving_lib.get_attr_skipset("Optimizer")


# -- keras.src.utils.module_utils.tensorflow and its attribute `available`


@pytest.mark.slow
@pytest.mark.once
@pytest.mark.parametrize("tensorflow", ["installed", "missing"])
def test_keras_imports_tensorflow_to_seed_and_to_save_on_other_backends(tensorflow, run_script, tmp_path):
    code = """
import sys
if sys.argv[1] == "missing":
    sys.modules["tensorflow"] = None
from kerasgen.cli.light_keras import imported_lightly
with imported_lightly():
    import keras, numpy as np
from kerasgen.backend import keras_internals
from keras.src.utils.module_utils import tensorflow
before = type(tensorflow)
undo = keras_internals.leave_tensorflow_alone()
keras.utils.set_random_seed(0)
model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
model.save(sys.argv[2])
keras.models.clone_model(keras.saving.load_model(sys.argv[2]))
assert sys.modules.get("tensorflow") is None
keras_internals.leave_tensorflow_alone()()  # a second call changes nothing and undoes nothing
assert not tensorflow.available
undo()
assert type(tensorflow) is before
if sys.argv[1] == "installed":
    keras.utils.set_random_seed(0)
    assert "tensorflow" in sys.modules, "Keras leaves TensorFlow alone: delete leave_tensorflow_alone"
"""
    run_script(code, tensorflow, tmp_path / "model.keras", backend="torch")


# -- Model._initial_epoch


def test_a_resumed_run_begins_at_its_epoch():
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    x = np.zeros((2, 2), "float32")
    keras_internals.set_initial_epoch(model, 3)
    assert model.fit(x, x[:, :1], epochs=5, verbose=0).epoch == [3, 4]
    keras_internals.set_initial_epoch(model, None)
    assert model.fit(x, x[:, :1], epochs=2, verbose=0).epoch == [0, 1]


# -- Optimizer._learning_rate


def test_a_schedule_is_reported_as_its_current_value():
    schedule = keras.optimizers.schedules.ExponentialDecay(0.1, 10, 0.5)
    assert keras_internals.learning_rate_of(keras.optimizers.SGD(schedule)) is schedule
    constant = keras_internals.learning_rate_of(keras.optimizers.SGD(0.25))
    assert float(value(constant)) == 0.25


# -- keras.src.models.functional.Functional, keras.src.models.sequential.Sequential and Sequential._functional,
# -- Functional._nodes_by_depth and the attributes of its nodes (on PyTorch)


def calls_of(network, inputs, training=False):
    """Return the number of calls of layers in `run_layers`; its outputs must equal those of the network."""
    calls, original = [], keras.layers.Layer.__call__

    def counted(layer, *args, **kwargs):
        calls.append(layer)
        return original(layer, *args, **kwargs)

    keras.layers.Layer.__call__ = counted
    try:
        outputs = keras_internals.run_layers(network, inputs, training)
    finally:
        keras.layers.Layer.__call__ = original
    expected = network(inputs, training=training)
    for one, other in zip(keras.tree.flatten(outputs), keras.tree.flatten(expected), strict=True):
        np.testing.assert_allclose(value(one), value(other), rtol=1e-6, atol=1e-6)
    return len(calls)


X = np.random.default_rng(0).random((3, 4), dtype="float32")


def functional():
    x = keras.Input((4,))
    labels = keras.Input((), dtype="int32")
    shared = keras.layers.Dense(4, "relu", name="shared")
    y = keras.layers.Concatenate()([shared(shared(x)), ops.one_hot(labels, 3)])
    y = keras.layers.BatchNormalization()(keras.layers.Reshape((7, 1))(y))
    nested = keras.Sequential([keras.Input((7, 1)), keras.layers.Flatten(), keras.layers.Dense(2), keras.layers.ReLU()])
    return keras.Model([x, labels], [nested(y), ops.tanh(y)])


@pytest.mark.once
@pytest.mark.parametrize("training", [False, True])
def test_a_functional_model_runs_with_the_overhead_of_each_call(training):
    inputs = [ops.convert_to_tensor(X), ops.convert_to_tensor([0, 2, 1])]
    network = functional()
    for layer in network.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.momentum = 1.0  # the two runs in training must not differ in the statistics
    assert calls_of(network, inputs, training) == 0


@pytest.mark.once
def test_a_sequential_model_runs_with_the_overhead_of_each_call():
    network = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, "relu"), keras.layers.Dense(2)])
    x = ops.convert_to_tensor(X)
    assert calls_of(network, x) == 0
    network.add(keras.layers.Dense(5))
    assert calls_of(network, x) == 0
    assert keras_internals.run_layers(network, x, False).shape == (3, 5)


class OwnCall(keras.Sequential):
    def call(self, inputs, training=None, mask=None):
        return 2.0 * super().call(inputs, training=training, mask=mask)


class OwnLayerCall(keras.layers.Dense):
    def call(self, inputs, training=None):
        return super().call(inputs) * (2.0 if training else 1.0)


@pytest.mark.once
@pytest.mark.parametrize(
    "make",
    [
        lambda: OwnCall([keras.Input((4,)), keras.layers.Dense(3)]),
        lambda: keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, activity_regularizer="l2")]),
        lambda: keras.Sequential([keras.Input((4,)), keras.layers.Reshape((2, 2)), keras.layers.Masking()]),
        lambda: keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, dtype="mixed_bfloat16")]),
        lambda: keras.Sequential([keras.layers.Dense(3)]),  # not built
    ],
    ids=["own call", "activity regularizer", "mask", "mixed precision", "not built"],
)
def test_a_network_that_needs_its_calls_has_them(make):
    assert calls_of(make(), ops.convert_to_tensor(X)) > 0


@pytest.mark.once
def test_networks_with_dicts_have_their_calls():
    x = {"a": keras.Input((4,), name="a"), "b": keras.Input((4,), name="b")}
    network = keras.Model(x, keras.layers.Add()([x["a"], x["b"]]))
    assert calls_of(network, {"a": ops.convert_to_tensor(X), "b": ops.convert_to_tensor(2 * X)}) > 0


@pytest.mark.once
def test_a_layer_with_a_call_of_its_own_gets_the_argument_training():
    network = keras.Sequential([keras.Input((4,)), OwnLayerCall(3)])
    for training in (False, True):
        assert calls_of(network, ops.convert_to_tensor(X), training) == 0


# -- keras.src.ops.nn.OneHot and its attributes


def test_a_one_hot_operation_is_not_found_in_a_network():
    network = functional()
    operations = [operation for operation in network.operations if keras_internals.is_one_hot(operation)]
    assert len(operations) == 1
    assert operations[0].num_classes == 3
    labels = keras.Input((2,), dtype="int32")
    first_axis = keras.Model(labels, ops.one_hot(labels, 3, axis=1))
    assert not any(keras_internals.is_one_hot(operation) for operation in first_axis.operations)


# -- names that the models override


@pytest.mark.skipif(BACKEND != "tensorflow", reason="for TensorFlow only")
def test_keras_builds_a_model_with_a_batch_whose_shape_adds_up_the_replicas():
    assert "_maybe_symbolic_build" in inspect.getsource(keras.Model.fit)


@pytest.mark.skipif(BACKEND != "jax", reason="for JAX only")
def test_a_step_on_jax_tracks_its_state_which_takes_a_tenth_of_a_small_one():
    assert "self._jax_state = {" in inspect.getsource(keras.Model.fit)


# -- names that the tests of other files hold


@pytest.mark.once
def test_no_other_file_uses_private_names():
    from pathlib import Path

    root = Path(sys.modules["kerasgen"].__file__).parent
    users = {path.name for path in root.rglob("*.py") if "from keras.src" in path.read_text()}
    assert users == {"keras_internals.py"}


# -- KerasTensor._keras_history, Operation._inbound_nodes


@pytest.mark.once
def test_the_operation_that_makes_a_symbolic_tensor_is_found():
    inputs = keras.Input((4,))
    dense = keras.layers.Dense(2)
    outputs = dense(inputs)
    operation, sources, index = keras_internals.node_of(outputs)
    assert operation is dense
    assert [id(each) for each in sources] == [id(inputs)]
    assert index == 0
    assert keras_internals.node_of(inputs)[1] == []
