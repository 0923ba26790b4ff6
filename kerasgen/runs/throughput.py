"""How fast a recipe trains on this machine: `python -m kerasgen.runs.throughput RECIPE [auto|xla|no-xla]`.

A process of its own for each measurement, because Keras has one backend for each process.
"""

import sys
import time

MODES = {"auto": "auto", "xla": True, "no-xla": False}  # of `jit_compile`
ROUNDS = 4


def images_per_second(recipe, mode="auto", seconds=1.0):
    """Return the images/s of training a recipe's defaults on noise, in the fastest of some rounds.

    Not the median: PyTorch traces a step in the middle of a round, and what else a machine does only slows it down.

    Args:
        recipe: name of a recipe of images.
        mode: a key of `MODES`.
        seconds: how long each of the `ROUNDS` takes at least.
    """
    import numpy as np

    import kerasgen

    batch_size = kerasgen.zoo.get(recipe).batch_size
    model = kerasgen.create(recipe)
    if mode != "auto":
        model.compile(model.optimizer, jit_compile=MODES[mode])
    images = np.random.default_rng(0).random((4 * batch_size, *model.sample_shape), dtype="float32")
    model.fit(images, batch_size=batch_size, verbose=0)  # compiles
    epochs = max(1, round(seconds / _seconds(model, images, batch_size, 1)))
    found = [_seconds(model, images, batch_size, epochs) for _ in range(ROUNDS)]
    return epochs * len(images) / min(found)


def _seconds(model, images, batch_size, epochs):
    start = time.perf_counter()
    model.fit(images, batch_size=batch_size, epochs=epochs, verbose=0)
    return time.perf_counter() - start


if __name__ == "__main__":
    print(images_per_second(*sys.argv[1:]))
