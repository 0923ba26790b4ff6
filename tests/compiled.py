"""Test code as one program where the backend would otherwise compile, or run slowly, each operation by itself."""

import keras

BACKEND = keras.backend.backend()


def compiled(function):
    """Return a function of tensors, which assigns to no variable, as one program."""
    if BACKEND == "jax":
        import jax

        return jax.jit(function)
    if BACKEND == "tensorflow":
        import tensorflow as tf

        return tf.function(function, autograph=False)
    return function


def assigning(function, variables):
    """Call a function that assigns to some of these variables; on JAX as one program."""
    if BACKEND != "jax":
        function()
        return

    @compiled
    def new_values(values):
        with keras.StatelessScope(zip(variables, values)) as scope:
            function()
        return [scope.get_current_value(variable) for variable in variables]

    for variable, value in zip(variables, new_values([variable.value for variable in variables])):
        variable.assign(value)
