"""Training speed of a recipe on this machine: `python -m kerasgen.runs.throughput RECIPE [auto|xla|no-xla]`.

Each measurement needs a process of its own, because Keras has one backend for each process.
"""

import itertools
import sys
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

MODES = {"auto": "auto", "xla": True, "no-xla": False}  # values of `jit_compile`
ROUNDS = 4
_BATCHES = 4  # in an epoch


def images_per_second(recipe: str, mode: str = "auto", seconds: float = 1.0) -> float:
    """Return the images/s of training a recipe with its default options on random data, in the fastest round.

    The fastest round counts, not the median, because PyTorch traces the step during one of the rounds, and other
    processes only slow a round down. All rounds are epochs of one `fit`, because each `fit` compiles a falling learning
    rate again. A pair of images counts as one.

    Args:
        recipe: name of a recipe.
        mode: key of `MODES`.
        seconds: minimum duration of each of the `ROUNDS`.

    Example:
        >>> images_per_second("vae", seconds=0.01) > 0
        True
    """
    import kerasgen

    batch_size = kerasgen.zoo.get(recipe).batch_size
    model = kerasgen.create(recipe)
    if mode != "auto":
        model.compile(model.optimizer, jit_compile=MODES[mode])
    data = _random_data(model, kerasgen.zoo.get(recipe).kind, _BATCHES * batch_size)
    _, *times = _epoch_ends(model, data, batch_size, 3)  # the first epoch compiles the step
    epochs = max(1, round(seconds / (times[1] - times[0])))
    ends = _epoch_ends(model, data, batch_size, 1 + ROUNDS * epochs)[::epochs]
    return epochs * _BATCHES * batch_size / min(end - begin for begin, end in itertools.pairwise(ends))


def _random_data(model: Any, kind: str, count: int) -> "list[np.ndarray]":
    """Return the arguments of `fit`: images, or images of two domains, and labels if the model takes them."""
    import numpy as np

    rng = np.random.default_rng(0)
    images = [rng.random((count, *model.sample_shape), dtype="float32") for _ in range(1 if kind == "images" else 2)]
    classes = getattr(model, "num_classes", 0)
    return [*images, rng.integers(classes, size=count)] if classes else images


def _epoch_ends(model: Any, data: Any, batch_size: int, epochs: int) -> list[float]:
    """Train and return the time at the end of each epoch."""
    import keras

    ends: list[float] = []
    clock = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: ends.append(time.perf_counter()))
    model.fit(*data, batch_size=batch_size, epochs=epochs, verbose=0, callbacks=[clock])
    return ends


if __name__ == "__main__":
    recipe, mode = [*sys.argv[1:], "auto"][:2]
    print(images_per_second(recipe, mode))
