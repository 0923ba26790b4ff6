"""Loads FOLDER/model.keras in a new process, trains one more epoch, and writes FOLDER/resumed.npz."""

import sys
from pathlib import Path

import keras
import numpy as np

import kerasgen  # noqa: F401 (registers the classes)

if keras.backend.backend() == "torch":
    import torch

    torch.set_num_threads(1)  # as in the tests: PyTorch's sums depend on it

folder = Path(sys.argv[1])
model = keras.saving.load_model(folder / "model.keras")
with np.load(folder / "images.npz") as arrays:
    model.fit(*arrays.values(), batch_size=8, epochs=4, initial_epoch=3, verbose=0, shuffle=False)
variables = [*model.variables, *model.optimizer.variables]
np.savez(
    folder / "resumed.npz",
    **{str(index): np.array(keras.ops.convert_to_numpy(variable)) for index, variable in enumerate(variables)},
)
