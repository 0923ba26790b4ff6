"""Callbacks for `fit`: checkpoints, pictures, logs and a progress bar."""

from kerasgen.callbacks.checkpoint import Checkpoint
from kerasgen.callbacks.event_file import EventFile
from kerasgen.callbacks.progress import Progress
from kerasgen.callbacks.run_log import RunLog
from kerasgen.callbacks.sample_grid import SampleGrid
from kerasgen.callbacks.stop_when_not_finite import StopWhenNotFinite

__all__ = ["Checkpoint", "EventFile", "Progress", "RunLog", "SampleGrid", "StopWhenNotFinite"]
