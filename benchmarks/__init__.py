"""Measurements of speed and memory, in a copy of the repository: `python -m benchmarks.speed --recipe vae`.

The speed of any recipe without a hand-written loop is an experiment: `kerasgen reproduce throughput-cgan`.
"""

import os
import statistics
import time
from collections.abc import Callable, Sequence

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


def ratio_of(ours: Sequence[float], theirs: Sequence[float]) -> tuple[str, str]:
    """Return the ratio of two medians, and the spread of the ratios of the rounds, as texts."""
    ratios = sorted(one / other for one, other in zip(ours, theirs))
    spread = f"{ratios[0]:.2f} to {ratios[-1]:.2f} in {len(ratios)} {'rounds' if len(ratios) > 1 else 'round'}"
    return f"{statistics.median(ours) / statistics.median(theirs):.2f}", spread
