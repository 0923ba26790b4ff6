"""Training speed of a recipe on this machine: `python -m kerasgen.runs.throughput RECIPE [auto|xla|no-xla]`.

Each measurement needs a process of its own, because Keras has one backend for each process.
"""

import sys
import time
from typing import Any

MODES = {"auto": "auto", "xla": True, "no-xla": False}  # values of `jit_compile`
ROUNDS = 4


def images_per_second(recipe: str, mode: str = "auto", seconds: float = 1.0) -> float:
    """Return the images/s of training a recipe with its default options on random images, in the fastest round.

    The fastest round, not the median, because PyTorch traces a step in the middle of a round, and other processes only
    slow a round down.

    Args:
        recipe: name of a recipe of images.
        mode: key of `MODES`.
        seconds: minimum duration of each of the `ROUNDS`.

    Example:
        >>> images_per_second("vae", seconds=0.01) > 0
        True
    """
    import numpy as np

    import kerasgen

    batch_size = kerasgen.zoo.get(recipe).batch_size
    model = kerasgen.create(recipe)
    if mode != "auto":
        model.compile(model.optimizer, jit_compile=MODES[mode])
    images = np.random.default_rng(0).random((4 * batch_size, *model.sample_shape), dtype="float32")
    model.fit(images, batch_size=batch_size, verbose=0)  # compiles the step
    epochs = max(1, round(seconds / _time_fit(model, images, batch_size, 1)))
    durations = [_time_fit(model, images, batch_size, epochs) for _ in range(ROUNDS)]
    return epochs * len(images) / min(durations)


def _time_fit(model: Any, images: Any, batch_size: int, epochs: int) -> float:
    start = time.perf_counter()
    model.fit(images, batch_size=batch_size, epochs=epochs, verbose=0)
    return time.perf_counter() - start


if __name__ == "__main__":
    print(images_per_second(*sys.argv[1:]))
