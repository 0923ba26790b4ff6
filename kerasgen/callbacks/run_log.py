"""The course of a training as a table, as curves and for TensorBoard."""

import csv
import os
import time
from pathlib import Path

import keras
from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.summary.writer.event_file_writer import EventFileWriter

from kerasgen import pictures

# The names under which the parts of a VAE's loss are known; other keys become `Their_Words_Capitalised`.
_TAGS = {"loss": "Total_Loss", "kl_divergence": "KL-Divergence"}


class RunLog(keras.callbacks.Callback):
    """Writes `history.csv`, `curves.png` and TensorBoard's event files, on every backend, without TensorFlow.

    The table has the columns epoch, seconds and one for each logged key; a row is on the disk when its epoch ends.
    The tags of the events are `Train/<Name>` and, for validation, `Test/<Name>`.

    Args:
        directory: where the files go; the event files into `logs/` in it.
        title: of the curves.
    """

    def __init__(self, directory, title="training"):
        super().__init__()
        self.directory, self.title = Path(directory), title
        self.history = {}

    def on_train_begin(self, logs=None):
        """Open the event file."""
        self._started = time.monotonic()
        self._events = EventFileWriter(str(self.directory / "logs"))

    def on_epoch_end(self, epoch, logs=None):
        """Write this epoch's row, events and curves."""
        logs = {key: float(keras.ops.convert_to_numpy(value)) for key, value in (logs or {}).items()}
        for key, value in logs.items():
            self.history.setdefault(key, []).append(value)
        self._append_row({"epoch": epoch + 1, "seconds": round(time.monotonic() - self._started, 2), **logs})
        self._add_events(epoch + 1, logs)
        pictures.save_curves(self.directory / "curves.png", self.history, self.title)

    def on_train_end(self, logs=None):
        """Close the event file."""
        self.close()

    def close(self):
        """Close the event file, also after an interruption."""
        self._events.close()

    def _append_row(self, row):
        path = self.directory / "history.csv"
        with path.open("a", newline="") as file:
            writer = csv.DictWriter(file, fieldnames=list(row))
            if file.tell() == 0:
                writer.writeheader()
            writer.writerow(row)
            file.flush()
            os.fsync(file.fileno())

    def _add_events(self, epoch, logs):
        values = [Summary.Value(tag=tag_of(key), simple_value=value) for key, value in logs.items()]
        self._events.add_event(Event(wall_time=time.time(), step=epoch, summary=Summary(value=values)))
        self._events.flush()


def tag_of(key):
    """Return the TensorBoard tag of a logged key: `Test/KL-Divergence` for `val_kl_divergence`."""
    side, name = ("Test", key.removeprefix("val_")) if key.startswith("val_") else ("Train", key)
    return f"{side}/{_TAGS.get(name, '_'.join(word.capitalize() for word in name.split('_')))}"
