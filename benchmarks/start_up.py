"""Time until the first step of a training is done, and the speed of generation.

    python -m benchmarks.start_up --backend jax --recipe vae --write

New processes, kerasgen and the hand-written loop in turn, import what they need, build the model and train a single
batch; measured from the start of Python to the end of that step. kerasgen's process then generates 10,000 images twice;
the second time counts.
"""

import argparse
import statistics
import subprocess
import sys
import time

from benchmarks import BACKENDS, loops, start
from kerasgen.experiments import results

GENERATED = 10_000
TRAINERS = ("kerasgen", "loop")


def main():
    """Measure, print, and with `--write` keep the figures."""
    options = parse()
    if options.only:
        print(*measure_here(options))
        return
    measured = {name: [] for name in TRAINERS}
    for number in range(options.rounds + 1):  # the first round, which reads everything from the disk, does not count
        for name in sorted(TRAINERS, reverse=number % 2):
            measured[name].append(measure(name))
    report(options, {name: rounds[1:] for name, rounds in measured.items()})


def parse(arguments=None):
    """Return the options of the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--backend", choices=BACKENDS, required=True)
    parser.add_argument("--recipe", choices=list(loops.SETTINGS), default="vae")
    parser.add_argument("--rounds", type=int, default=5, help="number of processes of each trainer")
    parser.add_argument("--write", action="store_true", help="put the figures into zoo/results.csv")
    parser.add_argument("--only", choices=TRAINERS, help=argparse.SUPPRESS)  # in a process of its own
    return parser.parse_args(arguments)


def measure(name):
    """Return (seconds until the first step is done, images generated in a second) of a new process.

    The second is 0 for the loop, and for a model that does not generate.
    """
    begin = time.time()
    command = [sys.executable, "-m", "benchmarks.start_up", *sys.argv[1:], "--only", name]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    end, speed = map(float, done.stdout.split()[-2:])
    return end - begin, speed


def measure_here(options):
    """Train one batch in this process; return the time when it is done, and the speed of generation."""
    start(options.backend)
    batch_size = loops.BATCH_SIZE[options.recipe]
    data = loops.noise_images(options.recipe, batch_size)
    if options.only == "loop":
        loops.framework(options.backend).epochs(options.recipe, data, batch_size, seed=0)()
        return time.time(), 0.0

    import kerasgen
    from kerasgen.models.base.abilities import Generates

    model = kerasgen.create(options.recipe, **loops.SETTINGS[options.recipe])
    model.fit(*data, batch_size=batch_size, verbose=0)
    end = time.time()
    if not isinstance(model, Generates):
        return end, 0.0
    model.generate(GENERATED, seed=0)
    begin = time.perf_counter()
    model.generate(GENERATED, seed=0)
    return end, GENERATED / (time.perf_counter() - begin)


def report(options, measured):
    """Print the medians, and with `--write` keep them."""
    seconds = {name: [each[0] for each in rounds] for name, rounds in measured.items()}
    medians = {name: statistics.median(values) for name, values in seconds.items()}
    speed = statistics.median(each[1] for each in measured["kerasgen"])
    for name, values in seconds.items():
        print(f"{name:9} {medians[name]:6.2f} s until the first step is done  ({min(values):.2f} to {max(values):.2f})")
    if speed:
        print(f"kerasgen generates {speed:,.0f} images/s")
    if not options.write:
        return
    row = {"recipe": options.recipe, "dataset": "noise", "backend": options.backend, "epochs": "1 step"}
    results.write(
        figure="start of a training",
        metric="seconds until the first step is done",
        value=f"{medians['kerasgen']:.1f}",
        spread=f"{min(seconds['kerasgen']):.1f} to {max(seconds['kerasgen']):.1f} in {options.rounds} rounds",
        reference=f"{medians['loop']:.1f} s",
        reference_source=f"benchmarks/loops/with_{options.backend}",
        **row,
    )
    if speed:
        results.write(figure="generation", metric=f"images/s of {GENERATED:,}", value=f"{speed:.0f}", **row)


if __name__ == "__main__":
    main()
