"""A progress bar with the losses and the time left."""

import os
import sys
import time
from typing import Any

import keras
from tqdm import tqdm

_WIDTH = 7  # of a value without an exponent, such as -0.5000
_SECONDS_BETWEEN_READINGS = 0.5  # reading a value waits for the device

Logs = dict[str, Any] | None


class Progress(keras.callbacks.Callback):
    """Callback that shows one bar for the whole training; without a terminal, one line for each epoch.

    Both show the remaining time of the training, and the bar also that of the epoch.

    A terminal whose width is unknown (0 columns) gets lines too. Use the callback with `fit(verbose=0)`.

    Example:
        >>> import kerasgen
        >>> progress = kerasgen.callbacks.Progress()
        >>> # model.fit(images, verbose=0, callbacks=[progress])
    """

    accepts_grouped_steps = True
    _bar: Any = None

    def on_train_begin(self, logs: Logs = None) -> None:
        """Start the bar."""
        epochs, steps = self.params["epochs"], self.params["steps"]
        self._shows_bar = _can_show_bar(sys.stderr)
        self._bar = tqdm(
            total=epochs * steps if steps else None,
            disable=not self._shows_bar,
            dynamic_ncols=True,
            # The values come last, because a narrow terminal cuts them. tqdm puts a comma before a `postfix`.
            bar_format="{percentage:3.0f}% {bar:12} {remaining} left  {desc}",
            mininterval=0.2,
        )
        self._read_at = 0.0
        self._widths: dict[str, int] = {}
        self._durations: list[float] = []  # of the epochs

    def on_epoch_begin(self, epoch: int, logs: Logs = None) -> None:
        """Show the number of the epoch."""
        self._epoch, self._epoch_started = epoch, time.monotonic()
        self._done = 0
        if not self._durations and self.params["steps"]:  # a resumed training starts here
            self._bar.n = self._bar.initial = epoch * self.params["steps"]
        self._describe(logs)

    def on_train_batch_end(self, batch: int, logs: Logs = None) -> None:
        """Move the bar, and twice a second update the losses."""
        if not self._shows_bar:
            return
        done = min(batch + 1, self.params["steps"] or batch + 1)  # Keras counts the last group of steps as whole
        self._bar.update(done - self._done)
        self._done = done
        if time.monotonic() - self._read_at > _SECONDS_BETWEEN_READINGS:
            self._describe(logs)
            self._read_at = time.monotonic()

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        """Show the values of the epoch, including the validation."""
        self._durations.append(time.monotonic() - self._epoch_started)
        if self._shows_bar:
            self._done = self.params["steps"] or self._done
            self._describe(logs)
            self._bar.refresh()
        else:
            seconds = f"{self._durations[-1]:6.1f} s"
            line = f"{self._heading()}  {self._values(logs)}  {seconds}  {self._time_left()}"
            print(line.rstrip(), file=sys.stderr, flush=True)

    def on_train_end(self, logs: Logs = None) -> None:
        """End the bar."""
        self.close()

    def close(self) -> None:
        """End the bar, also after an interruption."""
        if self._bar is not None:
            self._bar.close()

    def _heading(self) -> str:
        epochs = str(self.params["epochs"])
        return f"epoch {self._epoch + 1:>{len(epochs)}}/{epochs}"

    def _time_left(self) -> str:
        """Return the time that the other epochs will take, or nothing after the last one."""
        epochs = self.params["epochs"] - self._epoch - 1
        durations = self._durations[1:] or self._durations  # the first epoch includes the compilation
        left = tqdm.format_interval(epochs * sum(durations) / len(durations))
        return f"{left:>7} left" if epochs else ""

    def _describe(self, logs: Logs) -> None:
        self._bar.set_description_str(f"{self._heading()}{self._epoch_left()}  {self._values(logs)}", refresh=False)

    def _epoch_left(self) -> str:
        """Return the time that is left of the epoch, or nothing if it is unknown or that of the training."""
        steps = self.params["steps"]
        if not self._shows_bar or not steps or self.params["epochs"] == 1:
            return ""
        bar = self._bar.format_dict
        rate = bar["rate"] or (bar["n"] - bar["initial"]) / max(bar["elapsed"], 1e-9)  # steps per second, as in tqdm
        return f" {tqdm.format_interval((steps - self._done) / rate)} left" if rate else ""

    def _values(self, logs: Logs) -> str:
        """Return the values as text; the lines of all epochs have the same columns."""
        numbers = {name: float(keras.ops.convert_to_numpy(value)) for name, value in (logs or {}).items()}
        shown = [name for name in numbers if not name.startswith("val_") or name == "val_loss"]
        shown.sort(key=lambda name: (name not in ("loss", "val_loss"), not name.endswith("loss")))
        texts = {name: f"{numbers[name]:#.4g}".removesuffix(".") for name in shown}
        self._widths |= {name: max(len(text), self._widths.get(name, _WIDTH)) for name, text in texts.items()}
        return "  ".join(f"{name} {text:<{self._widths[name]}}" for name, text in texts.items())


def _can_show_bar(stream: Any) -> bool:
    """Return whether a stream is a terminal whose lines can be redrawn."""
    if not stream.isatty():
        return False
    try:
        return os.get_terminal_size(stream.fileno()).columns > 0
    except (OSError, ValueError):  # a stream without a descriptor, such as that of a notebook
        return True
