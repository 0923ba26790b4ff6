"""What the scripts in this folder share."""

import math
import os
import statistics
import sys
import time


def start(backend):
    """Have Keras start on that backend, before anything imports it; errors of the user's become one line."""
    sys.excepthook = _in_a_line
    os.environ["KERAS_BACKEND"] = backend
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    if backend == "torch":
        import torch  # noqa: F401  (before TensorFlow, which Keras imports where it is installed)


def _in_a_line(kind, error, traceback):
    from kerasgen.errors import KerasgenError

    if issubclass(kind, KerasgenError):
        print(f"Error: {error}", file=sys.stderr)
    else:
        sys.__excepthook__(kind, error, traceback)


def images_of(dataset, data_dir, count=None):
    """Return the images to train with, or the first `count`, and to test with: float32 (N, 28, 28, C) in [0, 1]."""
    from kerasgen import data
    from kerasgen.data.pixels import as_floats

    found = data.load(dataset, image_size=28, data_dir=data_dir)
    return [as_floats(images) for images in (found.train[:count], found.test[:])]


def in_turns(turns, rounds):
    """Return dict of name -> seconds that each of the functions `turns` takes in each round.

    Each runs once before, to compile and warm up; who goes first changes from round to round.
    """
    for turn in turns.values():
        turn()
    seconds = {name: [] for name in turns}
    for number in range(rounds):
        for name in sorted(turns, reverse=number % 2):
            begun = time.perf_counter()
            turns[name]()
            seconds[name].append(time.perf_counter() - begun)
    return seconds


def standard_error(values, digits):
    """Return the standard error of the mean as text, empty for fewer than two values or where one is infinite."""
    if len(values) < 2 or not all(map(math.isfinite, values)):
        return ""
    return f"{statistics.stdev(values) / len(values) ** 0.5:.{digits}f}"
