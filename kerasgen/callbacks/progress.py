"""A progress bar with the losses and the time left."""

import sys
import time

import keras
from tqdm import tqdm

_SECONDS_BETWEEN_READINGS = 0.5  # reading a value waits for the device


class Progress(keras.callbacks.Callback):
    """Shows one bar for the whole training; where stderr is not a terminal, one line for each epoch.

    Use it with `fit(verbose=0)`.
    """

    _bar = None

    def on_train_begin(self, logs=None):
        """Start the bar."""
        epochs, steps = self.params["epochs"], self.params["steps"]
        self._terminal = sys.stderr.isatty()
        self._bar = tqdm(
            total=epochs * steps if steps else None,
            disable=not self._terminal,
            dynamic_ncols=True,
            # The values last: where the terminal is narrow, they are cut. (tqdm puts a comma before a `postfix`.)
            bar_format="{percentage:3.0f}% {bar:12} {remaining} left  {desc}",
            mininterval=0.2,
        )
        self._read_at = 0.0

    def on_epoch_begin(self, epoch, logs=None):
        """Name the epoch."""
        self._epoch, self._epoch_started = epoch, time.monotonic()
        self._done = 0
        self._describe(logs)

    def on_train_batch_end(self, batch, logs=None):
        """Move the bar, and now and then show the losses."""
        if not self._terminal:
            return
        self._bar.update(batch + 1 - self._done)
        self._done = batch + 1
        if time.monotonic() - self._read_at > _SECONDS_BETWEEN_READINGS:
            self._describe(logs)
            self._read_at = time.monotonic()

    def on_epoch_end(self, epoch, logs=None):
        """Show the epoch's values, validation included."""
        if self._terminal:
            self._describe(logs)
            self._bar.refresh()
        else:
            seconds = time.monotonic() - self._epoch_started
            print(f"{self._name()}  {self._words(logs)}  {seconds:.1f} s", file=sys.stderr, flush=True)

    def on_train_end(self, logs=None):
        """End the bar."""
        self.close()

    def close(self):
        """End the bar, also after an interruption."""
        if self._bar is not None:
            self._bar.close()

    def _name(self):
        return f"epoch {self._epoch + 1}/{self.params['epochs']}"

    def _describe(self, logs):
        self._bar.set_description_str(f"{self._name()}  {self._words(logs)}", refresh=False)

    def _words(self, logs):
        numbers = {key: float(keras.ops.convert_to_numpy(value)) for key, value in (logs or {}).items()}
        shown = {key: value for key, value in numbers.items() if not key.startswith("val_")}
        if "val_loss" in numbers:
            shown["validation"] = numbers["val_loss"]
        keys = sorted(shown, key=lambda key: (key not in ("loss", "validation"), not key.endswith("loss")))
        return "  ".join(f"{key.replace('_', ' ')} {shown[key]:.4g}" for key in keys)
