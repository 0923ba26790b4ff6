"""A training that has broken down ends, whatever its losses are called."""

import math
import threading

import keras

from kerasgen.errors import NotFiniteError

_IN_FLIGHT = 2
_PATIENCE = 60.0  # seconds
_ADVICE = "try a lower learning rate"
# What it logs was computed before any weight, or in a GAN the generator's, was changed
_OF_THE_FIRST_STEP = "look for NaN, infinity and values far out of range in the data, then try a lower learning rate"


class StopWhenNotFinite(keras.callbacks.Callback):
    """Stops within one step of the first NaN or infinity in any logged value, that of the validation included.

    The logs are means over the epoch so far, and a mean stays what it is once it is not finite. On JAX Keras reads
    them in a thread while the next step runs, and so does this callback, which costs nothing then: a step begins
    when all but the last one before it are known to be good.

    Raises:
        NotFiniteError: by `fit`; a `Checkpoint` among the callbacks adds the name of the last good checkpoint.
    """

    async_safe = True  # Keras may call `on_train_batch_end` in a thread

    def on_epoch_begin(self, epoch, logs=None):
        """Start with nothing found."""
        self._epoch, self._found = epoch, None
        self._room = threading.Semaphore(_IN_FLIGHT)

    def on_train_batch_begin(self, batch, logs=None):
        """Stop if a value was not finite."""
        self._room.acquire(timeout=_PATIENCE)
        self._raise_if_found()

    def on_train_batch_end(self, batch, logs=None):
        """Look at the step's values."""
        try:
            advice = _OF_THE_FIRST_STEP if self._epoch == batch == 0 else _ADVICE
            self._look(logs, f"in step {batch + 1} of epoch {self._epoch + 1}", advice)
        finally:
            self._room.release()

    def on_test_begin(self, logs=None):
        """Stop before the validation."""
        self._raise_if_found()

    def on_epoch_end(self, epoch, logs=None):
        """Look at the epoch's values."""
        self._look(logs, f"in epoch {epoch + 1}")
        self._raise_if_found()

    def _look(self, logs, where, advice=_ADVICE):
        if self._found is None:
            bad = ((name, value) for name, value in (logs or {}).items() if _bad(value))
            self._found = next((_report(name, value, where, advice) for name, value in bad), None)

    def _raise_if_found(self):
        if self._found is not None:
            raise NotFiniteError(self._found)


def _bad(value):
    return isinstance(value, float) and not math.isfinite(value)


def _report(name, value, where, advice):
    return f"{name} became {value} {where}: the training has broken down, {advice}"
