"""Images per second of kerasgen's `fit` against a training loop written by hand.

    python -m benchmarks.speed --recipe vae --write

For each framework both train the same networks on the same images in one process, an epoch each in turn, after one
epoch of each to compile and warm up. An epoch of kerasgen is one call of `fit`, with everything that it does before the
first and after the last step. The processes of the frameworks take turns as well. The figures are ratios of median
speeds: of kerasgen to the loop in the same framework, and of kerasgen on its fastest backend to the fastest loop. The
machine should do nothing else.
"""

import argparse
import json
import statistics
import subprocess
import sys

from benchmarks import BACKENDS, loops, start, time_in_turns
from kerasgen.experiments import results

JIT_COMPILE = {"auto": "auto", "true": True, "false": False}


def main():
    """Measure, print, and with `--write` keep the figures."""
    options = parse()
    if options.only:
        print(json.dumps(measure_here(options)))
        return
    speeds = {backend: {"kerasgen": [], "loop": []} for backend in options.backend or BACKENDS}
    for number in range(options.rounds):
        for backend in sorted(speeds, reverse=number % 2):
            for name, values in measure(backend).items():
                speeds[backend][name] += values
    report(options, speeds)


def parse(arguments=None):
    """Return the options of the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--backend", choices=BACKENDS, action="append", help="repeatable; all by default")
    parser.add_argument("--recipe", choices=list(loops.SETTINGS), default="vae")
    parser.add_argument("--rounds", type=int, default=3, help="number of processes of each framework")
    parser.add_argument("--epochs", type=int, default=3, help="number of timed epochs of each trainer in a process")
    parser.add_argument("--images", type=int, help="number of images in an epoch, reduced to whole batches")
    parser.add_argument("--jit-compile", choices=list(JIT_COMPILE), help="setting of kerasgen's compile")
    parser.add_argument("--write", action="store_true", help="put the figures into zoo/results.csv")
    parser.add_argument("--only", choices=BACKENDS, help=argparse.SUPPRESS)  # in a process of its own
    return parser.parse_args(arguments)


def measure(backend):
    """Return trainer -> images/s of its epochs, measured in a new process."""
    command = [sys.executable, "-m", "benchmarks.speed", *sys.argv[1:], "--only", backend]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return json.loads(done.stdout.splitlines()[-1])


def measure_here(options):
    """Return trainer -> images/s of its epochs, measured in this process."""
    start(options.only)
    data, batch_size = loops.noise_images(options.recipe, count_of(options)), loops.BATCH_SIZE[options.recipe]
    functions = {
        "kerasgen": kerasgen_epoch(options, data, batch_size),
        "loop": loops.framework(options.only).epochs(options.recipe, data, batch_size, seed=0),
    }
    seconds = time_in_turns(functions, options.epochs)
    return {name: [len(data[0]) / each for each in values] for name, values in seconds.items()}


def count_of(options):
    """Return the number of images in an epoch: whole batches."""
    batch_size = loops.BATCH_SIZE[options.recipe]
    return max(1, (options.images or loops.IMAGES[options.recipe]) // batch_size) * batch_size


def kerasgen_epoch(options, data, batch_size):
    """Return a function that trains kerasgen's model for an epoch."""
    import keras

    import kerasgen

    keras.utils.set_random_seed(0)
    model = kerasgen.create(options.recipe, **loops.SETTINGS[options.recipe])
    if options.jit_compile:
        model.compile(model.optimizer, jit_compile=JIT_COMPILE[options.jit_compile])
    return lambda: model.fit(*data, batch_size=batch_size, epochs=1, verbose=0).history


def report(options, speeds):
    """Print the speeds and their ratios, and with `--write` keep the ratios."""
    medians = {
        backend: {name: statistics.median(values) for name, values in trainers.items()}
        for backend, trainers in speeds.items()
    }
    for backend, trainers in speeds.items():
        for name, values in trainers.items():
            median = medians[backend][name]
            print(f"{backend:10} {name:8} {median:8,.0f} images/s  ({min(values):,.0f} to {max(values):,.0f})")
        write_ratio(
            options,
            figure="training speed against a hand-written loop",
            backend=backend,
            ours=(medians[backend]["kerasgen"], trainers["kerasgen"]),
            theirs=(medians[backend]["loop"], trainers["loop"]),
            reference_source=f"benchmarks/loops/with_{backend}",
        )
    if len(speeds) > 1:
        ours, theirs = (max(speeds, key=lambda backend: medians[backend][name]) for name in ("kerasgen", "loop"))
        write_ratio(
            options,
            figure="training speed on the fastest backend against the fastest loop",
            backend=ours,
            ours=(medians[ours]["kerasgen"], speeds[ours]["kerasgen"]),
            theirs=(medians[theirs]["loop"], speeds[theirs]["loop"]),
            reference_source=f"benchmarks/loops/with_{theirs}, of {len(speeds)}",
        )


def write_ratio(options, ours, theirs, **row):
    """Print the ratio of two medians, and with `--write` keep it; each comes with its values."""
    (our_median, our_values), (their_median, their_values) = ours, theirs
    ratio = f"{our_median / their_median:.2f}"
    ratios = sorted(one / other for one, other in zip(our_values, their_values))
    spread = f"{ratios[0]:.2f} to {ratios[-1]:.2f}"
    print(f"{row['figure']}, {row['backend']}: {ratio}  ({spread})")
    if options.write:
        results.write(
            recipe=options.recipe,
            dataset=f"noise, {count_of(options)} images",
            metric="ratio of median images/s",
            value=ratio,
            spread=f"{spread} in {len(ratios)} rounds",
            reference=f"{their_median:.0f} images/s; kerasgen {our_median:.0f}",
            epochs=len(ratios),
            **row,
        )


if __name__ == "__main__":
    main()
