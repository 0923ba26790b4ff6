"""How long it takes until the first step of a training is done, and how fast a model generates.

    python benchmarks/start_up.py --backend jax --recipe vae --write

New processes, kerasgen and the hand-written loop in turn, import what they need, build the model and train a single
batch; measured from the start of Python to the end of that step. The loop is the one of `speed.py`, so what is on top
of it is Keras and kerasgen. kerasgen's process then generates 10,000 images twice; the second time counts.
"""

import argparse
import statistics
import subprocess
import sys
import time

import common
import loops
import results
from speed import BATCH_SIZE

GENERATED = 10_000
TRAINERS = ("kerasgen", "loop")


def main():
    """Measure as the command line says, print, and with `--write` keep the figures."""
    options = parse()
    if options.only:
        print(*measure_here(options))
        return
    found = {name: [] for name in TRAINERS}
    for number in range(options.rounds + 1):  # the first round, which reads everything from the disk, does not count
        for name in sorted(TRAINERS, reverse=number % 2):
            found[name].append(measure(name))
    report(options, {name: rounds[1:] for name, rounds in found.items()})


def parse():
    """Return the options of the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--backend", choices=["tensorflow", "jax", "torch"], required=True)
    parser.add_argument("--recipe", choices=list(BATCH_SIZE), default="vae")
    parser.add_argument("--rounds", type=int, default=5, help="processes of each")
    parser.add_argument("--write", action="store_true", help="put the figures into zoo/results.csv")
    parser.add_argument("--only", choices=TRAINERS, help=argparse.SUPPRESS)  # in a process of its own
    return parser.parse_args()


def measure(name):
    """Return (seconds until the first step is done, images generated in a second) of a new process.

    The second is 0 where there is nothing to measure: for the loop, and for a model that generates nothing.
    """
    begun = time.time()
    command = [sys.executable, __file__, *sys.argv[1:], "--only", name]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    ended, speed = map(float, done.stdout.split()[-2:])
    return ended - begun, speed


def measure_here(options):
    """Train one batch in this process; return the time of day when it is done, and the speed of generation."""
    common.start(options.backend)

    batch_size = BATCH_SIZE[options.recipe]
    data = loops.noise_images(options.recipe, batch_size)
    if options.only == "loop":
        loops.of(options.backend).epochs(options.recipe, data, batch_size, seed=0)()
        return time.time(), 0.0

    import kerasgen

    model = kerasgen.create(options.recipe, **loops.SETTINGS[options.recipe])
    model.fit(*data, batch_size=batch_size, verbose=0)
    ended = time.time()
    if not hasattr(model, "generate"):
        return ended, 0.0
    model.generate(GENERATED, seed=0)
    begun = time.perf_counter()
    model.generate(GENERATED, seed=0)
    return ended, GENERATED / (time.perf_counter() - begun)


def report(options, found):
    """Print the medians, and keep them if asked to."""
    seconds = {name: [each[0] for each in rounds] for name, rounds in found.items()}
    medians = {name: statistics.median(values) for name, values in seconds.items()}
    speed = statistics.median(each[1] for each in found["kerasgen"])
    for name, values in seconds.items():
        print(f"{name:9} {medians[name]:6.2f} s until the first step is done  ({min(values):.2f} to {max(values):.2f})")
    if speed:
        print(f"kerasgen generates {speed:,.0f} images/s")
    if not options.write:
        return
    row = {"recipe": options.recipe, "dataset": "noise", "backend": options.backend, "seeds": 1}
    results.write(
        figure="start of a training",
        metric="seconds until the first step is done",
        value=f"{medians['kerasgen']:.1f}",
        spread=f"{min(seconds['kerasgen']):.1f} to {max(seconds['kerasgen']):.1f} in {options.rounds} rounds",
        reference=f"{medians['loop']:.1f} s",
        reference_source=f"benchmarks/loops/with_{options.backend}.py",
        epochs="1 step",
        **row,
    )
    if speed:
        results.write(
            figure="generation", metric=f"images/s of {GENERATED:,}", value=f"{speed:.0f}", epochs="1 step", **row
        )


if __name__ == "__main__":
    main()
