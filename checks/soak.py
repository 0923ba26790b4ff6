"""Whether the memory of a long training grows, and whether its step is traced again.

    python -m checks.soak --backend jax --recipe vae --write

A small model is trained for 5,000 steps with the callbacks of `kerasgen train`: sample grids, the log and a checkpoint
after each epoch. The slope is that of the line through the resident set after each tenth step, without the first 200
steps, in which backends set up, and without free memory that the allocator keeps. TensorFlow and JAX run the Python
code of a step only to trace it, so its calls are counted; PyTorch traces nothing.
"""

import ctypes
import os
import tempfile
from pathlib import Path

from checks import make_parser, start
from kerasgen.experiments import results

SMALL = {"vae": {"hidden_dim": 64, "latent_dim": 4}, "dcgan": {"width": 4, "hidden_dim": 16, "latent_dim": 8}}
IMAGE_SIZE, BATCH_SIZE, STEPS_IN_EPOCH = 16, 32, 100
FIRST, EVERY = 200, 10  # first step at which memory is measured, and steps between two measurements
TRACED_BY = 3  # the step by which everything should have been traced


def main():
    """Measure, print, and with `--write` keep the figures."""
    options = parse()
    start(options.backend)
    sizes, traces = train(options)
    slope = slope_of(sizes)
    print(f"resident set {sizes[0][1]:,.0f} MB after {sizes[0][0]} steps, {sizes[-1][1]:,.0f} after {sizes[-1][0]}")
    print(f"slope {slope:+.2f} MB in 1,000 steps")
    late = [step for step in traces if step > TRACED_BY]
    if options.backend != "torch":
        print(f"traced at the steps {traces}, {len(late)} times after step {TRACED_BY}")
    if options.write:
        write(options, slope, late)


def parse(arguments=None):
    """Return the options of the command line."""
    parser = make_parser(__doc__)
    parser.add_argument("--recipe", choices=list(SMALL), default="vae")
    parser.add_argument("--steps", type=int, default=5_000, help=f"number of steps, a multiple of {STEPS_IN_EPOCH}")
    parser.add_argument("--first", type=int, default=FIRST, help="first step at which memory is measured")
    options = parser.parse_args(arguments)
    if options.steps % STEPS_IN_EPOCH or options.steps < options.first + 2 * EVERY:
        parser.error(f"--steps {options.steps}: give a multiple of {STEPS_IN_EPOCH}, more than --first")
    return options


def train(options):
    """Train, and return `[(step, MB)]` of the memory and the steps in which the step was traced."""
    import keras
    import numpy as np

    import kerasgen
    from kerasgen import callbacks

    keras.utils.set_random_seed(0)
    images = np.random.default_rng(0).random((STEPS_IN_EPOCH * BATCH_SIZE, IMAGE_SIZE, IMAGE_SIZE, 1), dtype="float32")
    model = kerasgen.create(options.recipe, image_size=IMAGE_SIZE, **SMALL[options.recipe])
    sizes, traces, steps = [], [], 0

    def counted(data, step=model.train_step):
        traces.append(steps + 1)
        return step(data)

    class Measured(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            nonlocal steps
            steps += 1
            if steps >= options.first and steps % EVERY == 0:
                sizes.append((steps, resident_set()))

    object.__setattr__(model, "train_step", counted)  # bypasses Keras, which tracks attributes
    with tempfile.TemporaryDirectory() as folder:
        kept = [
            Measured(),
            callbacks.SampleGrid(Path(folder) / "samples"),
            callbacks.RunLog(folder, title="soak"),
            callbacks.Checkpoint(Path(folder) / "checkpoints", report=lambda line: None),
        ]
        model.fit(
            images,
            validation_data=(images[:BATCH_SIZE],),
            batch_size=BATCH_SIZE,
            epochs=options.steps // STEPS_IN_EPOCH,
            verbose=0,
            callbacks=kept,
        )
    return sizes, traces


def resident_set():
    """Return the memory of this process that is in RAM and in use, in MB (10^6 bytes); on Linux."""
    ctypes.CDLL(None).malloc_trim(0)  # returns free memory that the allocator keeps
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGESIZE") / 1e6


def slope_of(sizes):
    """Return the slope of the least-squares line through `[(step, MB)]`, in MB per 1,000 steps."""
    import numpy as np

    steps, megabytes = np.array(sizes).T
    return 1_000 * np.polyfit(steps, megabytes, 1)[0]


def write(options, slope, late):
    """Put the figures into the table of results."""
    row = {
        "figure": "a long training",
        "recipe": options.recipe,
        "dataset": f"noise, {IMAGE_SIZE}x{IMAGE_SIZE}",
        "backend": options.backend,
        "epochs": f"{options.steps:,} steps",
    }
    results.write(metric="memory, MB in 1,000 steps", value=f"{slope:.2f}", reference="under 1", **row)
    if options.backend != "torch":
        results.write(metric=f"traces after step {TRACED_BY}", value=len(late), reference=0, **row)


if __name__ == "__main__":
    main()
