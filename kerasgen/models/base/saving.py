"""How a model is saved: the arguments of `__init__`, and the states of its random generators.

The rule: every named argument of `__init__` is kept as the attribute of its name. If `__init__` takes `**kwargs`, the
arguments of the base class count too. Arguments that a class passes to its base class, such as networks that it builds,
are listed in its class attribute `fixed`.
"""

import inspect
from typing import Any

import keras
import numpy as np
from keras import ops

from kerasgen.errors import UsageError


def argument_names(cls: type) -> list[str]:
    """Return the names of the arguments of `cls.__init__`, without those that the class or a base class fixes."""
    names, fixed = {}, set()
    for base in cls.__mro__:
        if base is keras.Model:
            break
        fixed |= set(vars(base).get("fixed", ()))
        if "__init__" not in vars(base):
            continue
        parameters = [*inspect.signature(base.__init__).parameters.values()][1:]
        names |= {p.name: None for p in parameters if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)}
        if not any(p.kind is p.VAR_KEYWORD for p in parameters):
            break
    return [name for name in names if name not in fixed]


def arguments_of(model: keras.Model) -> dict[str, Any]:
    """Return the serialized arguments of a model's `__init__`.

    Raises:
        UsageError: the model has no attribute with the name of an argument.
    """
    names = argument_names(type(model))
    if missing := [name for name in names if not hasattr(model, name)]:
        raise UsageError(
            f"{type(model).__name__} does not keep its argument {missing[0]!r}; set self.{missing[0]} in __init__, or "
            f"list it in the class attribute fixed = ({missing[0]!r},) if the class sets it"
        )
    return {name: keras.saving.serialize_keras_object(getattr(model, name)) for name in names}


def seed_states_of(model: keras.Model) -> list:
    """Return the variables that hold the states of a model's random generators, including those of its layers."""
    # Keras: `non_trainable_variables` includes the random states, `non_trainable_weights` does not.
    weights = {id(weight) for weight in model.non_trainable_weights}
    return [v for v in model.non_trainable_variables if id(v) not in weights]


def save_seed_states(model: keras.Model, store: Any) -> None:
    """Save the random states to a store, so that a resumed run draws the noise of an uninterrupted one."""
    store["seed_states"] = np.stack([np.asarray(ops.convert_to_numpy(s)) for s in seed_states_of(model)])


def load_seed_states(model: keras.Model, states: np.ndarray) -> None:
    """Set the random states to those of a file."""
    for variable, state in zip(seed_states_of(model), np.asarray(states), strict=True):
        variable.assign(state.astype(keras.backend.standardize_dtype(variable.dtype)))
