"""Whether `kill -9`, at any instant of training and saving, leaves a whole checkpoint from which training continues.

    python -m checks.kills --backend jax --kills 200 --write

A tiny VAE trains with a checkpoint after every second step, so that it saves most of the time. Its process is killed
at a random instant, again and again in the same directory; each new process has to continue from the checkpoint that it
finds. A kill counts as survived if the newest checkpoint is whole, nothing in the directory is damaged, and at
most the last interval is lost. The processes are forked from one that has imported Keras and not used it.
"""

import os
import random
import signal
import sys
import tempfile
import time
import warnings
from pathlib import Path

from checks import make_parser
from kerasgen.experiments import results

STEPS = 2  # between two checkpoints
LONGEST = 0.5  # seconds between the first new checkpoint of a process and its end


def main():
    """Measure, print, and with `--write` keep the figure."""
    options = parse()
    os.environ["KERAS_BACKEND"] = options.backend
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("OMP_NUM_THREADS", "1")  # because a process with threads cannot be forked
    if options.backend != "tensorflow":
        sys.modules["tensorflow"] = None  # Keras imports it to save a model, which takes seconds in each process
    os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "0")
    with tempfile.TemporaryDirectory() as folder:
        os.environ.setdefault("JAX_COMPILATION_CACHE_DIR", f"{folder}/compiled")
        report(options, *survive(options, Path(folder) / "checkpoints"))


def parse(arguments=None):
    """Return the options of the command line."""
    parser = make_parser(__doc__)
    parser.add_argument("--kills", type=int, default=200, help="number of kills")
    return parser.parse_args(arguments)


def survive(options, directory):
    """Return the number of kills that were survived, and the number of kills during a save."""
    import kerasgen.callbacks
    import kerasgen.data
    import kerasgen.models
    from kerasgen import zoo
    from kerasgen.io.checkpoints import Checkpoints

    zoo.recipes()  # the last import that a process needs
    warnings.filterwarnings("ignore", message="os.fork")  # it warns of threads that have not been started
    images = kerasgen.data.load("digits", image_size=8).train
    survived = during_save = 0
    for number in range(options.kills):
        before = newest(Checkpoints(directory))
        process = os.fork()
        if not process:
            train(directory, images)
        wait_for_progress(Checkpoints(directory), before, process)
        time.sleep(random.uniform(0.0, LONGEST))
        reached = (Checkpoints(directory).paths() or [None])[0]
        during_save += bool(list(directory.glob(".epoch-*")))
        os.kill(process, signal.SIGKILL)
        os.waitpid(process, 0)
        saved, skipped = Checkpoints(directory).newest()
        survived += saved is not None and not skipped and (reached is None or saved.path.name >= reached.name)
        print(f"\r{number + 1} kills, {survived} survived, {during_save} during a save", end="", flush=True)
    print()
    return survived, during_save


def newest(checkpoints):
    """Return the name of the newest checkpoint, or None."""
    return next((path.name for path in checkpoints.paths()), None)


def wait_for_progress(checkpoints, before, process):
    """Wait until the process has written a checkpoint."""
    deadline = time.monotonic() + 300
    while newest(checkpoints) == before:
        ended, status = os.waitpid(process, os.WNOHANG)
        if ended or time.monotonic() > deadline:
            raise SystemExit(f"the training did not continue from {before}: status {status}")
        time.sleep(0.005)


def train(directory, images):
    """Train without an end, in a process of its own."""
    import kerasgen

    model = kerasgen.create("vae", image_size=8, hidden_dim=8, latent_dim=2)
    checkpoint = kerasgen.callbacks.Checkpoint(directory, every=f"{STEPS}steps", report=lambda line: None)
    batches = images.batches(16, shuffle=True)
    model.fit(batches, epochs=10**6, shuffle=False, verbose=0, callbacks=[checkpoint])
    os._exit(1)


def report(options, survived, during_save):
    """Print the figure, and keep it with `--write`."""
    print(f"{survived} of {options.kills} kills left a whole checkpoint; {during_save} came during a save")
    if options.write:
        results.write(
            figure="kill -9",
            recipe="vae",
            dataset="digits, 8x8",
            backend=options.backend,
            metric="kills during train + save that leave a whole checkpoint",
            value=f"{survived} of {options.kills}",
            spread=f"{during_save} came during a save",
            reference="Keras's own saves: 0 of 5",
            reference_source="kill -9 during model.save over a good file, Keras 3.15.1",
        )


if __name__ == "__main__":
    main()
