"""JAX: the model class, and gradients by `jax.vjp`."""

import contextlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import jax
import keras
from keras import ops

from kerasgen.backend.jax.batches import fit_arguments
from kerasgen.backend.jax.optimizers import apply_gradients
from kerasgen.backend.jax.steps import keep_state, pure_step
from kerasgen.backend.reference import directional_derivative  # noqa: F401


class BackendModel(keras.Model):
    """A `keras.Model` whose `train_step(data)` and `test_step(data)` assign variables, also on JAX."""

    def __setattr__(self, name, value):
        # Keras stores the state here after every step. Tracking it, as a layer does with every attribute, finds
        # nothing and takes a tenth of a small model's step.
        if name == "_jax_state":
            object.__setattr__(self, name, value)
        else:
            super().__setattr__(name, value)

    def fit(self, *args: Any, **kwargs: Any) -> keras.callbacks.History:
        """Train as `keras.Model.fit` does."""
        return super().fit(**fit_arguments(super().fit, args, kwargs))

    def grouped_steps(self) -> contextlib.AbstractContextManager:
        """Context manager that does nothing: on JAX Keras takes one step per execution."""
        return contextlib.nullcontext()

    def make_train_function(self, force: bool = False) -> None:
        """Build Keras's train function from the step as `(state, data) -> (logs, state)`."""
        with self._pure("train_step", self._train_state):
            super().make_train_function(force=force)
        self.train_function = keep_state(self.train_function, self._train_state)

    def make_test_function(self, force: bool = False) -> None:
        """Build Keras's test function from the step as `(state, data) -> (logs, state)`."""
        with self._pure("test_step", self._test_state):
            super().make_test_function(force=force)
        self.test_function = keep_state(self.test_function, self._test_state)

    def _train_state(self):
        return (
            self.trainable_variables,
            self.non_trainable_variables,
            self.optimizer.variables,
            self.metrics_variables,
        )

    def _test_state(self):
        return self.trainable_variables, self.non_trainable_variables, self.metrics_variables

    @contextlib.contextmanager
    def _pure(self, name, variables) -> Iterator[None]:
        """Context manager in which `self.<name>` is the pure step, for Keras to build its function from."""
        object.__setattr__(self, name, pure_step(getattr(self, name), variables))
        try:
            yield
        finally:
            object.__delattr__(self, name)

    def differentiate(
        self, function: Callable, variables: Sequence[keras.Variable], inputs: Sequence[Any] = ()
    ) -> tuple[Any, Any, Callable]:
        """Run `function(*inputs)` and prepare its gradients (a vector-Jacobian product).

        Args:
            function: Returns `(output, auxiliary)`: the tensor to differentiate, and any nest of tensors.
            variables: Variables to differentiate with respect to. All others are constants.
            inputs: Arguments of `function`. They are also differentiated with respect to.

        Returns:
            `(output, auxiliary, pullback)`. `pullback(cotangent)` takes the gradient of a loss with respect to
            `output` and returns two lists: its gradients with respect to the variables and to the inputs.
            A gradient is `None` (zeros on JAX) if the output does not depend on the variable or input.
        """
        owned = {id(variable) for variable in variables}
        others = [(variable, variable.value) for variable in self.variables if id(variable) not in owned]

        def pure(values, inputs):
            # A nested scope does not see the outer one, so it gets the current value of every variable.
            mapping = [*others, *zip(variables, values)]
            with _AssignedAsConstants(state_mapping=mapping) as scope:
                output, auxiliary = function(*inputs)
            return output, (auxiliary, [scope.get_current_value(variable) for variable, _ in others])

        values = [variable.value for variable in variables]
        output, pull, (auxiliary, updated) = jax.vjp(pure, values, list(inputs), has_aux=True)
        for (variable, before), after in zip(others, updated):
            if after is not before:
                variable.assign(after)
        return output, auxiliary, lambda cotangent: pull(ops.cast(cotangent, output.dtype))

    def apply_gradients(
        self, optimizer: keras.optimizers.Optimizer, gradients: Sequence[Any], variables: Sequence[keras.Variable]
    ) -> None:
        """Take one step of `optimizer`."""
        apply_gradients(optimizer, gradients, variables)


class _AssignedAsConstants(keras.StatelessScope):
    """Scope in which an assigned value is a constant when it is read, as on the other backends.

    Otherwise a gradient penalty would have a gradient through the moving averages that the pass before it assigned.
    """

    def add_update(self, update):
        """Assign a value; `update` is `(variable, value)`."""
        variable, value = update
        super().add_update((variable, jax.lax.stop_gradient(value)))


def input_gradient(function: Callable, x: Any) -> Any:
    """Return the gradient of `sum(function(x))` with respect to `x`, which can be differentiated further.

    `function` must not assign variables, because JAX traces it apart from the step.
    """
    return jax.grad(lambda x: ops.sum(function(x)))(x)
