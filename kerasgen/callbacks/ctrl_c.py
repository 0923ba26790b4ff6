"""Ctrl-C where it does no harm."""

import signal
import threading

import keras


class CtrlC(keras.callbacks.Callback):
    """Holds Ctrl-C back until a batch is done, and raises `KeyboardInterrupt` then; the second one counts at once.

    In the middle of a step the model is in pieces: on JAX Keras has taken the values out of the variables, and an
    interrupt in an unlucky moment loses them. Use it as a context around `fit` and as one of its callbacks.
    """

    def __init__(self):
        super().__init__()
        self._asked, self._before = False, None

    def __enter__(self):
        if threading.current_thread() is threading.main_thread():  # Python gives signals to no other
            self._before = signal.signal(signal.SIGINT, self._note)
        return self

    def __exit__(self, *error):
        if self._before is not None:
            signal.signal(signal.SIGINT, self._before)

    def _note(self, number, frame):
        if self._asked:
            raise KeyboardInterrupt
        self._asked = True

    def _raise_if_asked(self):
        if self._asked:
            raise KeyboardInterrupt

    def on_epoch_begin(self, epoch, logs=None):
        """Stop between two epochs."""
        self._raise_if_asked()

    def on_train_batch_begin(self, batch, logs=None):
        """Stop between two batches."""
        self._raise_if_asked()

    def on_test_batch_begin(self, batch, logs=None):
        """Stop between two batches of the validation."""
        self._raise_if_asked()
