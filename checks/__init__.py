"""Checks of reliability: long, destructive or on several devices, and therefore not tests.

`python -m checks.kills --backend jax` runs one; `--write` puts its results into `zoo/results.csv`.
"""

import argparse
import os

BACKENDS = ("tensorflow", "jax", "torch")


def make_parser(description: str) -> argparse.ArgumentParser:
    """Return a parser with the options that every check has: `--backend` and `--write`.

    Args:
        description: Docstring of the module; its first line is shown.
    """
    parser = argparse.ArgumentParser(description=description.splitlines()[0])
    parser.add_argument("--backend", choices=BACKENDS, required=True)
    parser.add_argument("--write", action="store_true", help="put the results into zoo/results.csv")
    return parser


def start(backend: str) -> None:
    """Set Keras's backend before Keras is imported; PyTorch is imported before TensorFlow, which Keras imports."""
    os.environ["KERAS_BACKEND"] = backend
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    if backend == "torch":
        import torch  # noqa: F401
