"""Stop a training whose values are NaN or infinite, whatever their names."""

import math
import threading
from typing import Any

import keras

from kerasgen.errors import NotFiniteError

_STEPS_IN_FLIGHT = 2
_TIMEOUT = 60.0  # seconds
_ADVICE = "try a lower learning rate"
# The values of the first step were computed before any weight changed (in a GAN, before the generator's did)
_ADVICE_FIRST_STEP = "look for NaN, infinity and values far out of range in the data, then try a lower learning rate"

Logs = dict[str, Any] | None


class StopWhenNotFinite(keras.callbacks.Callback):
    """Callback that stops a training within one step of the first NaN or infinity in any logged value.

    If `fit` groups short steps, it stops within the group.

    Values of the validation are checked too. The logs are means over the epoch so far, and a mean that is not finite
    stays so. On JAX, Keras reads the logs in a thread while the next step runs. This callback does the same, at no
    cost: a step begins when all steps except the last one are known to be finite.

    Raises:
        NotFiniteError: by `fit`; a `Checkpoint` among the callbacks adds the path of the last good checkpoint.

    Example:
        >>> import kerasgen
        >>> stop = kerasgen.callbacks.StopWhenNotFinite()
        >>> # model.fit(images, callbacks=[stop])
    """

    accepts_grouped_steps = True
    async_safe = True  # Keras may call `on_train_batch_end` in a thread

    def on_epoch_begin(self, epoch: int, logs: Logs = None) -> None:
        """Discard the values of the previous epoch."""
        self._epoch = epoch
        # Not in the events of batches: on JAX the property `model` moves the state of the training, also in a thread.
        self._steps_per_call = 1 if self.model is None else self.model.steps_per_execution
        self._error: str | None = None
        self._slots = threading.Semaphore(_STEPS_IN_FLIGHT)

    def on_train_batch_begin(self, batch: int, logs: Logs = None) -> None:
        """Stop if a value was not finite."""
        self._slots.acquire(timeout=_TIMEOUT)
        self._raise_error()

    def on_train_batch_end(self, batch: int, logs: Logs = None) -> None:
        """Check the values of the step."""
        try:
            group = self._steps_per_call
            advice = _ADVICE_FIRST_STEP if self._epoch == 0 and batch < group else _ADVICE
            step = min(batch + 1, (self.params or {}).get("steps") or batch + 1)  # Keras counts the last group as whole
            where = f"{'in' if group == 1 else 'by'} step {step} of epoch {self._epoch + 1}"
            self._check(logs, where, advice)
        finally:
            self._slots.release()

    def on_test_begin(self, logs: Logs = None) -> None:
        """Stop before the validation."""
        self._raise_error()

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        """Check the values of the epoch."""
        self._check(logs, f"in epoch {epoch + 1}")
        self._raise_error()

    def _check(self, logs: Logs, where: str, advice: str = _ADVICE) -> None:
        if self._error is None:
            not_finite = ((name, value) for name, value in (logs or {}).items() if _is_not_finite(value))
            self._error = next((_message(name, value, where, advice) for name, value in not_finite), None)

    def _raise_error(self) -> None:
        if self._error is not None:
            raise NotFiniteError(self._error)


def _is_not_finite(value: Any) -> bool:
    return isinstance(value, float) and not math.isfinite(value)


def _message(name: str, value: float, where: str, advice: str) -> str:
    return f"{name} became {value} {where}: the training has diverged, {advice}"
