"""Goes on with a training that was interrupted; as a program, with each folder that is named on a line of stdin."""

import sys
from pathlib import Path

if __name__ == "__main__":
    from kerasgen.cli import backends

    backends.start()  # imports Keras as the commands do, in a third of the time

import keras
import numpy as np

import kerasgen.models  # noqa: F401  (registers the classes that a file names)


def one_more_epoch(folder):
    """Load FOLDER/model.keras, train its fourth epoch on the arrays of images.npz, and write resumed.npz."""
    model = keras.saving.load_model(folder / "model.keras")
    with np.load(folder / "images.npz") as arrays:
        model.fit(*arrays.values(), batch_size=8, epochs=4, initial_epoch=3, verbose=0, shuffle=False)
    variables = [*model.variables, *model.optimizer.variables]
    np.savez(
        folder / "resumed.npz",
        **{str(index): np.array(keras.ops.convert_to_numpy(variable)) for index, variable in enumerate(variables)},
    )


if __name__ == "__main__":
    if keras.backend.backend() == "torch":
        import torch

        torch.set_num_threads(1)  # as in the tests: PyTorch's sums depend on it
    for line in sys.stdin:
        one_more_epoch(Path(line.strip()))
        keras.utils.clear_session()
        print(flush=True)
