"""One backend's part of a comparison: `python worker.py TASK FOLDER`, with KERAS_BACKEND set.

The other frameworks cannot be imported here, as if they were not installed: kerasgen must work without them.
"""

import json
import os
import sys
from pathlib import Path

MISSING = {"tensorflow", "jax", "torch"} - {os.environ["KERAS_BACKEND"]}


class WithoutTheOthers:
    """A finder that finds what another does, but for the other frameworks."""

    def __init__(self, finder):
        self.finder = finder

    def find_spec(self, name, path=None, target=None):
        return None if name.split(".")[0] in MISSING else self.finder.find_spec(name, path, target)

    def __getattr__(self, name):
        return getattr(self.finder, name)


sys.meta_path[:] = [WithoutTheOthers(finder) for finder in sys.meta_path]

import keras  # noqa: E402
import numpy as np  # noqa: E402

import kerasgen  # noqa: E402

BACKEND = keras.backend.backend()


def train(folder):
    """Train each recipe ten steps and keep what came of it: see `steps`, and its file with what it makes."""
    task = json.loads((folder / "task.json").read_text())
    for recipe, options in task["recipes"].items():
        model = steps(folder / f"{BACKEND}-{recipe}.npz", recipe, options, task["sgd"])
        model.save(folder / f"{BACKEND}-{recipe}.keras")
        np.save(folder / f"{BACKEND}-{recipe}.npy", made_by(model))
    steps(folder / f"{BACKEND}-adam.npz", "dcgan", task["recipes"]["dcgan"], task["adam"])


def steps(path, recipe, options, optimizer):
    """Train ten steps from given weights with given noise; write all variables and losses; return the model."""
    model = kerasgen.create(recipe.split("+")[0], image_size=16, **options)
    model.compile({player: keras.optimizers.get(optimizer) for player in model.players})
    rng = np.random.default_rng(1)  # with 0 an activation of CycleGAN's lies at its kink, and rounding picks the side
    for variable in model.weights:
        if variable.trainable or not variable.path.endswith(("count", "moving_mean", "moving_variance")):
            variable.assign(0.2 * rng.standard_normal(variable.shape))
    domains = ("a", "b") if hasattr(model, "translate") else ("images",)
    data = {domain: rng.random((80, 16, 16, 1), dtype="float32") for domain in domains}
    data["noise"] = {name: noise.sample(rng, 80) for name, noise in model.noise.items()}
    if getattr(model, "num_classes", 0):
        data["labels"] = rng.integers(0, model.num_classes, 80)
    losses = []
    keep = keras.callbacks.LambdaCallback(on_train_batch_end=lambda batch, logs: losses.append(dict(logs)))
    model.fit(data, batch_size=8, epochs=1, verbose=0, shuffle=False, callbacks=[keep])
    variables = [*model.variables, *model.optimizer.variables]
    named = {f"{index} {variable.path.rsplit('/', 1)[-1]}": variable for index, variable in enumerate(variables)}
    arrays = {name: np.array(keras.ops.convert_to_numpy(v)) for name, v in named.items() if "seed" not in name}
    logs = {name: [float(keras.ops.convert_to_numpy(step[name])) for step in losses] for name in losses[0]}
    np.savez(path, **{f"weights {k}": v for k, v in arrays.items()}, **logs)
    return model


def made_by(model):
    """Return images (8, 16, 16, 1): generated, or made of images by a model that cannot generate."""
    if hasattr(model, "generate"):
        return model.generate(8, seed=1)
    images = np.random.default_rng(1).random((8, 16, 16, 1), dtype="float32")
    return model.translate(images, seed=1) if hasattr(model, "translate") else model.reconstruct(images)


def load(folder):
    """Load what the other backends saved, with its optimizers, and compare what it makes; print the differences."""
    differences = {}
    for path in sorted(set(folder.glob("*.keras")) - set(folder.glob(f"{BACKEND}-*"))):
        model, checked = keras.saving.load_model(path), kerasgen.load(path)
        assert json.dumps(checked.get_config(), default=str) == json.dumps(model.get_config(), default=str)
        for a, b in zip(checked.variables, model.variables, strict=True):
            assert np.array_equal(keras.ops.convert_to_numpy(a), keras.ops.convert_to_numpy(b)), (path, a.path)
        differences[path.stem] = float(np.abs(made_by(model) - np.load(path.with_suffix(".npy"))).max())
        assert model.compiled
        assert not checked.compiled
        assert int(model.optimizer.iterations) > 0
    print(json.dumps(differences))


if __name__ == "__main__":
    {"train": train, "load": load}[sys.argv[1]](Path(sys.argv[2]))
