"""Whether several devices train the same model as one device, metrics included, also when the data do not divide.

    python -m checks.several_devices --backend jax --write

Each recipe, tiny, is trained for ten steps on one device and on virtual CPU devices, from the same weights and with the
same noise; recipes with a gradient penalty are left out, because each device draws its own interpolation. All weights,
statistics, moments and logs are compared: the figure counts the recipes whose values differ by at most 1e-5, absolute
or relative.
"""

import argparse
import os
import subprocess
import sys
import tempfile

from checks import make_parser

BATCH_SIZE, IMAGES = 8, 33  # the last batch has one image, and none for the second device


def train(task, devices):
    """Return a dict of name -> array: all weights, moments and logs.

    Args:
        task: Dict with `recipe`, `options`, `image_size`, and optionally `images`, their number.
        devices: Number of devices on each machine that the environment names.
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
        # the same initial weights, although devices may draw theirs in another order
        for variable in model.trainable_variables:
            variable.assign(0.1 * rng.standard_normal(variable.shape))
        domains = ("images",) if kerasgen.zoo.get(task["recipe"]).kind == "images" else ("a", "b")
        data = {domain: rng.random((images, size, size, 1), dtype="float32") for domain in domains}
        data["noise"] = {name: noise.sample(rng, images) for name, noise in model.noise.items()}
        if getattr(model, "num_classes", 0):
            data["labels"] = np.arange(images) % model.num_classes
        history = model.fit(data, batch_size=BATCH_SIZE, epochs=2, verbose=0, shuffle=False).history
        kept = [v for v in model.variables if "seed" not in v.path]
        # by position, because names contain a counter of the process
        results = {f"{place} {v.name}": v for place, v in enumerate(kept)}
        results |= {f"optimizer {place}": v for place, v in enumerate(model.optimizer.variables)}
        results = {name: keras.ops.convert_to_numpy(v) for name, v in results.items()}
        return {name: np.array(value) for name, value in (results | history).items()}


TOLERANCE = 1e-5


def main():
    """Measure, print, and with `--write` keep the figure."""
    options = parse()
    if options.backend == "torch":
        raise SystemExit("Error: on PyTorch Keras trains on one device; give --backend jax or tensorflow")
    os.environ["KERAS_BACKEND"] = options.backend
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    if options.only:
        train_all(options)
        return
    with tempfile.TemporaryDirectory() as folder:
        for count in (1, options.devices):
            own = ["--only", str(count), "--folder", folder]
            subprocess.run([sys.executable, "-m", "checks.several_devices", *sys.argv[1:], *own], check=True)
        report(options, folder)


def parse(arguments=None):
    """Return the options of the command line."""
    parser = make_parser(__doc__)
    parser.add_argument("--devices", type=int, default=2, help="number of virtual devices")
    parser.add_argument("--recipe", action="append", help="repeatable; all by default")
    parser.add_argument("--only", type=int, help=argparse.SUPPRESS)  # in a process of its own
    parser.add_argument("--folder", help=argparse.SUPPRESS)
    return parser.parse_args(arguments)


def recipes(options):
    """Return the names of the recipes to measure."""
    from kerasgen import zoo
    from kerasgen.losses import OBJECTIVES

    def has_penalty(recipe):
        return "objective" in recipe.options and OBJECTIVES[recipe.options["objective"].default].gradient_penalty

    return options.recipe or [name for name, recipe in zoo.recipes().items() if not has_penalty(recipe)]


def train_all(options):
    """Train the recipes on `--only` devices, and write the arrays of each to a file."""
    import numpy as np

    import kerasgen

    for name in recipes(options):
        tiny = dict(kerasgen.zoo.get(name).tiny)
        task = {"recipe": name, "image_size": tiny.pop("image_size"), "options": tiny}
        np.savez(f"{options.folder}/{name}-{options.only}.npz", **train(task, options.only))


def report(options, folder):
    """Compare, print, and with `--write` keep the figure."""
    import numpy as np

    from kerasgen.experiments import results

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
            figure=f"{options.devices} devices and one",
            recipe="all",
            dataset=f"noise, {IMAGES} images in batches of {BATCH_SIZE}",
            backend=options.backend,
            metric=f"recipes that differ by {TOLERANCE:.0e} at most",
            value=f"{count} of {len(worst)}",
            reference=f"largest difference {max(worst.values()):.1e}",
            reference_source="one device",
            epochs="10 steps",
        )


if __name__ == "__main__":
    main()
