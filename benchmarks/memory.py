"""Peak memory of training with kerasgen against a training loop written by hand in the same framework.

    python -m benchmarks.memory --backend jax --recipe vae --write
    python -m benchmarks.memory --backend jax --recipe pix2pix --image-size 256 --write

Each trains in a process of its own, on the same noise, and reports the largest resident set of that process:
interpreter, framework and images, and for kerasgen Keras too. With `--image-size`, three steps of pix2pix with
kerasgen alone, at another size.
"""

import argparse
import resource
import statistics
import subprocess
import sys

from benchmarks import BACKENDS, loops, start
from kerasgen.experiments import results

TRAINERS = ("kerasgen", "loop")
STEPS = 3  # of pix2pix at another size


def main():
    """Measure, print, and with `--write` keep the figure."""
    options = parse()
    if options.only:
        start(options.backend)
        print(train_at_size(options.image_size) if options.image_size else train(options))
        return
    if options.image_size:
        report_size(options, measure("kerasgen"))
        return
    report(options, {name: [measure(name) for _ in range(options.rounds)] for name in TRAINERS})


def parse(arguments=None):
    """Return the options of the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--backend", choices=BACKENDS, required=True)
    parser.add_argument("--recipe", choices=list(loops.SETTINGS), default="vae")
    parser.add_argument("--rounds", type=int, default=3, help="number of processes of each trainer")
    parser.add_argument("--epochs", type=int, default=2, help="number of epochs in each process")
    parser.add_argument("--image-size", type=int, help="side of the images of pix2pix, trained without a loop")
    parser.add_argument("--write", action="store_true", help="put the figure into zoo/results.csv")
    parser.add_argument("--only", choices=TRAINERS, help=argparse.SUPPRESS)  # in a process of its own
    options = parser.parse_args(arguments)
    if options.image_size and options.recipe != "pix2pix":
        parser.error("--image-size is an option of --recipe pix2pix")
    return options


def measure(name):
    """Return the peak in MB of a new process that trains.

    This process has to stay small: on Linux a child's peak is never less than its parent's size at the start.
    """
    command = [sys.executable, "-m", "benchmarks.memory", *sys.argv[1:], "--only", name]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return float(done.stdout.splitlines()[-1])


def train(options):
    """Train in this process and return its peak in MB."""
    recipe, batch_size = options.recipe, loops.BATCH_SIZE[options.recipe]
    data = loops.noise_images(recipe, loops.IMAGES[recipe])
    if options.only == "kerasgen":
        import kerasgen

        model = kerasgen.create(recipe, **loops.SETTINGS[recipe])
        model.fit(*data, batch_size=batch_size, epochs=options.epochs, verbose=0)
    else:
        epoch = loops.framework(options.backend).epochs(recipe, data, batch_size, seed=0)
        for _ in range(options.epochs):
            epoch()
    return peak_memory()


def train_at_size(size):
    """Take some steps of pix2pix with colour images of this size in this process, and return its peak in MB."""
    import numpy as np

    import kerasgen

    images = [np.random.default_rng(seed).random((STEPS, size, size, 3), dtype="float32") for seed in (0, 1)]
    model = kerasgen.create("pix2pix", image_size=size, channels=3, width=64)
    model.fit(*images, batch_size=1, verbose=0)
    return peak_memory()


def peak_memory():
    """Return the largest resident set of this process so far, in MB (10^6 bytes)."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak * (1 if sys.platform == "darwin" else 1024) / 1e6


def report(options, peaks):
    """Print the peaks and their ratio, and with `--write` keep the ratio."""
    for name, values in peaks.items():
        print(f"{name:8} {statistics.median(values):7,.0f} MB  ({min(values):,.0f} to {max(values):,.0f})")
    ours, theirs = peaks["kerasgen"], peaks["loop"]
    ratio = statistics.median(ours) / statistics.median(theirs)
    print(f"ratio    {ratio:7.2f}")
    if options.write:
        results.write(
            figure="peak memory against a hand-written loop",
            recipe=options.recipe,
            dataset=f"noise, {loops.IMAGES[options.recipe]} images",
            backend=options.backend,
            metric="largest resident set, ratio to loop",
            value=f"{ratio:.2f}",
            spread=f"{min(ours) / max(theirs):.2f} to {max(ours) / min(theirs):.2f} in {options.rounds} rounds",
            reference=f"{statistics.median(theirs):.0f} MB; kerasgen {statistics.median(ours):.0f}",
            reference_source=f"benchmarks/loops/with_{options.backend}",
            epochs=options.epochs,
        )


def report_size(options, megabytes):
    """Print the peak at another size, and with `--write` keep it."""
    gibibytes, size = megabytes * 1e6 / 2**30, options.image_size
    print(f"{options.recipe} at {size}x{size}: {gibibytes:.2f} GiB")
    if options.write:
        results.write(
            figure=f"memory of training at {size}x{size}, batches of 1",
            recipe=options.recipe,
            dataset="noise",
            backend=options.backend,
            metric="largest resident set, GiB",
            value=f"{gibibytes:.2f}",
        )


if __name__ == "__main__":
    main()
