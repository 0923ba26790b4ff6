"""What is known of a call of `fit` before Keras begins it."""

import math

import keras

from kerasgen.models.base.quiet_callbacks import QuietCallbackList, no_batch_callbacks


def without_batches(model, x, callbacks, batch_size=None, epochs=1, steps_per_epoch=None, **others):
    """Return the callbacks of `model.fit(x, ...)`, as a list that keeps batches from them if none listens."""
    if not no_batch_callbacks(callbacks):
        return callbacks
    steps = steps_per_epoch or steps_of(x, batch_size, others.get("validation_split"))
    return QuietCallbackList(callbacks, add_history=True, model=model, verbose=0, epochs=epochs, steps=steps)


def steps_of(x, batch_size=None, validation_split=None):
    """Return how many steps an epoch of `fit` on `x` has, or None where the data do not say it."""
    arrays = [array for array in keras.tree.flatten(x) if hasattr(array, "shape")]
    if arrays:
        count = math.floor(arrays[0].shape[0] * (1.0 - (validation_split or 0.0)))  # as Keras splits arrays
        return -(-count // (batch_size or 32))
    try:
        return len(x)
    except TypeError:
        return None
