"""Time until the first step of a training is done, time of short commands, and the speed of generation.

    python -m benchmarks.start_up --backend jax --recipe vae --write
    python -m benchmarks.start_up --backend jax --recipe vae --commands --write

New processes, kerasgen and the hand-written loop in turn, import what they need, build the model and train a single
batch; measured from the start of Python to the end of that step. kerasgen's process then generates 10,000 images twice;
the second time counts.

With `--commands`, the whole processes `kerasgen train RECIPE --epochs 1`, on the recipe's own data, and
`kerasgen generate RUN` take turns with these two. In the first round JAX compiles, and later it finds its programs.
"""

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks import BACKENDS, loops, processes, start
from kerasgen.experiments import results

GENERATED = 10_000
TRAINERS = ("kerasgen", "loop")
COMMANDS = {"train": "kerasgen train RECIPE --epochs 1", "generate": "kerasgen generate RUN"}


def main():
    """Measure, print, and with `--write` keep the figures."""
    options = parse()
    if options.only:
        print(*measure_here(options))
        return
    measured = {name: [] for name in (*TRAINERS, *(COMMANDS if options.commands else ()))}
    with tempfile.TemporaryDirectory() as folder:
        for number in range(options.rounds + 1):  # the first round, which reads everything from the disk, is not kept
            for name in reversed(measured) if number % 2 else measured:
                one = measure(name) if name in TRAINERS else run_command(name, options, Path(folder), number)
                measured[name].append(one)
    measured = {name: rounds[1:] for name, rounds in measured.items()}
    if options.commands:
        report_commands(options, {name: [seconds for seconds, _ in rounds] for name, rounds in measured.items()})
    else:
        report(options, measured)


def parse(arguments=None):
    """Return the options of the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--backend", choices=BACKENDS, required=True)
    parser.add_argument("--recipe", choices=list(loops.SETTINGS), default="vae")
    parser.add_argument("--rounds", type=int, default=5, help="number of processes of each trainer")
    parser.add_argument("--commands", action="store_true", help="time short commands too")
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


def run_command(name, options, folder, number):
    """Return (seconds, 0) of the process of a command; `generate` takes the run of the first round."""
    words = {
        "train": ["train", options.recipe, "--epochs", "1", "--out", str(folder / f"run-{number}")],
        "generate": ["generate", str(folder / "run-0"), "--out", str(folder / f"{number}.png")],
    }[name]
    command = [sys.executable, "-m", "kerasgen", *words, "--backend", options.backend]
    return processes.run(command, terminal=True).seconds, 0.0


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


def report_commands(options, seconds):
    """Print the seconds of the commands and their ratios to both trainers, and with `--write` keep them."""
    medians = {name: statistics.median(values) for name, values in seconds.items()}
    for name, values in seconds.items():
        print(f"{name:9} {medians[name]:6.2f} s  ({min(values):.2f} to {max(values):.2f})")
    for name, command in COMMANDS.items():
        ratio = f"{medians[name] / medians['loop']:.2f}"
        ratios = sorted(one / other for one, other in zip(seconds[name], seconds["loop"]))
        print(f"{command}: {ratio} of the loop, {medians[name] / medians['kerasgen']:.2f} of Keras with one step")
        if options.write:
            results.write(
                figure="short commands",
                recipe=options.recipe,
                dataset="the recipe's own",
                backend=options.backend,
                metric=f"seconds of {command}, ratio to the first step of a loop",
                value=ratio,
                spread=f"{ratios[0]:.2f} to {ratios[-1]:.2f} in {len(ratios)} rounds",
                reference=f"{medians['loop']:.1f} s; command {medians[name]:.1f} s; `import keras` and a step of the "
                f"model {medians['kerasgen']:.1f} s",
                reference_source=f"benchmarks/loops/with_{options.backend}, one step",
            )


if __name__ == "__main__":
    main()
