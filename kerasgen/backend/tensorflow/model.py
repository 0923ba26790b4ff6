"""TensorFlow: the model class, and gradients by `tf.GradientTape`."""

import contextlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import keras
import tensorflow as tf

from kerasgen.backend import switches
from kerasgen.backend.reference import directional_derivative  # noqa: F401
from kerasgen.backend.tensorflow.batches import fit_arguments
from kerasgen.backend.tensorflow.optimizers import apply_gradients
from kerasgen.backend.tensorflow.replicas import weighted_step
from kerasgen.backend.tensorflow.steps import GROUP_SIZE, StepFunctions


class BackendModel(keras.Model):
    """A `keras.Model` whose `train_step(data)` and `test_step(data)` run in each replica."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._functions = StepFunctions(self)

    def fit(self, *args: Any, **kwargs: Any) -> keras.callbacks.History:
        """Train as `keras.Model.fit` does. On one device, arrays are sliced as `batches.py` describes."""
        if self._replicas > 1:
            return super().fit(*args, **kwargs)
        return super().fit(**fit_arguments(super().fit, args, kwargs))

    @contextlib.contextmanager
    def grouped_steps(self) -> Iterator[None]:
        """Context manager that takes several steps per execution, because TensorFlow starts one in a millisecond."""
        if self.run_eagerly or self.steps_per_execution > 1 or self._replicas > 1 or not switches.grouped_steps:
            yield
            return
        self.steps_per_execution = GROUP_SIZE
        try:
            yield
        finally:
            self.steps_per_execution = 1

    @property
    def _replicas(self):
        return self.distribute_strategy.num_replicas_in_sync

    def make_train_function(self, force: bool = False) -> Any:
        """Build Keras's train function for the current number of steps per execution, with weighted replicas."""
        with self._functions.select("train_function", force), self._weighted("train_step"):
            return super().make_train_function(force=force)

    def make_test_function(self, force: bool = False) -> Any:
        """Build Keras's test function for the current number of steps per execution, with weighted replicas."""
        with self._functions.select("test_function", force), self._weighted("test_step"):
            return super().make_test_function(force=force)

    def make_predict_function(self, force: bool = False) -> Any:
        """Build Keras's predict function for the current number of steps per execution."""
        with self._functions.select("predict_function", force):
            return super().make_predict_function(force=force)

    def _maybe_symbolic_build(self, iterator=None, data_batch=None):
        """Do nothing: our models are built, and Keras computes a batch's shape by adding the parts of the replicas."""

    @contextlib.contextmanager
    def _weighted(self, name):
        """Context manager in which `self.<name>` sets the weight of its replica, for Keras to build its function."""
        if self._replicas == 1:
            yield
            return
        several_hosts = isinstance(self.distribute_strategy, tf.distribute.MultiWorkerMirroredStrategy)
        object.__setattr__(self, name, weighted_step(getattr(self, name), several_hosts))
        try:
            yield
        finally:
            object.__delattr__(self, name)

    def differentiate(
        self, function: Callable, variables: Sequence[keras.Variable], inputs: Sequence[Any] = ()
    ) -> tuple[Any, Any, Callable]:
        """Run `function(*inputs)`, which returns `(output, auxiliary)`; see `jax/model.py`."""
        values, inputs = [variable.value for variable in variables], list(inputs)
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch([*values, *inputs])
            output, auxiliary = function(*inputs)

        def pullback(cotangent):
            gradients = tape.gradient(output, [*values, *inputs], output_gradients=cotangent)
            return gradients[: len(values)], gradients[len(values) :]

        return output, auxiliary, pullback

    def apply_gradients(
        self, optimizer: keras.optimizers.Optimizer, gradients: Sequence[Any], variables: Sequence[keras.Variable]
    ) -> None:
        """Take one step of `optimizer`."""
        apply_gradients(optimizer, gradients, variables)


def input_gradient(function: Callable, x: Any) -> Any:
    """Return the gradient of `sum(function(x))` with respect to `x`; see `jax/model.py`."""
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = function(x)
    return tape.gradient(y, x)
