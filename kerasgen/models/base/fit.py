"""Preparation of a call of `fit`: number of steps, and a list of callbacks that skips unused batch events."""

import math
from collections.abc import Sequence
from typing import Any

import keras

_BATCH_EVENTS = (
    "on_batch_begin",
    "on_batch_end",
    "on_train_batch_begin",
    "on_train_batch_end",
    "on_test_batch_begin",
    "on_test_batch_end",
)


class QuietCallbackList(keras.callbacks.CallbackList):
    """List of callbacks that skips the events of batches, for callbacks that define none.

    Keras turns the logs of each batch into Python numbers even if no callback uses them. For a small model on JAX this
    costs a tenth of the time.
    """

    def on_train_batch_begin(self, batch, logs=None):
        """Do nothing."""

    def on_train_batch_end(self, batch, logs=None):
        """Do nothing."""

    def on_test_batch_begin(self, batch, logs=None):
        """Do nothing."""

    def on_test_batch_end(self, batch, logs=None):
        """Do nothing."""


def no_batch_callbacks(callbacks: Sequence[keras.callbacks.Callback]) -> bool:
    """Return whether none of the callbacks defines an event of a training or validation batch."""
    default = keras.callbacks.Callback
    return all(
        getattr(type(callback), event) is getattr(default, event) and event not in vars(callback)
        for callback in callbacks
        for event in _BATCH_EVENTS
    )


def quiet_callbacks(
    model: keras.Model,
    x: Any,
    callbacks: Sequence[keras.callbacks.Callback],
    batch_size: int | None = None,
    epochs: int = 1,
    steps_per_epoch: int | None = None,
    **others: Any,
) -> Any:
    """Return the callbacks of `model.fit(x, ...)`, as a `QuietCallbackList` if none defines an event of a batch."""
    if not no_batch_callbacks(callbacks):
        return callbacks
    steps = steps_per_epoch or steps_of(x, batch_size, others.get("validation_split"))
    return QuietCallbackList(callbacks, add_history=True, model=model, verbose=0, epochs=epochs, steps=steps)


def steps_of(x: Any, batch_size: int | None = None, validation_split: float | None = None) -> int | None:
    """Return the number of steps in an epoch of `fit` on `x`, or None if the data do not tell."""
    arrays = [array for array in keras.tree.flatten(x) if hasattr(array, "shape")]
    if arrays:
        count = math.floor(arrays[0].shape[0] * (1.0 - (validation_split or 0.0)))  # as Keras splits arrays
        return -(-count // (batch_size or 32))
    try:
        return len(x)
    except TypeError:
        return None
