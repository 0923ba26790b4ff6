"""Properties of every layer on every backend. The test file of a layer gives its arguments and its values in NumPy."""

import json

import keras
import numpy as np
import pytest

from kerasgen import backend
from tests.compiled import compiled
from tests.tensors import array, tensor


def values(variables):
    return [array(variable) for variable in variables]


class LayerCase:
    """Subclasses set the class attributes and define `expected`."""

    layer: type
    arguments: dict = {}
    shapes = ((3, 5, 6, 4),)  # of the inputs; several for a layer that takes a list
    differs_in_training = False
    updates = ()  # names of the weights that training changes without a gradient
    depends_on_the_batch = False
    tolerance = 1e-5

    def expected(self, weights, *inputs, training):
        """Return the outputs for NumPy inputs and a dict of name -> weight, in NumPy."""
        raise NotImplementedError

    # -- set-up

    def make(self, **options):
        """Return a built layer with weights other than the initial ones."""
        layer = self.layer(**(self.arguments | options))
        layer(self.inputs())
        rng = np.random.default_rng(1)
        layer.set_weights([rng.uniform(0.5, 1.5, variable.shape) for variable in layer.weights])
        return layer

    def examples(self, seed=0):
        rng = np.random.default_rng(seed)
        return [rng.standard_normal(shape).astype("float32") for shape in self.shapes]

    def inputs(self, examples=None):
        tensors = [tensor(x) for x in (self.examples() if examples is None else examples)]
        return tensors if len(tensors) > 1 else tensors[0]

    def symbolic(self):
        inputs = [keras.Input(shape[1:]) for shape in self.shapes]
        return inputs if len(inputs) > 1 else inputs[0]

    def run(self, layer, inputs, training):
        takes_training = self.differs_in_training or self.updates
        return layer(inputs, training=training) if takes_training else layer(inputs)

    def weights(self, layer):
        return {variable.path.split("/")[-1]: array(variable) for variable in layer.weights}

    # -- values

    @pytest.mark.parametrize("training", [False, True])
    def test_values_are_those_of_numpy(self, training):
        layer = self.make()
        weights = self.weights(layer)
        found = array(self.run(layer, self.inputs(), training))
        expected = self.expected(weights, *(x.astype("float64") for x in self.examples()), training=training)
        np.testing.assert_allclose(found, expected, rtol=1e-4, atol=self.tolerance)

    def test_training_and_inference_differ_only_where_they_should(self):
        layer = self.make()
        before = self.weights(layer)
        inference = array(self.run(layer, self.inputs(), False))
        assert all(np.array_equal(before[name], value) for name, value in self.weights(layer).items())
        training = array(self.run(layer, self.inputs(), True))
        assert np.allclose(inference, training, atol=1e-4) != self.differs_in_training
        changed = {name for name, value in self.weights(layer).items() if not np.array_equal(before[name], value)}
        assert changed == set(self.updates)

    def test_an_example_depends_on_the_batch_only_where_it_should(self):
        mixed = [np.concatenate([x[:1], y[1:]]) for x, y in zip(self.examples(), self.examples(seed=2))]
        first = [array(self.run(self.make(), self.inputs(x), True))[0] for x in (self.examples(), mixed)]
        assert np.allclose(*first, atol=1e-5) != self.depends_on_the_batch

    def test_every_trainable_weight_and_the_first_input_have_a_gradient(self):
        layer, model = self.make(), backend.BackendModel()
        factors = np.random.default_rng(3).standard_normal(tuple(layer(self.inputs()).shape))

        def gradients(first, *others):
            def loss(x):
                return keras.ops.sum(layer([x, *others] if others else x) * tensor(factors)), ()

            _, _, pullback = model.differentiate(loss, layer.trainable_variables, [first])
            of_weights, of_inputs = pullback(keras.ops.ones(()))
            return [*of_weights, *of_inputs]

        for gradient in compiled(gradients)(*map(tensor, self.examples())):
            assert np.isfinite(array(gradient)).all()
            assert np.any(array(gradient))

    # -- shapes and types

    def test_the_symbolic_shape_is_that_of_the_outputs(self):
        symbolic = self.layer(**self.arguments)(self.symbolic())
        for batch in (1, 3):
            outputs = self.layer(**self.arguments)(self.inputs([x[:batch] for x in self.examples()]))
            assert tuple(outputs.shape) == (batch, *symbolic.shape[1:])
        assert symbolic.shape[0] is None

    @pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16"])
    def test_mixed_precision_computes_in_half_and_keeps_float32_weights(self, policy):
        layer, exact = self.make(dtype=policy), self.make()
        assert {variable.dtype for variable in layer.weights} <= {"float32"}
        outputs = self.run(layer, self.inputs(), training=True)
        assert keras.backend.standardize_dtype(outputs.dtype) == policy.removeprefix("mixed_")
        expected = array(self.run(exact, self.inputs(), training=True))
        found = array(keras.ops.cast(outputs, "float32"))
        np.testing.assert_allclose(found, expected, atol=0.05 * max(1.0, np.abs(expected).max()))

    # -- files

    def test_the_config_holds_every_argument(self):
        layer = self.make(name="own_name")
        again = self.layer.from_config(json.loads(json.dumps(layer.get_config())))
        again(self.inputs())
        assert json.dumps(again.get_config()) == json.dumps(layer.get_config())
        assert again.name == "own_name"
        assert [variable.shape for variable in again.weights] == [variable.shape for variable in layer.weights]
        again.set_weights(layer.get_weights())
        np.testing.assert_array_equal(array(again(self.inputs())), array(layer(self.inputs())))

    def test_a_saved_network_is_read_by_keras(self, tmp_path):
        inputs = self.symbolic()
        network = keras.Model(inputs, self.layer(**self.arguments)(inputs))
        network.set_weights(self.make().get_weights())
        network.save(tmp_path / "network.keras")
        again = keras.saving.load_model(tmp_path / "network.keras")
        assert any(type(layer) is self.layer for layer in again.layers)
        for a, b in zip(values(network.weights), values(again.weights), strict=True):
            np.testing.assert_array_equal(a, b)
        np.testing.assert_array_equal(array(network(self.inputs())), array(again(self.inputs())))
