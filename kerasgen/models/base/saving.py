"""Methods that save a model: the arguments of `__init__`, and the states of its random generators.

The functions whose first argument is `self` or `cls` are methods of `GenerativeModel`.

The rule: every named argument of `__init__` is kept as the attribute of its name. If `__init__` takes `**kwargs`, the
arguments of the base class count too. Arguments that a class passes to its base class, such as networks that it builds,
are listed in its class attribute `fixed`.
"""

import inspect
from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import ops

from kerasgen.backend import keras_internals
from kerasgen.errors import UsageError
from kerasgen.io import archive
from kerasgen.optimizers import serialize_optimizer


def argument_names(cls: type) -> list[str]:
    """Return the names of the arguments of `cls.__init__`, without those that the class or a base class fixes."""
    names, fixed = {}, set()
    for base in cls.__mro__:
        if base is keras.Model:
            break
        fixed |= set(vars(base).get("fixed", ()))
        if "__init__" not in vars(base):
            continue
        parameters = [*inspect.signature(vars(base)["__init__"]).parameters.values()][1:]
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


@keras_internals.without_tensorflow()
def save(self: keras.Model, filepath: Any, *args: Any, **kwargs: Any) -> None:
    """Save as `keras.Model.save` does; a `.keras` file gets a header with checksum and recipe for `kerasgen.load`.

    Example:
        ```python
        model.save("vae.keras")
        kerasgen.load("vae.keras").generate(16)
        ```
    """
    keras_internals.cache_saved_attributes()
    keras.Model.save(self, filepath, *args, **kwargs)
    if str(filepath).endswith(".keras") and Path(filepath).is_file():
        archive.seal(filepath, self.origin)


@keras_internals.without_tensorflow()
def get_config(self: keras.Model) -> dict[str, Any]:
    """Return the arguments of `__init__`, including base-class arguments that the subclass does not set."""
    config = keras.Model.get_config(self) | arguments_of(self)
    return config | {"origin": self.origin} if self.origin else config


def from_config(cls: type, config: dict[str, Any], custom_objects: Any = None) -> keras.Model:
    """Return a model of `config`, its networks with fresh weights."""
    config = {name: keras.saving.deserialize_keras_object(value) for name, value in config.items()}
    origin = config.pop("origin", None)
    model = cls(**config)
    object.__setattr__(model, "origin", origin)  # Keras would wrap the dict
    return model


def get_compile_config(self: keras.Model) -> dict[str, Any]:
    """Return the arguments of `compile`, in a form that every backend can read."""
    if not self.compiled:
        return {}
    config = keras.Model.get_compile_config(self)
    return {
        "optimizer": serialize_optimizer(self.optimizer),
        "run_eagerly": config["run_eagerly"],
        "steps_per_execution": config["steps_per_execution"],
        "jit_compile": self._requested_jit_compile,  # "auto" is decided where the file is loaded
    }


def compile_from_config(self: keras.Model, config: dict[str, Any]) -> None:
    """Compile as `get_compile_config` describes, when a file is loaded."""
    self.compile(**keras.saving.deserialize_keras_object(config))


def save_own_variables(self: keras.Model, store: Any) -> None:
    """Save the variables and the states of the random generators."""
    keras.Model.save_own_variables(self, store)
    # A resumed run then draws the noise of an uninterrupted one.
    store["seed_states"] = np.stack([np.asarray(ops.convert_to_numpy(s)) for s in seed_states_of(self)])


def load_own_variables(self: keras.Model, store: Any) -> None:
    """Load the variables and the states of the random generators."""
    values = {name: store[name] for name in store.keys()}  # noqa: SIM118 (an HDF5 group)
    states = values.pop("seed_states", None)
    keras.Model.load_own_variables(self, values)
    if states is not None:
        for variable, state in zip(seed_states_of(self), np.asarray(states), strict=True):
            variable.assign(state.astype(keras.backend.standardize_dtype(variable.dtype)))
