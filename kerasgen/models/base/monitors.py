"""A warning about callbacks that monitor a value that the model does not log."""

import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import keras

_KERAS_REPEATS = r"(Early stopping conditioned|Learning rate reduction is conditioned|Can save best model only)"


class MonitorCheck(keras.callbacks.Callback):
    """Callback that warns once, after the first epoch, about each callback whose `monitor` is not logged.

    Keras's own warning, which is repeated in every epoch without advice, is turned off.

    Args:
        callbacks: the other callbacks of the training.

    Example:
        >>> check = MonitorCheck([keras.callbacks.EarlyStopping()])
        >>> # model.fit(images, callbacks=[check, ...])
    """

    def __init__(self, callbacks: Sequence[keras.callbacks.Callback]) -> None:
        super().__init__()
        self._waiting = [callback for callback in callbacks if isinstance(getattr(callback, "monitor", None), str)]

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Warn about the callbacks that monitor a missing value."""
        waiting, self._waiting = self._waiting, []
        for callback in waiting:
            if logs and callback.monitor not in logs:
                warnings.filterwarnings("ignore", message=_KERAS_REPEATS)
                warnings.warn(describe_missing(callback, logs, type(self.model).__name__), UserWarning, stacklevel=2)


def describe_missing(callback: Any, logs: Mapping[str, Any], model: str) -> str:
    """Return a line about a callback that monitors a value that is not among the logged ones.

    Args:
        callback: one with an attribute `monitor`.
        logs: name -> value, for all logged values.
        model: name of the model's class.

    Example:
        >>> describe_missing(keras.callbacks.EarlyStopping(), {"loss": 1.0}, "VAE")
        'EarlyStopping has no effect: it monitors val_loss, which is not logged; pass validation_data, or monitor loss'
    """
    line = f"{type(callback).__name__} has no effect: it monitors {callback.monitor}, which is not logged; "
    training = callback.monitor.removeprefix("val_")
    if training in logs:
        return f"{line}pass validation_data, or monitor {training}"
    if "loss" in logs:
        return f"{line}monitor {'val_loss' if 'val_loss' in logs else 'loss'}"
    return (
        f"{line}this {model} logs {', '.join(logs)}, and none of them measures the quality of its samples: leave the "
        "callback out and train for a fixed number of epochs, or pass one of these names as monitor, with a mode"
    )
