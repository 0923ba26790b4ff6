"""Seconds an epoch of `kerasgen train`, with everything on, against training loops and other programs.

    python -m benchmarks.command --quick           # at most 4 minutes on two cores
    python -m benchmarks.command --write           # at most 15 minutes
    python -m benchmarks.command --recipe vae --pythae ENVIRONMENT/bin/python

The command draws its bar, checks for NaN, validates, and writes pictures, curves, events, checkpoints and the page. It
trains on noise in a file. The loop of the same framework trains the same networks on the same images, with the same
validation. Both are processes, in turn. For the dense VAE there are two more programs: a PyTorch script with a
`DataLoader` (`benchmarks/loops/script.py`), and pythae's trainer, if the Python of an environment with pythae is given.

The first epoch, which compiles, does not count for the seconds an epoch. The whole process counts everything. The CPU
seconds are those of the whole process.
"""

import argparse
import csv
import itertools
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

from benchmarks import BACKENDS, loops, processes, start
from kerasgen.experiments import results

SIZES = {"vae": (30_000, 5_000), "dcgan": (2_560, 256), "pix2pix": (20, 2)}  # images of an epoch, and of its validation
QUICK = {"vae": (10_000, 1_000), "dcgan": (512, 128), "pix2pix": (4, 1)}
OTHERS = ("script", "pythae")  # programs for the dense VAE that do not depend on the backend
NAMES = {
    "loop": "a loop in the same framework",
    "script": "a PyTorch script with a DataLoader",
    "pythae": "pythae's trainer",
}
SOURCES = {"script": "benchmarks/loops/script.py", "pythae": "pythae (PyPI), benchmarks/loops/pythae_trainer.py"}


def main():
    """Measure, print, and with `--write` keep the figures."""
    options = parse()
    if options.only:
        train_with_loop(options)
        return
    with tempfile.TemporaryDirectory() as folder:
        for recipe in options.recipe or (["vae"] if options.quick else [*loops.SETTINGS]):
            measured = measure(recipe, options, Path(folder))
            report(recipe, options, measured)


def parse(arguments=None):
    """Return the options of the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--backend", choices=BACKENDS, action="append", help="repeatable; all by default")
    parser.add_argument("--recipe", choices=list(loops.SETTINGS), action="append", help="repeatable; all by default")
    parser.add_argument("--rounds", type=int, help="number of processes of each program; 3, or 1 with --quick")
    parser.add_argument("--epochs", type=int, default=4, help="number of epochs in each process, with the first")
    parser.add_argument("--images", type=int, help="number of training images")
    parser.add_argument("--quick", action="store_true", help="the VAE only, fewer images")
    parser.add_argument(
        "--pythae",
        default=os.environ.get("PYTHAE_PYTHON"),
        metavar="FILE",
        help="Python of an environment with pythae; by default the variable PYTHAE_PYTHON",
    )
    parser.add_argument("--write", action="store_true", help="put the figures into zoo/results.csv")
    parser.add_argument("--only", nargs=2, metavar=("LOOP", "FILE"), help=argparse.SUPPRESS)  # in its own process
    return parser.parse_args(arguments)


def measure(recipe, options, folder):
    """Return (program, backend) -> list with (seconds of each epoch, `Measured`) of each round."""
    data = write_data(recipe, options, folder)
    jobs = [(program, backend) for backend in options.backend or BACKENDS for program in ("kerasgen", "loop")]
    if recipe == "vae":
        jobs += [(program, "torch") for program in OTHERS if program != "pythae" or options.pythae]
    measured = {job: [] for job in jobs}
    for number in range(options.rounds or (1 if options.quick else 3)):
        for program, backend in reversed(jobs) if number % 2 else jobs:
            out = folder / f"{recipe}-{program}-{backend}-{number}"
            measured[program, backend].append(run(program, backend, recipe, data, out, options))
    return measured


def write_data(recipe, options, folder):
    """Write noise as a `.npz` file of 8-bit images and return its path."""
    import numpy as np

    train, test = (QUICK if options.quick else SIZES)[recipe]
    if options.images:
        train, test = options.images, max(loops.BATCH_SIZE[recipe], options.images // 10)
    names = ("a", "b") if recipe == "pix2pix" else ("x",)
    arrays = {}
    for part, count in (("train", train), ("test", test)):
        noise = loops.noise_images(recipe, count)
        arrays |= {f"{name}_{part}": np.rint(255 * array).astype("uint8") for name, array in zip(names, noise)}
    path = folder / f"{recipe}.npz"
    np.savez(path, **arrays)
    return path


def run(program, backend, recipe, data, out, options):
    """Return (seconds of each epoch, `Measured`) of a new process."""
    batch, epochs = str(loops.BATCH_SIZE[recipe]), str(options.epochs)
    if program == "kerasgen":
        command = [sys.executable, "-m", "kerasgen", "train", recipe, "--dataset", data, "--epochs", epochs]
        command += ["--batch-size", batch, "--seed", "0", "--backend", backend, "--out", out, *settings(recipe)]
        measured = processes.run([*map(str, command)], terminal=True)
        with open(out / "history.csv", newline="", encoding="utf-8") as file:
            ends = [float(row["seconds"]) for row in csv.DictReader(file)]
        return [end - begin for begin, end in zip([0.0, *ends], ends)], measured
    if program == "pythae":
        script = Path(loops.__file__).with_name("pythae_trainer.py")
        measured = processes.run([options.pythae, str(script), str(data), epochs, batch, str(out)], True)
    else:
        arguments = ["--recipe", recipe, "--backend", backend, "--epochs", epochs, "--only", program, str(data)]
        measured = processes.run([sys.executable, "-m", "benchmarks.command", *arguments])
    return measured.numbers(), measured


def settings(recipe):
    """Return the options of the command for the settings of a loop."""
    chosen = loops.SETTINGS[recipe]
    size = ["--image-size", chosen["image_size"]] if "image_size" in chosen else []
    others = {name: value for name, value in chosen.items() if name not in ("image_size", "channels")}
    return size + [word for name, value in others.items() for word in ("--set", f"{name}={value}")]


def train_with_loop(options):
    """Train with a hand-written loop in this process, and print the seconds of each epoch."""
    (program, path), (recipe,), (backend,) = options.only, options.recipe, options.backend
    start(backend)
    import numpy as np

    with np.load(path) as file:
        arrays = {name: file[name].astype("float32") / 255 for name in file.files}
    data, test = ([array for name, array in arrays.items() if name.endswith(part)] for part in ("_train", "_test"))
    if program == "script":
        from benchmarks.loops import script as module
    else:
        module = loops.framework(backend)
    epoch = module.epochs(recipe, data, loops.BATCH_SIZE[recipe], seed=0, test=test)
    times = [time.perf_counter()]
    for _ in range(options.epochs):
        epoch()
        times.append(time.perf_counter())
    print(*(f"{end - begin:.4f}" for begin, end in itertools.pairwise(times)))


def report(recipe, options, measured):
    """Print a line for each program, and the ratios; with `--write` keep the ratios."""
    print(f"\n{recipe:<12}{'backend':12}{'s an epoch':>12}{'s in all':>10}{'CPU s':>8}{'peak MB':>9}")
    for (program, backend), rounds in measured.items():
        seconds = statistics.median(map(epoch_seconds, rounds))
        whole, cpu, peak = (
            statistics.median(getattr(each, name) for _, each in rounds) for name in ("seconds", "cpu", "peak")
        )
        print(f"{program:<12}{backend:12}{seconds:12.3f}{whole:10.1f}{cpu:8.1f}{peak:9.0f}")
    ratios = [(("kerasgen", backend), ("loop", backend)) for program, backend in measured if program == "loop"]
    others = [(program, "torch") for program in OTHERS if (program, "torch") in measured]
    ratios += [(ours, theirs) for theirs in others for ours, _ in ratios]
    for ours, theirs in ratios:
        report_ratio(recipe, options, measured, ours, theirs)


def epoch_seconds(measured):
    """Return the median of the seconds of the epochs after the first."""
    seconds, _ = measured
    return statistics.median(seconds[1:] or seconds)


def report_ratio(recipe, options, measured, ours, theirs):
    """Print the ratios of the command to a program, and with `--write` keep them."""
    kinds = {"seconds an epoch": epoch_seconds, "seconds of the whole process": lambda each: each[1].seconds}
    for kind, value in kinds.items():
        values = [[value(each) for each in measured[job]] for job in (ours, theirs)]
        medians = [*map(statistics.median, values)]
        rounds = sorted(one / other for one, other in zip(*values))
        ratio = f"{medians[0] / medians[1]:.2f}"
        spread = f"{rounds[0]:.2f} to {rounds[-1]:.2f}"
        print(f"{kind}, kerasgen on {ours[1]} / {NAMES[theirs[0]]}: {ratio}  ({spread})")
        if options.write:
            train, _ = (QUICK if options.quick else SIZES)[recipe]
            results.write(
                figure=f"kerasgen train against {NAMES[theirs[0]]}",
                recipe=recipe,
                dataset=f"noise, {options.images or train:,} images",
                backend=ours[1],
                metric=f"ratio of {kind}",
                value=ratio,
                spread=f"{spread} in {len(rounds)} rounds",
                reference=f"{medians[1]:.2f} s; kerasgen {medians[0]:.2f} s",
                reference_source=SOURCES.get(theirs[0], f"benchmarks/loops/with_{theirs[1]}"),
                epochs=options.epochs,
                setup="bar, validation, pictures, curves, events, checkpoints and page",
            )


if __name__ == "__main__":
    main()
