"""Hostile model files with inert payloads.

A case is a function that receives a `Material` and a path, and writes a file, or something else that `kerasgen.load`
must not read. A payload that ran would create the file `sentinel`, set the environment variable `SENTINEL` or change a
setting of Keras; `effects` returns which of these have happened.
"""

import contextlib
import os
from collections.abc import Callable
from pathlib import Path

SENTINEL = "KERASGEN_SENTINEL"
EPSILON = 0.123

Case = Callable[..., object]  # (material, path)


def effects(folder: Path) -> list[str]:
    """Return the effects of the payloads, as words; `folder` is the directory of the files."""
    import keras

    seen = ["file"] if (Path(folder) / "sentinel").exists() else []
    seen += ["environment variable"] if SENTINEL in os.environ else []
    epsilon = keras.config.epsilon()  # an operation may have made it a tensor
    return seen if isinstance(epsilon, float) and epsilon == 1e-7 else [*seen, "Keras setting"]


def undo(folder: Path) -> None:
    """Undo the effects."""
    import keras

    with contextlib.suppress(FileNotFoundError):
        (Path(folder) / "sentinel").unlink()
    os.environ.pop(SENTINEL, None)
    keras.config.set_epsilon(1e-7)


def cases() -> dict[str, Case]:
    """Return the cases that must be refused, by name."""
    from checks.hostile import archives, configs, headers, weights

    by_hand = {f"{name}, by hand": configs.by_hand(case) for name, case in configs.CASES.items()}
    return by_hand | archives.CASES | headers.CASES | weights.CASES


def ignored() -> dict[str, Case]:
    """Return the cases in which a file of a recipe has a false `config.json`: they must be refused or have no effect.

    `kerasgen.load` does not build the model from this member.
    """
    from checks.hostile import configs

    return configs.CASES


def needs_optimizer(name: str) -> bool:
    """Return whether the payload of a case is read with `compile=True` only."""
    return name.startswith("optimizer")
