"""Savings by the caches of the user: whole processes, the first with an empty cache folder.

    python -m benchmarks.second_runs --data-dir DIR --write

The first pair is `kerasgen train dcgan` on JAX for an epoch of two steps, whose compiled programs are kept. The second
pair loads MNIST from TensorFlow Datasets in `--data-dir`, whose decoded images are kept; it is skipped without one.
"""

import argparse
import statistics
import sys
import tempfile
from pathlib import Path

from benchmarks import processes
from kerasgen.experiments import results

LOAD = """
import time
import numpy
from kerasgen import data
begin = time.perf_counter()
data.load("mnist", data_dir={data_dir!r}).train[:1]
print(time.perf_counter() - begin)
"""


def main():
    """Measure, print, and with `--write` keep the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data-dir", help="folder in which TensorFlow Datasets has MNIST")
    parser.add_argument("--rounds", type=int, default=2, help="number of pairs of processes")
    parser.add_argument("--write", action="store_true", help="put the figures into zoo/results.csv")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        pairs = [train_twice(Path(folder), number) for number in range(options.rounds)]
        row = {"recipe": "dcgan", "dataset": "noise, 128 images", "backend": "jax"}
        report(options, pairs, metric="seconds of `kerasgen train` with compiled programs", **row)
        if options.data_dir:
            pairs = [load_twice(options.data_dir, Path(folder, f"mnist-{number}")) for number in range(options.rounds)]
            row = {"recipe": "all", "dataset": "mnist", "backend": "any"}
            report(options, pairs, metric="seconds to load decoded images", **row)


def train_twice(folder, number):
    """Return the seconds of two processes that train a DCGAN on JAX, the first with an empty cache folder."""
    import numpy as np

    path, cache = folder / "noise.npz", folder / f"cache-{number}"
    noise = np.random.default_rng(0).integers(256, size=(128, 28, 28, 1), dtype="uint8")
    np.savez(path, x_train=noise, x_test=noise)
    command = [sys.executable, "-m", "kerasgen", "train", "dcgan", "--backend", "jax", "--epochs", "1"]
    command += ["--dataset", str(path), "--out"]
    runs = [str(folder / f"run-{number}-{turn}") for turn in (1, 2)]
    return [processes.run([*command, run], True, XDG_CACHE_HOME=str(cache)).seconds for run in runs]


def load_twice(data_dir, cache):
    """Return the seconds of `data.load` in two processes, the first with an empty cache folder."""
    command = [sys.executable, "-c", LOAD.format(data_dir=data_dir)]
    return [processes.run(command, XDG_CACHE_HOME=str(cache)).numbers()[0] for _ in range(2)]


def report(options, pairs, **row):
    """Print the seconds of the first and of the second process, and with `--write` keep them."""
    first, second = (statistics.median(seconds) for seconds in zip(*pairs))
    print(f"{row['metric']}, {row['dataset']}: {second:.2f}, and {first:.2f} with an empty cache")
    if options.write:
        spread = f"{min(pair[1] for pair in pairs):.2f} to {max(pair[1] for pair in pairs):.2f} in {len(pairs)} rounds"
        source = "the first process, with an empty cache"
        results.write(
            figure="second runs",
            value=f"{second:.2f}",
            spread=spread,
            reference=f"{first:.2f} s",
            reference_source=source,
            **row,
        )


if __name__ == "__main__":
    main()
