"""Trains a recipe for ten steps on N virtual CPU devices; as a script it writes what comes of it."""

import json
import sys

import keras
import numpy as np

import kerasgen
from kerasgen import backend

BATCH_SIZE, IMAGES = 8, 33  # the last batch has one image, and none for the second device


def train(task, devices):
    """Return a dict of name -> array: all weights, moments and logs.

    Args:
        task: dict with `recipe`, `options`, `image_size` and `noise_shape`, and perhaps `images`, how many.
        devices: int, on each machine that the environment names.
    """
    size, images, rng = task["image_size"], task.get("images", IMAGES), np.random.default_rng(0)
    with backend.distributed(devices) as names:
        total = devices * backend.machines().count
        assert len(names) == (total if total > 1 else 0)
        keras.utils.set_random_seed(0)
        model = kerasgen.create(task["recipe"], image_size=size, **task["options"])
        model.compile({player: keras.optimizers.SGD(0.01, momentum=0.9) for player in model.players})
        # the same starting point for both, whatever order the devices draw their initial weights in
        for variable in model.trainable_variables:
            variable.assign(0.1 * rng.standard_normal(variable.shape))
        domains = ("a", "b") if isinstance(model, kerasgen.models.TranslationModel) else ("images",)
        data = {domain: rng.random((images, size, size, 1), dtype="float32") for domain in domains}
        data["noise"] = rng.standard_normal((images, *task["noise_shape"])).astype("float32")
        history = model.fit(data, batch_size=BATCH_SIZE, epochs=2, verbose=0, shuffle=False).history
        kept = [v for v in model.variables if "seed" not in v.path]
        # by their places: names count up with the models that a process has made
        results = {f"{place} {v.name}": v for place, v in enumerate(kept)}
        results |= {f"optimizer {place}": v for place, v in enumerate(model.optimizer.variables)}
        results = {name: keras.ops.convert_to_numpy(v) for name, v in results.items()}
        return {name: np.array(value) for name, value in (results | history).items()}


if __name__ == "__main__":
    np.savez(sys.argv[3], **train(json.loads(sys.argv[1]), int(sys.argv[2])))
