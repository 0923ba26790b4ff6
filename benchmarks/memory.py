"""Peak memory of training with kerasgen against a training loop written by hand in the same framework.

    python benchmarks/memory.py --backend jax --recipe vae --write

Each trains in a process of its own, on the same noise, and reports the largest resident set of that process:
interpreter, framework, images and all, on the one side Keras too.
"""

import argparse
import os
import resource
import statistics
import subprocess
import sys

import loops
import results
from speed import BATCH_SIZE, IMAGES

TRAINERS = ("kerasgen", "loop")


def main():
    """Measure as the command line says, print, and with `--write` keep the figure."""
    options = parse()
    os.environ["KERAS_BACKEND"] = options.backend
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    if options.only:
        print(train(options))
        return
    peaks = {name: [measure(name) for _ in range(options.rounds)] for name in TRAINERS}
    report(options, peaks)


def parse():
    """Return the options of the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--backend", choices=["tensorflow", "jax", "torch"], required=True)
    parser.add_argument("--recipe", choices=list(IMAGES), default="vae")
    parser.add_argument("--rounds", type=int, default=3, help="processes of each")
    parser.add_argument("--epochs", type=int, default=2, help="epochs in each process")
    parser.add_argument("--images", type=int, help="images in an epoch")
    parser.add_argument("--write", action="store_true", help="put the figure into zoo/results.csv")
    parser.add_argument("--only", choices=TRAINERS, help=argparse.SUPPRESS)  # in a process of its own
    return parser.parse_args()


def measure(name):
    """Return the peak in MB of a new process that trains as `name` says.

    This process has to stay small: on Linux a child's peak is never less than its parent's size at the start.
    """
    command = [sys.executable, __file__, *sys.argv[1:], "--only", name]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return float(done.stdout.splitlines()[-1])


def train(options):
    """Train in this process and return its peak in MB."""
    data = loops.noise_images(options.recipe, options.images or IMAGES[options.recipe])
    batch_size = BATCH_SIZE[options.recipe]
    if options.backend == "torch":
        import torch  # noqa: F401  (before TensorFlow, which Keras imports where it is installed)

    if options.only == "kerasgen":
        import kerasgen

        model = kerasgen.create(options.recipe, **loops.SETTINGS[options.recipe])
        model.fit(*data, batch_size=batch_size, epochs=options.epochs, verbose=0)
    else:
        epoch = loops.of(options.backend).epochs(options.recipe, data, batch_size, seed=0)
        for _ in range(options.epochs):
            epoch()
    return peak_memory()


def peak_memory():
    """Return the largest resident set of this process so far, in MB (10^6 bytes)."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak * (1 if sys.platform == "darwin" else 1024) / 1e6


def report(options, runs):
    """Print the peaks and their ratio, and keep it if asked to."""
    for name, peaks in runs.items():
        print(f"{name:8} {statistics.median(peaks):7,.0f} MB  ({min(peaks):,.0f} to {max(peaks):,.0f})")
    ours, theirs = runs["kerasgen"], runs["loop"]
    ratio = statistics.median(ours) / statistics.median(theirs)
    print(f"ratio    {ratio:7.2f}")
    if options.write:
        results.write(
            figure="peak memory against a hand-written loop",
            recipe=options.recipe,
            dataset=f"noise, {options.images or IMAGES[options.recipe]} images",
            backend=options.backend,
            metric="largest resident set, ratio to loop",
            value=f"{ratio:.2f}",
            spread=f"{min(ours) / max(theirs):.2f} to {max(ours) / min(theirs):.2f} in {options.rounds} rounds",
            seeds=1,
            reference=f"{statistics.median(theirs):.0f} MB; kerasgen {statistics.median(ours):.0f}",
            reference_source=f"benchmarks/loops/with_{options.backend}.py",
            epochs=options.epochs,
        )


if __name__ == "__main__":
    main()
