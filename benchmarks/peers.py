"""Training, generation and memory of kerasgen against other programs, in one table.

    python -m benchmarks.peers --quick
    python -m benchmarks.peers --write

| task | peer |
|---|---|
| dense VAE, 28x28 | pythae's trainer (PyPI), with the Python of `--pythae` |
| DCGAN, 64x64 | the loops of PyTorch's and TensorFlow's tutorials |
| pix2pix, 256x256 | a PyTorch loop with the networks of Isola et al. |
| diffusion, 32x32 | denoising-diffusion-pytorch (PyPI), with the Python of `--ddpm` |

A peer whose Python is not given is skipped. All train networks of the same size (diffusion: of about the same number
of parameters) on the same noise in memory, in batches of the same size. Each process trains some epochs and generates
images twice. The first epoch, which compiles, and the first generation do not count. Processes take turns. kerasgen
trains with `fit(verbose=0)`. The memory is the largest resident set of the whole process.
"""

import argparse
import itertools
import os
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks import BACKENDS, loops, processes, ratio_of, start
from kerasgen.experiments import results

FOLDER = "benchmarks/loops"


@dataclass(frozen=True)
class Task:
    """A model that all programs train.

    Attributes:
        shape: (H, W, C) of the images.
        images: Number of training images.
        batch_size: Number of images in a step.
        samples: Number of generated images; 0 for a translation.
        settings: Arguments of `kerasgen.create`.
        peers: Name of each peer -> its source.
    """

    shape: tuple[int, int, int]
    images: int
    batch_size: int
    samples: int
    settings: dict = field(default_factory=dict)
    peers: dict[str, str] = field(default_factory=dict)


TASKS = {
    "vae": Task(
        (28, 28, 1),
        20_000,
        100,
        10_000,
        loops.SETTINGS["vae"],
        {"pythae": f"pythae (PyPI), {FOLDER}/pythae_trainer.py"},
    ),
    "dcgan": Task(
        (64, 64, 3),
        192,
        64,
        1_000,
        loops.SETTINGS["dcgan"],
        {
            "PyTorch's tutorial": f"{FOLDER}/tutorial_torch.py",
            "TensorFlow's tutorial": f"{FOLDER}/tutorial_tensorflow.py",
        },
    ),
    "pix2pix": Task(
        (256, 256, 3), 3, 1, 0, {"width": 64}, {"a PyTorch loop": f"{FOLDER}/with_torch, the networks of Isola et al."}
    ),
    "diffusion": Task(
        (32, 32, 3),
        256,
        64,
        64,
        {"width": 32, "patch": "1"},
        {"denoising-diffusion-pytorch": f"denoising-diffusion-pytorch (PyPI), {FOLDER}/ddpm_trainer.py"},
    ),
}
SCRIPTS = {"pythae": "pythae", "denoising-diffusion-pytorch": "ddpm"}  # peers with a Python of their own


@dataclass
class Speeds:
    """Measurements of one process: images/s of training and of generation, and the peak in MB."""

    train: float
    generate: float
    memory: float


def main():
    """Measure, print, and with `--write` keep the figures."""
    options = parse()
    if options.only:
        train_here(options)
        return
    print(f"{'task':10}{'program':30}{'train':>10}{'generate':>10}{'peak MB':>9}   (images/s)")
    with tempfile.TemporaryDirectory() as folder:
        for name in options.task or TASKS:
            report(name, options, measure(name, options, Path(folder)))


def parse(arguments=None):
    """Return the options of the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--task", choices=list(TASKS), action="append", help="repeatable; all by default")
    parser.add_argument("--backend", choices=BACKENDS, action="append", help="repeatable; all by default")
    parser.add_argument("--rounds", type=int, help="number of processes of each program; 2, or 1 with --quick")
    parser.add_argument("--epochs", type=int, default=3, help="number of epochs in each process, with the first")
    parser.add_argument("--quick", action="store_true", help="one step an epoch, and few samples")
    for name, peer in (("pythae", "pythae"), ("ddpm", "denoising-diffusion-pytorch")):
        variable = f"{name.upper()}_PYTHON"
        text = f"Python of an environment with {peer}; by default the variable {variable}"
        parser.add_argument(f"--{name}", default=os.environ.get(variable), metavar="FILE", help=text)
    parser.add_argument("--write", action="store_true", help="put the figures into zoo/results.csv")
    parser.add_argument("--only", nargs=2, metavar=("PROGRAM", "FILE"), help=argparse.SUPPRESS)  # in its own process
    return parser.parse_args(arguments)


def sizes(name, options):
    """Return the numbers of training images and of samples of a task."""
    task = TASKS[name]
    return (task.batch_size, min(task.samples, 8)) if options.quick else (task.images, task.samples)


def measure(name, options, folder):
    """Return program -> list of `Speeds`; kerasgen's programs are the names of its backends."""
    import numpy as np

    task, (images, _) = TASKS[name], sizes(name, options)
    rng, path = np.random.default_rng(0), folder / f"{name}.npz"
    parts = {"x_train": images, "x_test": task.batch_size, "y_train": images if name == "pix2pix" else 0}
    np.savez(path, **{part: rng.integers(256, size=(n, *task.shape), dtype="uint8") for part, n in parts.items() if n})
    peers = [peer for peer in task.peers if peer not in SCRIPTS or getattr(options, SCRIPTS[peer])]
    speeds = {program: [] for program in (*(options.backend or BACKENDS), *peers)}
    for number in range(options.rounds or (1 if options.quick else 2)):
        for program in reversed(speeds) if number % 2 else speeds:
            speeds[program].append(run(name, program, path, options))
    return speeds


def run(name, program, path, options):
    """Return the `Speeds` of a new process."""
    task, (images, samples) = TASKS[name], sizes(name, options)
    if program in SCRIPTS:
        python = getattr(options, SCRIPTS[program])
        script = Path(loops.__file__).with_name(f"{SCRIPTS[program]}_trainer.py")
        command = [python, script, path, options.epochs, task.batch_size, path.parent / SCRIPTS[program], samples]
    else:
        command = [sys.executable, "-m", "benchmarks.peers", "--task", name, "--epochs", options.epochs]
        command += [*(["--quick"] if options.quick else []), "--only", program, path]
    measured = processes.run([*map(str, command)], terminal=program in SCRIPTS)
    epochs = measured.numbers()
    generation = float(measured.output.splitlines()[-2]) if samples else 0.0
    speed = images / statistics.median(epochs[1:] or epochs)
    return Speeds(speed, samples / generation if samples else 0.0, measured.peak)


def train_here(options):
    """Train and generate in this process; print the seconds of generation, if any, and of each epoch."""
    (program, path), (name,) = options.only, options.task
    task, (_, samples) = TASKS[name], sizes(name, options)
    start(program if program in BACKENDS else "tensorflow" if program.startswith("TensorFlow") else "torch")
    import numpy as np

    with np.load(path) as file:
        arrays = [file[part].astype("float32") / 255 for part in ("x_train", "y_train") if part in file.files]
        test = file["x_test"].astype("float32") / 255
    if program in BACKENDS:
        seconds, generate = kerasgen_epochs(name, arrays, test, options.epochs)
    else:
        seconds, generate = loop_epochs(program, arrays, task.batch_size, options.epochs)
    if samples:
        generate(samples)
        begin = time.perf_counter()
        generate(samples)
        print(f"{time.perf_counter() - begin:.4f}")
    print(*(f"{each:.4f}" for each in seconds))


def kerasgen_epochs(name, arrays, test, epochs):
    """Return the seconds of each epoch of one `fit`, and the function that generates."""
    import keras

    import kerasgen

    task, ends = TASKS[name], []
    size = {"image_size": task.shape[0], "channels": task.shape[2]}
    model = kerasgen.create(name, **size, **task.settings)
    clock = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: ends.append(time.perf_counter()))
    validation = {"validation_data": (test,)} if name == "vae" else {}  # pythae's trainer validates too
    begin = time.perf_counter()
    model.fit(*arrays, batch_size=task.batch_size, epochs=epochs, verbose=0, callbacks=[clock], **validation)
    return [end - before for before, end in itertools.pairwise([begin, *ends])], (
        lambda count: model.generate(count, seed=0)
    )


def loop_epochs(program, arrays, batch_size, epochs):
    """Return the seconds of each epoch of a loop, and the function that generates."""
    if program == "a PyTorch loop":
        epoch, generate = loops.framework("torch").epochs("pix2pix", arrays, batch_size, 0), None
    elif program.startswith("TensorFlow"):
        from benchmarks.loops import tutorial_tensorflow

        epoch, generate = tutorial_tensorflow.epochs(*arrays, batch_size)
    else:
        from benchmarks.loops import tutorial_torch

        epoch, generate = tutorial_torch.epochs(*arrays, batch_size)
    times = [time.perf_counter()]
    for _ in range(epochs):
        epoch()
        times.append(time.perf_counter())
    return [end - begin for begin, end in itertools.pairwise(times)], generate


def report(name, options, speeds):
    """Print a line for each program, and the ratios; with `--write` keep the ratios."""
    for program, rounds in speeds.items():
        train, generate, memory = (statistics.median(getattr(each, kind) for each in rounds) for kind in KINDS)
        label = f"kerasgen, {program}" if program in BACKENDS else program
        print(f"{name:10}{label:30}{train:10.2f}{generate:10.2f}{memory:9.0f}")
    ours, theirs = ([program for program in speeds if (program in BACKENDS) == own] for own in (True, False))
    for peer, backend in itertools.product(theirs, ours):
        for kind in KINDS:
            if kind != "generate" or TASKS[name].samples:
                report_ratio(name, options, kind, peer, backend, speeds)


# Attribute of `Speeds` -> figure, metric and unit
KINDS = {
    "train": ("training against other programs", "images/s", "images/s"),
    "generate": ("generation against other programs", "images/s", "images/s"),
    "memory": ("peak memory against other programs", "largest resident set", "MB"),
}


def report_ratio(name, options, kind, peer, backend, speeds):
    """Print the ratio of kerasgen on a backend to a peer, and with `--write` keep it."""
    figure, metric, unit = KINDS[kind]
    ours, theirs = ([getattr(each, kind) for each in speeds[program]] for program in (backend, peer))
    ratio, spread = ratio_of(ours, theirs)
    print(f"{figure}, {name}: {backend} / {peer}: {ratio}  ({spread})")
    if options.write:
        task, (images, samples) = TASKS[name], sizes(name, options)
        height, width, channels = task.shape
        count = samples if kind == "generate" else images
        results.write(
            figure=figure,
            recipe=name,
            dataset=f"noise, {count:,} images {height}x{width}x{channels}",
            backend=backend,
            metric=f"{metric}, ratio to {peer}",
            value=ratio,
            spread=spread,
            reference=f"{statistics.median(theirs):,.4g} {unit}; kerasgen {statistics.median(ours):,.4g}",
            reference_source=task.peers[peer],
            epochs=options.epochs,
            setup=f"batch {task.batch_size}",
        )


if __name__ == "__main__":
    main()
