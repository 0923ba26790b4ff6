"""JAX: `train_step` as a pure function of the model's state, and as the function that Keras's trainer calls.

Keras's JAX trainer calls `train_step(state, data)` and expects the new state. A step of ours reads and assigns
variables, as on the other backends. So it runs in a `keras.StatelessScope` that maps each variable to its part of
the state.
"""

import itertools
from collections.abc import Callable, Iterator
from typing import Any

import keras

from kerasgen.backend import allocator
from kerasgen.backend.jax.devices import split_over_devices

Variables = Callable[[], tuple[list[keras.Variable], ...]]  # the groups of variables in the state


def pure_step(step: Callable, variables: Variables) -> Callable:
    """Return `(state, data) -> (logs, state)` for a step `data -> logs` that assigns variables."""

    def pure(state, data):
        groups = variables()
        mapping = [pair for group, values in zip(groups, state) for pair in zip(group, values, strict=True)]
        with keras.StatelessScope(state_mapping=mapping) as scope:
            logs = step(split_over_devices(data))
        return logs, tuple([scope.get_current_value(variable) for variable in group] for group in groups)

    return pure


class StateKeepingFunction:
    """Keras's train or test function; after an error, the variables keep their values.

    Keras takes the values out of the variables while it trains. Without this class, an exception in the first batch,
    such as a broken image or Ctrl-C during compilation, leaves a model without weights.

    The compiler leaves up to 200 MB of freed memory behind, which is returned to the system after the first step.
    """

    def __init__(self, function: Callable, variables: Variables) -> None:
        self._function, self._variables = function, variables
        self._calls = itertools.count()
        allocator.return_freed_memory()

    def __call__(self, state: tuple, iterator: Iterator) -> Any:
        """Take the steps of one execution."""
        try:
            # The second call: the step is compiled, and the state is still complete if Ctrl-C arrives here.
            if next(self._calls) == 1:
                allocator.return_freed_memory()
            return self._function(state, iterator)
        except BaseException:
            for group, values in zip(self._variables(), state):
                for variable, value in zip(group, values):
                    if not value.is_deleted():
                        variable.assign(value)
            raise


def keep_state(function: Callable, variables: Variables) -> StateKeepingFunction:
    """Return Keras's function as a `StateKeepingFunction`; an existing one is returned unchanged."""
    return function if isinstance(function, StateKeepingFunction) else StateKeepingFunction(function, variables)


def skipped_step(arguments: tuple, steps: int, logs: dict[str, float]) -> Any:
    """Consume the data of `steps` steps and return the value of Keras's train function for `arguments`."""
    state, iterator = arguments
    for _ in range(steps):
        next(iterator, None)
    return logs, state
