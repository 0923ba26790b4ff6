"""One backend's part of the parity tests: `python -P worker.py train|load FOLDER`, with KERAS_BACKEND set.

The other frameworks cannot be imported here, because kerasgen must work if they are not installed.
"""

import json
import os
import sys
from pathlib import Path

MISSING = {"tensorflow", "jax", "torch"} - {os.environ["KERAS_BACKEND"]}
STEPS, BATCH_SIZE = 10, 8


class FinderWithoutOthers:
    """A finder of modules that does not find the other frameworks."""

    def __init__(self, finder):
        self.finder = finder

    def find_spec(self, name, path=None, target=None):
        return None if name.split(".")[0] in MISSING else self.finder.find_spec(name, path, target)

    def __getattr__(self, name):
        return getattr(self.finder, name)


sys.meta_path[:] = [FinderWithoutOthers(finder) for finder in sys.meta_path]

import keras  # noqa: E402
import numpy as np  # noqa: E402

import kerasgen  # noqa: E402
from kerasgen.models.base import abilities  # noqa: E402

BACKEND = keras.backend.backend()


def train(folder):
    """Train each case for ten steps, and write its variables, its losses, its file and its images."""
    task = json.loads((folder / "task.json").read_text())
    for case in task["cases"]:
        model = train_case(folder / f"{BACKEND}-{case}.npz", task, case, task["sgd"])
        model.save(folder / f"{BACKEND}-{case}.keras")
        np.save(folder / f"{BACKEND}-{case}.npy", images_of(model))
    train_case(folder / f"{BACKEND}-adam.npz", task, "dcgan", task["adam"])


def train_case(path, task, case, optimizer):
    """Train ten steps from given weights with given noise; write all variables and losses; return the model."""
    model = kerasgen.create(case.split("+")[0], **task["cases"][case])
    model.compile({player: keras.optimizers.get(optimizer) for player in model.players})
    rng = np.random.default_rng(task["seeds"].get(case, 1))
    for variable in model.weights:
        if variable.trainable or not variable.path.endswith(("count", "moving_mean", "moving_variance")):
            variable.assign(0.2 * rng.standard_normal(variable.shape))
    count = STEPS * BATCH_SIZE
    domains = ("a", "b") if isinstance(model, abilities.Translates) else ("images",)
    data = {domain: rng.random((count, *model.sample_shape), dtype="float32") for domain in domains}
    data["noise"] = {name: noise.sample(rng, count) for name, noise in model.noise.items()}
    if getattr(model, "num_classes", 0):
        data["labels"] = rng.integers(0, model.num_classes, count)
    steps = []
    keep = keras.callbacks.LambdaCallback(on_train_batch_end=lambda batch, logs: steps.append(dict(logs)))
    model.fit(data, batch_size=BATCH_SIZE, epochs=1, verbose=0, shuffle=False, callbacks=[keep])
    variables = [*model.variables, *model.optimizer.variables]
    named = {f"{index} {variable.path.rsplit('/', 1)[-1]}": variable for index, variable in enumerate(variables)}
    arrays = {name: np.array(keras.ops.convert_to_numpy(v)) for name, v in named.items() if "seed" not in name}
    logs = {name: [float(keras.ops.convert_to_numpy(step[name])) for step in steps] for name in steps[0]}
    np.savez(path, **{f"weights {k}": v for k, v in arrays.items()}, **logs)
    return model


def images_of(model):
    """Return 8 images: generated, or those that the model makes from images if it cannot generate."""
    if isinstance(model, abilities.Generates):
        return model.generate(8, seed=1)
    images = np.random.default_rng(1).random((8, *model.sample_shape), dtype="float32")
    if isinstance(model, abilities.Translates):
        return model.translate(images, seed=1)
    if isinstance(model, abilities.Denoises):
        return model.denoise(images)
    return model.reconstruct(images)


def load(folder):
    """Load the files of the other backends, optimizers included; print the differences of the images."""
    differences = {}
    for path in sorted(set(folder.glob("*.keras")) - set(folder.glob(f"{BACKEND}-*"))):
        model, checked = keras.saving.load_model(path), kerasgen.load(path)
        assert checked.origin == model.origin
        for a, b in zip(checked.variables, model.variables, strict=True):
            assert np.array_equal(keras.ops.convert_to_numpy(a), keras.ops.convert_to_numpy(b)), (path, a.path)
        differences[path.stem] = float(np.abs(images_of(model) - np.load(path.with_suffix(".npy"))).max())
        assert model.compiled
        assert not checked.compiled
        assert any(int(model.optimizer_of(player).iterations) > 0 for player in model.players)
    print(json.dumps(differences))


if __name__ == "__main__":
    {"train": train, "load": load}[sys.argv[1]](Path(sys.argv[2]))
