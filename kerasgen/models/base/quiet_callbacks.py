"""Keras's list of callbacks without the work that it does for each batch, for when nobody listens."""

import keras

_EVENTS = (
    "on_batch_begin",
    "on_batch_end",
    "on_train_batch_begin",
    "on_train_batch_end",
    "on_test_batch_begin",
    "on_test_batch_end",
)


class QuietCallbackList(keras.callbacks.CallbackList):
    """Keeps batches from callbacks of which none listens to them; see `no_batch_callbacks`.

    Keras turns the logs of every batch into Python numbers, wanted or not, which takes a small model on JAX a tenth
    of its time.
    """

    def on_train_batch_begin(self, batch, logs=None):
        """Do nothing."""

    def on_train_batch_end(self, batch, logs=None):
        """Do nothing."""

    def on_test_batch_begin(self, batch, logs=None):
        """Do nothing."""

    def on_test_batch_end(self, batch, logs=None):
        """Do nothing."""


def no_batch_callbacks(callbacks):
    """Tell whether none of the callbacks does anything at a batch of training or validation."""
    default = keras.callbacks.Callback
    return all(
        getattr(type(callback), event) is getattr(default, event) and event not in vars(callback)
        for callback in callbacks
        for event in _EVENTS
    )
