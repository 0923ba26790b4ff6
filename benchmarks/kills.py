"""Whether `kill -9`, at any instant of training and saving, leaves a checkpoint that is whole and from which to go on.

    python benchmarks/kills.py --backend jax --kills 200 --write

A tiny VAE trains with a checkpoint after every second step, so that it saves most of the time. Its process is killed
at a random instant, again and again in the same directory; each new process has to go on from the checkpoint that is
found there. A kill counts as survived if the newest checkpoint is whole, nothing in the directory is damaged, and at
most the last interval is lost. The processes are forked from one that has imported Keras and done nothing with it.
"""

import argparse
import os
import random
import signal
import sys
import tempfile
import time
import warnings
from pathlib import Path

import results

STEPS = 2  # between two checkpoints
LONGEST = 0.5  # seconds between the first new checkpoint of a process and its end


def main():
    """Measure as the command line says, print, and with `--write` keep the figure."""
    options = parse()
    os.environ["KERAS_BACKEND"] = options.backend
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("OMP_NUM_THREADS", "1")  # so that a process can be forked, and the steps are tiny
    if options.backend != "tensorflow":
        sys.modules["tensorflow"] = None  # Keras imports it to save a model, which takes seconds in each process
    os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "0")
    with tempfile.TemporaryDirectory() as folder:
        os.environ.setdefault("JAX_COMPILATION_CACHE_DIR", f"{folder}/compiled")
        report(options, *survive(options, Path(folder) / "checkpoints"))


def parse():
    """Return the options of the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--backend", choices=["tensorflow", "jax", "torch"], required=True)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--write", action="store_true", help="put the figure into zoo/results.csv")
    return parser.parse_args()


def survive(options, directory):
    """Return how many kills were survived, and in how many of them a checkpoint was being written."""
    import kerasgen.callbacks
    import kerasgen.data
    import kerasgen.models
    from kerasgen import zoo
    from kerasgen.io.checkpoints import Checkpoints

    zoo.recipes()  # the last of what a process needs, imported once
    warnings.filterwarnings("ignore", message="os.fork")  # the threads that it warns of have not been started
    images = kerasgen.data.load("digits", image_size=8).train
    survived = amid = 0
    for number in range(options.kills):
        before = newest(Checkpoints(directory))
        process = os.fork()
        if not process:
            train(directory, images)
        wait_for_progress(Checkpoints(directory), before, process)
        time.sleep(random.uniform(0.0, LONGEST))
        reached = (Checkpoints(directory).paths() or [None])[0]
        amid += bool(list(directory.glob(".epoch-*")))
        os.kill(process, signal.SIGKILL)
        os.waitpid(process, 0)
        path, _, passed_over = Checkpoints(directory).newest()
        survived += path is not None and not passed_over and (reached is None or path.name >= reached.name)
        print(f"\r{number + 1} kills, {survived} survived, {amid} amid a save", end="", flush=True)
    print()
    return survived, amid


def newest(checkpoints):
    """Return the name of the newest checkpoint, or None."""
    return next((path.name for path in checkpoints.paths()), None)


def wait_for_progress(checkpoints, before, process):
    """Wait until the process has written a checkpoint."""
    deadline = time.monotonic() + 300
    while newest(checkpoints) == before:
        ended, status = os.waitpid(process, os.WNOHANG)
        if ended or time.monotonic() > deadline:
            raise SystemExit(f"the training did not go on from {before}: status {status}")
        time.sleep(0.005)


def train(directory, images):
    """Train for ever, in a process of its own."""
    import kerasgen

    model = kerasgen.create("vae", image_size=8, hidden_dim=8, latent_dim=2)
    checkpoint = kerasgen.callbacks.Checkpoint(directory, every=f"{STEPS}steps", report=lambda line: None)
    batches = images.batches(16, shuffle=True)
    model.fit(batches, epochs=10**6, shuffle=False, verbose=0, callbacks=[checkpoint])
    os._exit(1)


def report(options, survived, amid):
    """Print the figure, and keep it if asked to."""
    print(f"{survived} of {options.kills} kills left a whole checkpoint; {amid} came amid a save")
    if options.write:
        results.write(
            figure="kill -9",
            recipe="vae",
            dataset="digits, 8x8",
            backend=options.backend,
            metric="kills during train + save that leave a whole checkpoint",
            value=f"{survived} of {options.kills}",
            spread=f"{amid} came amid a save",
            seeds=1,
            reference="Keras's own saves: 0 of 5",
            reference_source="kill -9 during model.save over a good file, Keras 3.15.1",
        )


if __name__ == "__main__":
    main()
