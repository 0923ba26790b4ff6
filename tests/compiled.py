"""Test code as one program, where the backend would otherwise compile each operation separately."""

import keras

from kerasgen.backend import compiled

__all__ = ["assigning", "compiled"]


def assigning(function, variables):
    """Call a function that assigns to some of these variables; on JAX as one program."""
    if keras.backend.backend() != "jax":
        function()
        return

    import jax

    @jax.jit
    def new_values(values):
        with keras.StatelessScope(zip(variables, values)) as scope:
            function()
        return [scope.get_current_value(variable) for variable in variables]

    for variable, value in zip(variables, new_values([variable.value for variable in variables])):
        variable.assign(value)
