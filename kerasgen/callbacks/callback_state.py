"""The state of other callbacks that a checkpoint keeps."""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

# Attributes of Keras's callbacks that last from one epoch to the next
_ATTRIBUTES = {
    keras.callbacks.EarlyStopping: ("wait", "stopped_epoch", "best", "best_epoch", "best_weights"),
    keras.callbacks.ReduceLROnPlateau: ("wait", "best", "cooldown_counter"),
    keras.callbacks.ModelCheckpoint: ("best",),
    keras.callbacks.History: ("epoch", "history"),
}


def has_state(callback: keras.callbacks.Callback) -> bool:
    """Return whether a checkpoint keeps the state of a callback.

    That is so for Keras's `EarlyStopping`, `ReduceLROnPlateau`, `ModelCheckpoint` and `History`, and for callbacks with
    the methods `get_state()` and `set_state(state)`.

    Args:
        callback: any callback.

    Example:
        >>> has_state(keras.callbacks.History())
        True
    """
    return hasattr(callback, "get_state") or bool(_attributes_of(callback))


def get_state(callback: keras.callbacks.Callback) -> Any:
    """Return the state of a callback: nested plain values and arrays.

    Args:
        callback: one that `has_state`.

    Example:
        >>> get_state(keras.callbacks.ReduceLROnPlateau())["wait"]
        0
    """
    if hasattr(callback, "get_state"):
        return callback.get_state()
    return {name: getattr(callback, name) for name in _attributes_of(callback)}


def set_state(callback: keras.callbacks.Callback, state: Any) -> None:
    """Give a callback the state that `get_state` returned in an earlier process.

    Args:
        callback: one that `has_state`.
        state: nested plain values and arrays from a file.

    Raises:
        ValueError: the state is not valid for this kind of callback.

    Example:
        >>> history = keras.callbacks.History()
        >>> set_state(history, {"epoch": [0], "history": {"loss": [2.5]}})
        >>> history.history
        {'loss': [2.5]}
    """
    if hasattr(callback, "set_state"):
        callback.set_state(state)
        return
    names = _attributes_of(callback)
    if not isinstance(state, dict) or set(state) != set(names):
        raise ValueError(f"the state of {type(callback).__name__} is not valid")
    for name in names:
        if not _CHECKS[name](state[name], callback.model):
            raise ValueError(f"{name} of {type(callback).__name__} is not valid")
        setattr(callback, name, state[name])


def _attributes_of(callback: keras.callbacks.Callback) -> Sequence[str]:
    return next((names for kind, names in _ATTRIBUTES.items() if isinstance(callback, kind)), ())


def _is_count(value: Any, model: keras.Model) -> bool:
    return type(value) is int and value >= 0


def _is_number_or_none(value: Any, model: keras.Model) -> bool:
    return value is None or _is_number(value)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _are_weights(value: Any, model: keras.Model) -> bool:
    if value is None:
        return True
    if not isinstance(value, list) or not all(isinstance(array, np.ndarray) for array in value):
        return False
    return [array.shape for array in value] == [tuple(weight.shape) for weight in model.weights]


def _are_epochs(value: Any, model: keras.Model) -> bool:
    return isinstance(value, list) and all(_is_count(each, model) for each in value)


def _is_history(value: Any, model: keras.Model) -> bool:
    return isinstance(value, dict) and all(
        isinstance(values, list) and all(map(_is_number, values)) for values in value.values()
    )


_CHECKS = {
    "wait": _is_count,
    "stopped_epoch": _is_count,
    "cooldown_counter": _is_count,
    "best_epoch": _is_count,
    "best": _is_number_or_none,
    "best_weights": _are_weights,
    "epoch": _are_epochs,
    "history": _is_history,
}
