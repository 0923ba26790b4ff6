"""Whether several devices train the model that one would, metrics included, also when the data do not divide.

    python benchmarks/several_devices.py --backend jax --write

Each recipe, tiny, is trained for ten steps on one device and on virtual CPU devices, from the same weights and with the
same noise; not those with a gradient penalty, whose places each device draws by itself. Compared are all weights,
statistics, moments and logs: the figure counts the recipes of which no value differs by more than 1e-5, or 1e-5 of
itself where that is more.
"""

import argparse
import os
import subprocess
import sys
import tempfile

BATCH_SIZE, IMAGES = 8, 33  # the last batch has one image, and none for the second device


def train(task, devices):
    """Return a dict of name -> array: all weights, moments and logs.

    Args:
        task: dict with `recipe`, `options`, `image_size`, and perhaps `images`, how many.
        devices: int, on each machine that the environment names.
    """
    import keras
    import numpy as np

    import kerasgen
    from kerasgen import backend

    size, images, rng = task["image_size"], task.get("images", IMAGES), np.random.default_rng(0)
    with backend.distributed(devices) as names:
        total = devices * backend.hosts().count
        assert len(names) == (total if total > 1 else 0)
        keras.utils.set_random_seed(0)
        model = kerasgen.create(task["recipe"], image_size=size, **task["options"])
        model.compile({player: keras.optimizers.SGD(0.01, momentum=0.9) for player in model.players})
        # the same starting point for both, whatever order the devices draw their initial weights in
        for variable in model.trainable_variables:
            variable.assign(0.1 * rng.standard_normal(variable.shape))
        domains = ("a", "b") if isinstance(model, kerasgen.models.TranslationModel) else ("images",)
        data = {domain: rng.random((images, size, size, 1), dtype="float32") for domain in domains}
        data["noise"] = rng.standard_normal((images, *noise_shape(model))).astype("float32")
        if getattr(model, "num_classes", 0):
            data["labels"] = np.arange(images) % model.num_classes
        history = model.fit(data, batch_size=BATCH_SIZE, epochs=2, verbose=0, shuffle=False).history
        kept = [v for v in model.variables if "seed" not in v.path]
        # by their places: names count up with the models that a process has made
        results = {f"{place} {v.name}": v for place, v in enumerate(kept)}
        results |= {f"optimizer {place}": v for place, v in enumerate(model.optimizer.variables)}
        results = {name: keras.ops.convert_to_numpy(v) for name, v in results.items()}
        return {name: np.array(value) for name, value in (results | history).items()}


TINY = {"width": 2, "hidden_dim": 8, "latent_dim": 2, "blocks": 1, "pool_size": 10, "dropout": 0.0}
TOLERANCE = 1e-5


def main():
    """Measure as the command line says, print, and with `--write` keep the figure."""
    options = parse()
    if options.backend == "torch":
        raise SystemExit("Error: on PyTorch Keras trains on one device; take --backend jax or tensorflow")
    os.environ["KERAS_BACKEND"] = options.backend
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    if options.only:
        train_all(options)
        return
    with tempfile.TemporaryDirectory() as folder:
        for count in (1, options.devices):
            command = [sys.executable, __file__, *sys.argv[1:], "--only", str(count), "--folder", folder]
            subprocess.run(command, check=True)
        report(options, folder)


def parse():
    """Return the options of the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--backend", choices=["tensorflow", "jax", "torch"], required=True)
    parser.add_argument("--devices", type=int, default=2)
    parser.add_argument("--recipe", action="append", help="repeatable; all by default")
    parser.add_argument("--write", action="store_true", help="put the figure into zoo/results.csv")
    parser.add_argument("--only", type=int, help=argparse.SUPPRESS)  # in a process of its own
    parser.add_argument("--folder", help=argparse.SUPPRESS)
    return parser.parse_args()


def recipes(options):
    """Return the names of the recipes to be measured."""
    from kerasgen import zoo
    from kerasgen.losses import OBJECTIVES

    def penalises(recipe):
        return "objective" in recipe.options and OBJECTIVES[recipe.options["objective"].default].gradient_penalty

    return options.recipe or [name for name, recipe in zoo.recipes().items() if not penalises(recipe)]


def train_all(options):
    """Train the recipes on so many devices as `--only` says, and keep what comes of each."""
    import numpy as np

    import kerasgen

    for name in recipes(options):
        known = kerasgen.zoo.get(name)
        tiny = {option: value for option, value in TINY.items() if option in known.options}
        size = 16 if known.kind == "images" else 32
        task = {"recipe": name, "options": tiny, "image_size": size}
        np.savez(f"{options.folder}/{name}-{options.only}.npz", **train(task, options.only))


def noise_shape(model):
    """Return the shape of the noise that a step of a recipe's model draws for one image."""
    from kerasgen import models

    if isinstance(model, models.TranslationModel):
        return (model.noise_dim,)
    if isinstance(model, models.VAE):
        return (model.samples, model.latent_dim)
    return model.sample_shape if isinstance(model, models.DenoisingAutoencoder) else (model.latent_dim,)


def report(options, folder):
    """Compare, print, and keep the figure if asked to."""
    import numpy as np
    import results

    worst = {}
    for name in recipes(options):
        with np.load(f"{folder}/{name}-1.npz") as one, np.load(f"{folder}/{name}-{options.devices}.npz") as more:
            differences = {key: np.abs(one[key] - more[key]) / np.maximum(1, np.abs(one[key])) for key in one}
        worst[name] = max(float(each.max(initial=0)) for each in differences.values())
        print(f"{options.backend:10} {name:22} {worst[name]:.1e}")
    count = sum(value <= TOLERANCE for value in worst.values())
    print(f"{count} of {len(worst)} recipes within {TOLERANCE}")
    if options.write:
        results.write(
            figure=f"{options.devices} devices beside one",
            recipe="all",
            dataset=f"noise, {IMAGES} images in batches of {BATCH_SIZE}",
            backend=options.backend,
            metric=f"recipes that differ by {TOLERANCE:.0e} at most",
            value=f"{count} of {len(worst)}",
            reference=f"largest difference {max(worst.values()):.1e}",
            reference_source="one device",
            seeds=1,
            epochs="10 steps",
        )


if __name__ == "__main__":
    main()
