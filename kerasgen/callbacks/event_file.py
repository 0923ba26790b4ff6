"""TensorBoard's event files, written on every backend without TensorFlow."""

import itertools
import os
import socket
import struct
import time
from collections.abc import Mapping
from pathlib import Path

from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import Summary

# Not tensorboard's EventFileWriter: it imports TensorFlow wherever that is installed, and keeps a thread
from tensorboard.summary.writer.record_writer import RecordWriter

from kerasgen.io.files import flush_file
from kerasgen.io.regular_files import open_regular

_serial = itertools.count()


class EventFile:
    """One event file of a training, made when the first event is added.

    Args:
        directory: directory of the event files; made if it is missing.

    Example:
        >>> import tempfile
        >>> events = EventFile(tempfile.mkdtemp())
        >>> events.add_scalars(1, {"Train/loss": 2.5})
        >>> events.path.exists()
        True
    """

    def __init__(self, directory: str | os.PathLike) -> None:
        name = f"events.out.tfevents.{int(time.time())}.{socket.gethostname()}.{os.getpid()}.{next(_serial)}"
        self.path = Path(directory) / name

    def add_scalars(self, step: int, values: Mapping[str, float]) -> None:
        """Add one event with numbers.

        Args:
            step: number of finished epochs.
            values: tag -> number.

        Raises:
            OSError: the file cannot be written.
        """
        self._add(step, [Summary.Value(tag=tag, simple_value=value) for tag, value in values.items()])

    def add_png(self, step: int, tag: str, png: bytes) -> None:
        """Add one event with a picture.

        Args:
            step: number of finished epochs.
            tag: name of the picture.
            png: contents of a PNG file.

        Raises:
            OSError: the file cannot be written.
        """
        width, height = struct.unpack(">II", png[16:24])  # of the IHDR chunk, which is always the first
        image = Summary.Image(width=width, height=height, colorspace=3, encoded_image_string=png)
        self._add(step, [Summary.Value(tag=tag, image=image)])

    def _add(self, step: int, values: list[Summary.Value]) -> None:
        events = [Event(wall_time=time.time(), step=step, summary=Summary(value=values))]
        self.path.parent.mkdir(parents=True, exist_ok=True)
        if not self.path.exists():
            events.insert(0, Event(wall_time=time.time(), file_version="brain.Event:2"))
        try:
            with os.fdopen(open_regular(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT), "ab") as file:
                for event in events:
                    RecordWriter(file).write(event.SerializeToString())
            flush_file(self.path)
        except OSError as error:
            error.filename = error.filename or str(self.path)
            raise


def tag_of(name: str) -> str:
    """Return the tag of a logged value: `Train/loss` for `loss`, and `Test/loss` for `val_loss`.

    Args:
        name: name in the logs of `fit`.

    Example:
        >>> tag_of("val_kl_divergence")
        'Test/kl_divergence'
    """
    return f"Test/{name.removeprefix('val_')}" if name.startswith("val_") else f"Train/{name}"
