"""The values of a training as a table, as curves and for TensorBoard."""

import gc
import os
import time
from pathlib import Path
from typing import Any

import keras
import numpy as np

from kerasgen.callbacks.event_file import EventFile, tag_of
from kerasgen.io.history import check_rows, columns_of, read_history, write_history
from kerasgen.plots import save_curves

_MAX_PLOT_TIME = 0.01  # fraction of the training time, without the last plot
_FIRST_PLOT = 0.5  # seconds that the first plot of the curves takes, about; matplotlib is imported for it

Logs = dict[str, Any] | None


class RunLog(keras.callbacks.Callback):
    """Callback that writes `history.csv`, `curves.png` and TensorBoard's event files, without TensorFlow.

    The table has the columns `epoch`, `seconds` since the start, and one for each logged value. It is on the disk at
    the end of each epoch, never with half a row. A `fit` with `initial_epoch` keeps the rows before that epoch; one
    that begins at 0 starts a new table. The curves follow later, because they may
    take 1 % of the time: after 50 seconds at the earliest, or at the end.

    Every value has the same name everywhere. The tags of the events are `Train/<name>` and, for the validation,
    `Test/<name>`.

    Args:
        directory: directory of the files, made if it is missing.
        title: title of the curves.
        events: event file to add to; a new one in `logs/` in the directory by default.

    Example:
        >>> import kerasgen
        >>> log = kerasgen.callbacks.RunLog("runs/mine", title="VAE on my images")
        >>> # model.fit(images, callbacks=[log])
    """

    def __init__(self, directory: str | os.PathLike, title: str = "training", events: EventFile | None = None) -> None:
        super().__init__()
        self.directory, self.title, self.events = Path(directory), title, events
        self._rows: Any = []  # None between the start of a training and its first epoch

    @property
    def history(self) -> dict[str, list[float]]:
        """Return a dict of name -> list of values, one for each epoch, NaN where an epoch has none."""
        names = columns_of(self._rows or [])
        return {name: [row.get(name, np.nan) for row in self._rows] for name in names if name != "seconds"}

    def on_train_begin(self, logs: Logs = None) -> None:
        """Start the clock and name the event file."""
        self._started, self._rows = time.monotonic(), None
        self._plotted_at, self._plotting_took = self._started, _FIRST_PLOT
        self._events = self.events or EventFile(self.directory / "logs")

    def get_state(self) -> dict[str, Any]:
        """Return the state that a `Checkpoint` keeps: the rows."""
        return {"rows": self._rows}

    def set_state(self, state: dict[str, Any]) -> None:
        """Set the rows, and continue the clock of the last one.

        Raises:
            ValueError: the rows are not valid.
        """
        self._rows = check_rows(state["rows"])
        self._started -= self._rows[-1]["seconds"] if self._rows else 0.0

    def on_epoch_begin(self, epoch: int, logs: Logs = None) -> None:
        """Read the rows of the epochs before this training."""
        if self._rows is None:
            rows = read_history(self._path) if epoch else []
            self._rows = [row for row in rows if row["epoch"] <= epoch]

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        """Write this epoch's row, events and curves."""
        arrays = {name: np.asarray(keras.ops.convert_to_numpy(value)) for name, value in (logs or {}).items()}
        values = {name: float(array) for name, array in arrays.items() if array.ndim == 0}
        seconds = round(time.monotonic() - self._started, 2)
        self._rows.append({"epoch": epoch + 1, "seconds": seconds, **values})
        self.directory.mkdir(parents=True, exist_ok=True)
        write_history(self._path, self._rows)
        self._events.add_scalars(epoch + 1, {tag_of(name): value for name, value in values.items()})
        if time.monotonic() - self._plotted_at >= self._plotting_took / _MAX_PLOT_TIME:
            self._plot()

    def on_train_end(self, logs: Logs = None) -> None:
        """Plot all curves."""
        self.close()

    def close(self) -> None:
        """Plot all curves, also after an interruption."""
        if self._rows:
            self._plot()

    @property
    def _path(self) -> Path:
        return self.directory / "history.csv"

    def _plot(self) -> None:
        started = time.monotonic()
        save_curves(self.directory / "curves.png", self.history, self.title)
        gc.collect()  # a figure has reference cycles, which Python would free only after several figures
        self._plotted_at = time.monotonic()
        self._plotting_took = self._plotted_at - started
