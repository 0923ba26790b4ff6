"""A run: one training with all that it leaves behind, in a directory of its own.

runs/vae-1/
    recipe.json          the resolved recipe: every setting, the data's fingerprint, the versions
    model.keras          the model, saved after each epoch
    checkpoints/         the last few, from which the run goes on after an interruption; see `kerasgen.io.checkpoints`
    samples/             epoch-0000.png, epoch-0001.png ..., all from the same latents
    history.csv          a row for each epoch
    curves.png           the losses over the epochs
    logs/                TensorBoard's event files
"""

from kerasgen.runs.directory import Run, check_out
from kerasgen.runs.settings import PRECISIONS, Settings, resolve
from kerasgen.runs.training import Interrupted, resume, train

__all__ = ["PRECISIONS", "Interrupted", "Run", "Settings", "check_out", "resolve", "resume", "train"]
