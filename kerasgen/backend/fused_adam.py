"""Conditions under which an optimizer step is plain Adam, so that a fused kernel of the backend can take it."""

import weakref
from collections.abc import Sequence
from typing import Any

import keras

from kerasgen.backend import switches

_moments = weakref.WeakKeyDictionary()  # optimizer -> (variables, their moments)

# Additions of Keras's Adam to the algorithm. Each attribute is None or False if the addition is not used.
_ADDITIONS = (
    "amsgrad",
    "clipnorm",
    "clipvalue",
    "global_clipnorm",
    "gradient_accumulation_steps",
    "loss_scale_factor",
    "use_ema",
    "weight_decay",
)


def is_plain_adam(
    optimizer: keras.optimizers.Optimizer, gradients: Sequence[Any], variables: Sequence[keras.Variable]
) -> bool:
    """Return whether the fused kernel may take a step of `optimizer` for all `variables`.

    The step must be Adam as published: Kingma and Ba 2015, algorithm 1.
    """
    return (
        switches.fused_adam
        and isinstance(optimizer, keras.optimizers.Adam)
        and type(optimizer).__name__ == "Adam"
        and not any(getattr(optimizer, addition) for addition in _ADDITIONS)
        and all(gradient is not None for gradient in gradients)
        and all(variable.constraint is None for variable in variables)
        and moments(optimizer, variables) is not None
    )


def moments(
    optimizer: keras.optimizers.Optimizer, variables: Sequence[keras.Variable]
) -> tuple[list[keras.Variable], list[keras.Variable]] | None:
    """Return the first and the second moments of `variables`.

    Returns:
        Two lists of Keras variables. None if the optimizer was built for other variables, for example because
        a part of the model was frozen after `compile`.
    """
    known = _moments.get(optimizer)
    if known is None or known[0] is not variables:
        known = _moments[optimizer] = variables, _find_moments(optimizer, variables)
    return known[1]


def _find_moments(optimizer, variables):
    names = [variable.path.replace("/", "_") for variable in variables]
    both = []
    for kind in ("momentum", "velocity"):
        of_kind = [variable for variable in optimizer.variables if variable.path.endswith(f"_{kind}")]
        if len(of_kind) != len(names):
            return None
        if any(not moment.path.endswith(f"{name}_{kind}") for moment, name in zip(of_kind, names)):
            return None
        both.append(of_kind)
    return tuple(both)
