"""A run is one training and all its results in a directory.

runs/vae-1/
    recipe.json          all settings, the fingerprint of the data, the versions
    model.keras          the model after the newest epoch
    best.keras           the model of the best epoch, if `keep_best` names a logged value
    checkpoints/         the newest few, from which the run can be resumed; see `kerasgen.io.checkpoints`
    samples/             epoch-0000.png, epoch-0001.png ..., all from the same latents; of points also .json files
    history.csv          one row for each epoch
    curves.png           the logged values over the epochs
    report.html          the page of the run; see `kerasgen.report`
    logs/                TensorBoard's event files

Where the file system has hard links, `model.keras` and `best.keras` take no space of their own.
"""

from kerasgen.runs.directory import Run, check_out
from kerasgen.runs.settings import PRECISIONS, Settings, resolve
from kerasgen.runs.training import Interrupted, resume, train

__all__ = ["PRECISIONS", "Interrupted", "Run", "Settings", "check_out", "resolve", "resume", "train"]
