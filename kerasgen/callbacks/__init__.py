"""Callbacks for `fit`: pictures, logs, files and a progress bar."""

from kerasgen.callbacks.ctrl_c import CtrlC
from kerasgen.callbacks.progress import Progress
from kerasgen.callbacks.run_log import RunLog
from kerasgen.callbacks.sample_grid import SampleGrid
from kerasgen.callbacks.save_model import SaveModel

__all__ = ["CtrlC", "Progress", "RunLog", "SampleGrid", "SaveModel"]
