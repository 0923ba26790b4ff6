"""The course of a training as a table, as curves and for TensorBoard."""

import csv
import gc
import itertools
import os
import socket
import time
from pathlib import Path

import keras
import numpy as np
from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import Summary

# Not tensorboard's EventFileWriter: it imports TensorFlow wherever that is installed, and keeps a thread.
from tensorboard.summary.writer.record_writer import RecordWriter

from kerasgen.io.files import atomic_write
from kerasgen.plots import curves

# The names under which the parts of a VAE's loss are known; other keys become `Their_Words_Capitalised`.
_TAGS = {"loss": "Total_Loss", "kl_divergence": "KL-Divergence"}
_SHARE_OF_DRAWING = 0.05  # of the time; drawing the curves takes a good part of a second
_serial = itertools.count()


class RunLog(keras.callbacks.Callback):
    """Writes `history.csv`, `curves.png` and TensorBoard's event files, on every backend, without TensorFlow.

    The table has the columns epoch, seconds since the start and one for each logged key; it is on the disk when an
    epoch ends, and never with half a row. A `fit` with `initial_epoch` goes on with the rows before that epoch;
    one that begins at 0 starts over. The curves follow the table, some epochs late where epochs are short.
    The tags of the events are `Train/<Name>` and, for validation, `Test/<Name>`.

    Args:
        directory: where the files go, made if it is missing; the event files into `logs/` in it.
        title: of the curves.
    """

    def __init__(self, directory, title="training"):
        super().__init__()
        self.directory, self.title = Path(directory), title
        self._rows = []

    @property
    def history(self):
        """Return a dict of key -> list of values, one for each epoch, NaN where an epoch has none."""
        return {key: [row.get(key, np.nan) for row in self._rows] for key in self._columns() if key != "seconds"}

    def on_train_begin(self, logs=None):
        """Start the clock and name the event file."""
        self._started, self._rows = time.monotonic(), None
        self._drawn_at, self._drawing_took = float("-inf"), 0.0
        name = f"events.out.tfevents.{int(time.time())}.{socket.gethostname()}.{os.getpid()}.{next(_serial)}"
        self._events = self.directory / "logs" / name

    def get_state(self):
        """Return what a `Checkpoint` keeps: the rows."""
        return {"rows": self._rows}

    def set_state(self, state):
        """Go on with the rows, and with the clock of the last."""
        self._rows = state["rows"]
        self._started -= self._rows[-1]["seconds"] if self._rows else 0.0

    def on_epoch_begin(self, epoch, logs=None):
        """Read the rows of the epochs before this training."""
        if self._rows is None:
            self._rows = self._read_rows(epoch) if epoch else []

    def on_epoch_end(self, epoch, logs=None):
        """Write this epoch's row, events and curves."""
        values = {key: np.asarray(keras.ops.convert_to_numpy(value)) for key, value in (logs or {}).items()}
        values = {key: float(value) for key, value in values.items() if value.ndim == 0}
        seconds = round(time.monotonic() - self._started, 2)
        self._rows.append({"epoch": epoch + 1, "seconds": seconds, **values})
        self._write_rows()
        self._add_events(epoch + 1, values)
        if time.monotonic() - self._drawn_at >= self._drawing_took / _SHARE_OF_DRAWING:
            self._draw()

    def on_train_end(self, logs=None):
        """Draw all curves."""
        self.close()

    def close(self):
        """Draw all curves, also after an interruption."""
        if self._rows:
            self._draw()

    def _draw(self):
        started = time.monotonic()
        curves.save_curves(self.directory / "curves.png", self.history, self.title)
        gc.collect()  # a figure is a web of cycles, which Python would free some figures and many MB later
        self._drawn_at = time.monotonic()
        self._drawing_took = self._drawn_at - started

    def _columns(self):
        return list(dict.fromkeys(key for row in self._rows or () for key in row))

    def _read_rows(self, epochs):
        path = self.directory / "history.csv"
        if not path.exists():
            return []
        with path.open(newline="", encoding="utf-8") as file:
            rows = [{key: float(value) for key, value in row.items() if value} for row in csv.DictReader(file)]
        return [row | {"epoch": int(row["epoch"])} for row in rows if row["epoch"] <= epochs]

    def _write_rows(self):
        # As a whole, since a later epoch may log more than the first (`validation_freq`).
        self.directory.mkdir(parents=True, exist_ok=True)
        with (
            atomic_write(self.directory / "history.csv") as temporary,
            temporary.open("w", newline="", encoding="utf-8") as file,
        ):
            writer = csv.DictWriter(file, fieldnames=self._columns())
            writer.writeheader()
            writer.writerows(self._rows)

    def _add_events(self, epoch, values):
        values = [Summary.Value(tag=tag_of(key), simple_value=value) for key, value in values.items()]
        events = [Event(wall_time=time.time(), step=epoch, summary=Summary(value=values))]
        self._events.parent.mkdir(parents=True, exist_ok=True)
        if not self._events.exists():
            events.insert(0, Event(wall_time=time.time(), file_version="brain.Event:2"))
        with self._events.open("ab") as file:
            for event in events:
                RecordWriter(file).write(event.SerializeToString())
            file.flush()
            os.fsync(file.fileno())


def tag_of(key):
    """Return the TensorBoard tag of a logged key: `Test/KL-Divergence` for `val_kl_divergence`."""
    side, name = ("Test", key.removeprefix("val_")) if key.startswith("val_") else ("Train", key)
    return f"{side}/{_TAGS.get(name, '_'.join(word.capitalize() for word in name.split('_')))}"
