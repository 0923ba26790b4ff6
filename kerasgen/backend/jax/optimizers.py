"""JAX: one step of a Keras optimizer."""

from collections.abc import Sequence
from typing import Any

import keras


def apply_gradients(
    optimizer: keras.optimizers.Optimizer, gradients: Sequence[Any], variables: Sequence[keras.Variable]
) -> None:
    """Take one step of `optimizer`. A `LossScaleOptimizer` needs the stateless form under `jit`."""
    if not isinstance(optimizer, keras.optimizers.LossScaleOptimizer):
        optimizer.apply(gradients, variables)
        return
    values, state = optimizer.stateless_apply(
        [variable.value for variable in optimizer.variables],
        gradients,
        [variable.value for variable in variables],
    )
    for variable, value in zip([*variables, *optimizer.variables], [*values, *state]):
        variable.assign(value)
