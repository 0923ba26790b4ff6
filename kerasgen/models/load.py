"""Model files: the one place that reads them, and says in one line why it cannot."""

import math
import warnings
from pathlib import Path

import keras

from kerasgen import layers, models  # noqa: F401  (registers the classes that a file names)
from kerasgen.errors import ModelFileError
from kerasgen.io import allowed, archive, weights

LARGEST_OUTPUT = 2**27  # numbers that a layer makes of one image


def load(path, compile=False):
    """Return the `GenerativeModel` of a `.keras` file, or of a run directory, whose `model.keras` it is then.

    The file may come from anyone: before Keras sees it, it is found to be whole (`archive`), to name nothing but
    what the recipes are made of (`allowed`), and to hold plain finite weights for it (`stored_weights`). It need not
    have been written on this backend.

    Args:
        path: str or path of a local file or directory.
        compile: whether to load the optimizers too, for training on; to generate they are not needed.

    Raises:
        ModelFileError: the file is missing, damaged, not a `.keras` file or not made by kerasgen alone. A model
            with layers of your own, or other Keras layers or optimizers than the recipes have,
            `keras.saving.load_model` loads.
    """
    path = find(path)
    check(path, compile)
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("error", "Skipping")  # Keras skips what does not fit, and leaves it untrained
            model = keras.saving.load_model(str(path), compile=compile, safe_mode=True)
    except Exception as error:  # Keras raises whatever its parts raise on contents that do not fit
        reason = next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)
        if reason.startswith(("Skipping", "A total of")):
            reason = "its weights do not fit its model"
        raise ModelFileError(f"cannot load {path}: {reason[:300]}") from error
    _check_outputs(model, path)
    return model


def find(path):
    """Return the path of the model file that `path`, a `.keras` file or a run directory, stands for.

    Raises:
        ModelFileError: there is none.
    """
    if "://" in str(path):
        raise ModelFileError(f"{path} is not a file on this machine; download it and give its path")
    path = Path(path)
    if path.is_dir():
        if not (path / "model.keras").is_file():
            raise ModelFileError(f"{path} is a directory without a model.keras; give a .keras file or a run directory")
        return path / "model.keras"
    if not path.exists():
        raise ModelFileError(f"no such file: {path}; give a .keras file or a run directory")
    if not path.is_file() or path.suffix != ".keras":
        raise ModelFileError(f"{path} is not a .keras file; give one that kerasgen saved, or a run directory")
    return path


def check(path, compile=False):
    """Read the file as plain data and raise `ModelFileError` for what must not go to Keras.

    Args:
        path: `Path` of a file.
        compile: whether the optimizers are to be loaded too.
    """
    members = archive.read(path)
    needed = allowed.check(members["config.json"], path, compile)
    stored = weights.check(members["model.weights.h5"], path, compile)
    if needed > 2 * stored:  # `allowed` counts up to twice too many
        raise ModelFileError(f"cannot load {path}: its model needs {needed:,} weights, and it has {stored:,}")


def _check_outputs(model, path):
    """Raise `ModelFileError` if a layer would make more of one image than memory holds."""
    for network in model.layers:
        for operation in getattr(network, "operations", ()):
            for output in keras.tree.flatten(operation.output):
                if math.prod(size or 1 for size in output.shape[1:]) > LARGEST_OUTPUT:
                    raise ModelFileError(
                        f"cannot load {path}: its {operation.name[:50]} makes images of {output.shape}"
                    )
