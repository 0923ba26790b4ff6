"""What the scripts in this folder share."""

import hashlib
import json
import math
import os
import shutil
import statistics
import sys
import time
from pathlib import Path


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


def outputs_to_images(dataset, data_dir, count=None):
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


def mean_and_error(values, digits, digits_of_error):
    """Return the mean of the seeds' values as text, and its standard error as a spread, empty if there is none."""
    error = standard_error(values, digits_of_error)
    return f"{statistics.mean(values):.{digits}f}", error and f"± {error} standard error"


NOT_OF_A_RUN = {"seeds", "first_seed", "keep", "write", "data_dir", "picture", "steps_per_execution"}


def seeds_of(options):
    """Return the seeds that the command line asks for."""
    return range(options.first_seed, options.first_seed + options.seeds)


def kept(options, seed, measure):
    """Return `measure(options, seed)`, or with `--keep FILE` what that gave before, a line of JSON there."""
    asked = _asked(options, seed)
    path = options.keep and Path(options.keep)
    for line in path.read_text().splitlines() if path and path.exists() else ():
        if (found := json.loads(line))["asked"] == asked:
            print(f"seed {seed}: kept in {path}", flush=True)
            return found["figures"]
    figures = measure(options, seed)
    if path:
        with open(path, "a") as file:
            file.write(json.dumps({"asked": asked, "figures": figures}) + "\n")
        shutil.rmtree(_unfinished(options, seed), ignore_errors=True)
    return figures


def checkpoints(options, seed, stage="training"):
    """Return callbacks that let a killed training of `kept` go on: with `--keep FILE` one, beside it, or none."""
    from kerasgen.callbacks import Checkpoint

    return [Checkpoint(_unfinished(options, seed) / stage, keep=1)] if options.keep else []


def _asked(options, seed):
    asked = {name: value for name, value in vars(options).items() if name not in NOT_OF_A_RUN}
    return json.loads(json.dumps(asked | {"script": Path(sys.argv[0]).name, "seed": seed}))


def _unfinished(options, seed):
    name = hashlib.sha256(json.dumps(_asked(options, seed), sort_keys=True).encode()).hexdigest()[:12]
    return Path(f"{options.keep}.unfinished") / name


def add_seeds(parser):
    """Add the options that say which seeds a script trains with, and where it keeps what they gave."""
    parser.add_argument("--seeds", type=int, default=1, help="how many: 0, 1, ...")
    parser.add_argument("--first-seed", type=int, default=0, help="instead of 0; --write pools them with those before")
    parser.add_argument(
        "--keep",
        metavar="FILE",
        help="of each seed's figures: those in it are not made anew, a killed training goes on",
    )
