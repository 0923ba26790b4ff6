"""Hostile model files with inert payloads: `CASES` is a dict of name -> function that makes one.

Each function is given a `Material` and a path, and writes the file, or whatever else should never be read. What a
payload would do, were it run, is to create the file `sentinel`, to set the environment variable `SENTINEL`, or to
change a setting of Keras; `effects` says which of these have happened.
"""

import contextlib
import os
from pathlib import Path

SENTINEL = "KERASGEN_SENTINEL"
EPSILON = 0.123


def effects(folder):
    """Return what the payloads have done, as a list of words; `folder` is where the files lie."""
    import keras

    found = ["file"] if (Path(folder) / "sentinel").exists() else []
    found += ["environment variable"] if SENTINEL in os.environ else []
    epsilon = keras.config.epsilon()  # a tensor, perhaps, if an operation has set it
    return found if isinstance(epsilon, float) and epsilon == 1e-7 else [*found, "Keras setting"]


def undo(folder):
    """Undo the `effects`."""
    import keras

    with contextlib.suppress(FileNotFoundError):
        (Path(folder) / "sentinel").unlink()
    os.environ.pop(SENTINEL, None)
    keras.config.set_epsilon(1e-7)


def cases():
    """Return all cases: dict of name -> function(material, path)."""
    from benchmarks.hostile import archives, configs, weights

    return configs.CASES | archives.CASES | weights.CASES


def needs_optimizer(name):
    """Return whether a case's payload is only read with `compile=True`."""
    return name.startswith("optimizer")
