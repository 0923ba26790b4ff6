"""JAX: functions and networks as one program."""

import jax
import keras

from kerasgen.backend import programs
from kerasgen.backend.reference import run  # noqa: F401


def _build(function):
    by_signature = {}  # structure, shapes and dtypes of the arguments -> (variables, compiled function)

    def program(*tensors):
        leaves, structure = jax.tree.flatten(tensors)
        signature = (structure, *((leaf.shape, leaf.dtype) for leaf in leaves))
        if signature not in by_signature:
            variables = _variables_read(function, tensors)
            by_signature[signature] = variables, jax.jit(_with_values(function, variables))
        variables, jitted = by_signature[signature]
        return jitted([variable.value for variable in variables], *tensors)

    return program


def _variables_read(function, tensors):
    with programs.ReadOnlyScope() as scope:
        jax.eval_shape(function, *tensors)
    return scope.read


def _with_values(function, variables):
    """Return the function with the values of the variables as its first argument; JAX would make them constants."""

    def pure(values, *tensors):
        with keras.StatelessScope(zip(variables, values)):
            return function(*tensors)

    return pure


compiled = programs.compiler(_build)
