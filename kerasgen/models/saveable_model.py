"""How a model is saved: its arguments, the states of its random generators, and the checksum of its file."""

import inspect
from pathlib import Path

import keras
import numpy as np
from keras import ops

from kerasgen.backend import keras_internals
from kerasgen.errors import UsageError
from kerasgen.models import archive
from kerasgen.models.image_model import ImageModel


class SaveableModel(ImageModel):
    """A model of which every `__init__` argument is kept as the attribute of its name, and saved with it."""

    def __new__(cls, *args, **kwargs):
        """Note which arguments the caller gives, before a subclass adds what it gives to its base."""
        model = super().__new__(cls, *args, **kwargs)
        passed_on = len(args) > len(_named(cls, in_order=True))  # to the base, by `*`
        vars(model)["_given"] = {*kwargs, *(cls._arguments() if passed_on else ())}
        return model

    def save(self, filepath, *args, **kwargs):
        """Save as `keras.Model.save` does; a `.keras` file gets the checksum that `kerasgen.load` looks at."""
        keras_internals.remember_what_to_skip()
        super().save(filepath, *args, **kwargs)
        if str(filepath).endswith(".keras") and Path(filepath).is_file():
            archive.seal(filepath)

    def get_config(self):
        """Return every argument of `__init__`, and of those that it passes on to its base each that the caller gave.

        They are read off the signatures, so that none can be forgotten. What a subclass gives to its base by itself,
        such as networks that it builds, it will give again.

        Raises:
            UsageError: one is not kept as the attribute of its name.
        """
        config = {}
        for name in self._arguments():
            if name not in self._given and name not in _named(type(self)):
                continue
            if not hasattr(self, name):
                raise UsageError(
                    f"{type(self).__name__} takes {name} and cannot be saved without: keep it as self.{name}"
                )
            config[name] = keras.saving.serialize_keras_object(getattr(self, name))
        return super().get_config() | config

    @classmethod
    def _arguments(cls):
        """Return the names of the arguments of `__init__`, those of the base classes included."""
        return [name for base in cls.__mro__ if issubclass(base, SaveableModel) for name in _named(base)]

    @classmethod
    def from_config(cls, config, custom_objects=None):
        """Return a model of `config`, its networks with fresh weights."""
        return cls(**{name: keras.saving.deserialize_keras_object(value) for name, value in config.items()})

    def save_own_variables(self, store):
        """Save the states of the random generators too: a resumed run then draws the noise it would have drawn."""
        super().save_own_variables(store)
        store["seed_states"] = np.stack([np.asarray(ops.convert_to_numpy(s)) for s in self.seed_states])

    def load_own_variables(self, store):
        """Load what `save_own_variables` saved."""
        values = {name: store[name] for name in store.keys()}  # noqa: SIM118 (an HDF5 group)
        states = values.pop("seed_states", None)
        super().load_own_variables(values)
        if states is not None:
            for variable, state in zip(self.seed_states, np.asarray(states), strict=True):
                variable.assign(state.astype(keras.backend.standardize_dtype(variable.dtype)))

    @property
    def seed_states(self):
        """Return the variables that hold the states of the random generators, those of the layers included."""
        # Keras: `non_trainable_variables` has the random states, `non_trainable_weights` has not.
        weights = {id(weight) for weight in self.non_trainable_weights}
        return [v for v in self.non_trainable_variables if id(v) not in weights]

    def export(self, *args, **kwargs):
        """Refuse: what is exported, for serving, is one of the model's networks.

        Raises:
            UsageError: always.
        """
        networks = [
            f"model.{name}.export" for name in self._arguments() if isinstance(getattr(self, name), keras.Model)
        ]
        raise UsageError(f"a {type(self).__name__} is more than one network; serve one of them: {', '.join(networks)}")


def _named(cls, in_order=False):
    """Return the names of the arguments of the class's `__init__`, without those that it takes by `*` or `**`.

    Args:
        cls: the class.
        in_order: whether to leave out those that can be given by name only.
    """
    parameters = inspect.signature(cls.__init__).parameters.values()
    left_out = {inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD}
    left_out |= {inspect.Parameter.KEYWORD_ONLY} if in_order else set()
    return [each.name for each in parameters if each.name != "self" and each.kind not in left_out]
