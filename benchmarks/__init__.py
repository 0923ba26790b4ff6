"""Measurements of speed and memory, in a copy of the repository: `python -m benchmarks.speed --recipe vae`.

The speed of any recipe without a hand-written loop is an experiment: `kerasgen reproduce throughput-cgan`.
"""

import os
import time
from collections.abc import Callable

BACKENDS = ("tensorflow", "jax", "torch")


def start(backend: str) -> None:
    """Set Keras's backend before Keras is imported; PyTorch is imported before TensorFlow, which Keras imports."""
    os.environ["KERAS_BACKEND"] = backend
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    if backend == "torch":
        import torch  # noqa: F401


def time_in_turns(functions: dict[str, Callable], rounds: int) -> dict[str, list[float]]:
    """Return name -> seconds that each function takes in each round.

    Each runs once before, to compile and warm up; the order changes from round to round.
    """
    for function in functions.values():
        function()
    seconds = {name: [] for name in functions}
    for number in range(rounds):
        for name in sorted(functions, reverse=number % 2):
            begin = time.perf_counter()
            functions[name]()
            seconds[name].append(time.perf_counter() - begin)
    return seconds
