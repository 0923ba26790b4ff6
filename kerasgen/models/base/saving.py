"""How a model is saved: its arguments, the states of its random generators, and the checksum of its file."""

import inspect
import numbers
from pathlib import Path

import keras
import numpy as np
from keras import ops

from kerasgen.backend import keras_internals
from kerasgen.errors import UsageError
from kerasgen.io import archive
from kerasgen.models.base.images import ImageModel

_ATTRIBUTES = "_attributes"  # key of a config
_NOTHING = object()


class SaveableModel(ImageModel):
    """A model that is saved with what it was called with, and with what its arguments have become since.

    What `__init__` keeps as the attribute of an argument's name is that argument when the model is saved.
    """

    def __new__(cls, *args, **kwargs):
        """Note what the caller gives, before a subclass adds what it gives to its base."""
        model = super().__new__(cls, *args, **kwargs)
        in_order, by_star = _in_order(cls, args)
        vars(model).update(_given=in_order | by_star | kwargs, _given_by_star=by_star)
        return model

    def save(self, filepath, *args, **kwargs):
        """Save as `keras.Model.save` does; a `.keras` file gets the checksum that `kerasgen.load` looks at."""
        keras_internals.remember_what_to_skip()
        super().save(filepath, *args, **kwargs)
        if str(filepath).endswith(".keras") and Path(filepath).is_file():
            archive.seal(filepath, getattr(self, "origin", None))

    def get_config(self):
        """Return the arguments of `__init__`, and what of those of the base classes they do not tell.

        What is given to `__init__`, by `*` and `**` too, is given again when a file is loaded. What a subclass gives to
        its base by itself, such as networks that it builds, it will give again; where that is a number, a text or None,
        the attribute is then set to what it was when the model was saved.

        Raises:
            UsageError: a value was given in order and taken by `*`, and it is not to be known for which argument.
        """
        config = super().get_config()
        given = {name: value for name, value in self._given.items() if name not in config}
        kept = {name: getattr(self, name) for name in self._arguments() if _is_kept(self, name)}
        for name, value in self._given_by_star.items():
            if not _same(value, kept.get(name, _NOTHING)):
                raise UsageError(
                    f"{type(self).__name__} was given {value!r} in order, which its __init__ takes by *; a model that "
                    "is to be saved is given it by name"
                )
        by_attribute = self._arguments_by_attribute(given, kept)
        arguments = given | {name: kept[name] for name in by_attribute}
        attributes = {
            name: value
            for name, value in kept.items()
            if name not in by_attribute and _is_plain(value) and not _same(value, given.get(name, _NOTHING))
        }
        if attributes and not _is_of_kerasgen(_called(type(self))[0]):
            arguments[_ATTRIBUTES] = attributes
        return config | {name: keras.saving.serialize_keras_object(value) for name, value in arguments.items()}

    def _arguments_by_attribute(self, given, kept):
        """Return the names of the arguments that `__init__` is to be given as the attributes are.

        They are those that it does not only pass on to a base, which it may change on the way; and networks. Classes of
        kerasgen pass on what they are given as it is, and take all arguments of their bases.
        """
        first, *others = _called(type(self))
        if _is_of_kerasgen(first):
            return list(kept)
        passed_on = {name for base in others for name in _named(base)}
        named = [name for name in _named(first) if name not in passed_on]
        those_given = [name for name in given if isinstance(kept.get(name), keras.layers.Layer)]
        return [name for name in dict.fromkeys([*named, *those_given]) if name in kept]

    @classmethod
    def _arguments(cls):
        """Return the names of the arguments of `__init__`, those of the base classes included."""
        return list(dict.fromkeys(name for base in _called(cls) for name in _named(base)))

    @classmethod
    def from_config(cls, config, custom_objects=None):
        """Return a model of `config`, its networks with fresh weights."""
        config = {name: keras.saving.deserialize_keras_object(value) for name, value in config.items()}
        attributes = {} if _is_of_kerasgen(_called(cls)[0]) else config.pop(_ATTRIBUTES, {})
        model = cls(**config)
        for name in cls._arguments():
            value = attributes.get(name, _NOTHING)
            if _is_plain(value) and not _same(value, getattr(model, name, _NOTHING)):
                setattr(model, name, value)
        return model

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
            f"model.{name}.export" for name in self._arguments() if isinstance(getattr(self, name, None), keras.Model)
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


def _called(cls):
    """Return the classes whose `__init__` are called one by the other, without those of Keras."""
    return [base for base in cls.__mro__[: cls.__mro__.index(SaveableModel)] if "__init__" in vars(base)]


def _in_order(cls, values):
    """Return which arguments the values given in order are: dicts of those named, and of those passed on by `*`."""
    parts = []
    for base in _called(cls):
        names = _named(base, in_order=True)
        parts.append(dict(zip(names, values)))
        values = values[len(names) :]
    return parts[0], {name: value for part in parts[1:] for name, value in part.items()}


def _is_of_kerasgen(cls):
    return keras.saving.get_registered_name(cls).startswith("kerasgen>")


def _is_kept(model, name):
    """Tell whether a model has the attribute, and it is no property, which says what it says."""
    return hasattr(model, name) and not isinstance(inspect.getattr_static(type(model), name, None), property)


def _is_plain(value):
    return value is None or isinstance(value, str | numbers.Number)


def _same(a, b):
    return a is b or (_is_plain(a) and _is_plain(b) and a == b)
