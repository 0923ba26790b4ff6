"""Images for each second of kerasgen's `fit` against training loops written by hand.

    python benchmarks/speed.py --recipe vae --write

For each framework both train the same networks on the same images in one process, an epoch each in turn, after one
epoch of each to compile and warm up. An epoch of kerasgen is one call of `fit`, with all that it does before the first
and after the last step. The processes of the frameworks take turns as well. The figures are ratios of median speeds:
of kerasgen to the loop in the same framework, and of kerasgen on its fastest backend to the fastest loop.
"""

import argparse
import json
import statistics
import subprocess
import sys

import common
import loops
import results

BACKENDS = ("tensorflow", "jax", "torch")
# MNIST, or what takes as long
IMAGES = dict.fromkeys(["autoencoder", "vae", "cvae"], 60_000) | dict.fromkeys(["gan", "cgan"], 20_000)
IMAGES |= dict.fromkeys(["autoencoder-conv", "denoising-autoencoder", "vae-conv"], 11_000)
IMAGES |= {"dcgan": 5_120, "wgan-gp": 1_280, "vae-gan": 2_560}
BATCH_SIZE = dict.fromkeys(IMAGES, 100) | {"dcgan": 128, "wgan-gp": 64, "vae-gan": 64}
JIT_COMPILE = {"auto": "auto", "true": True, "false": False}


def main():
    """Measure as the command line says, print, and with `--write` keep the figures."""
    options = parse()
    if options.only:
        print(json.dumps(measure_here(options)))
        return
    speeds = {backend: {"kerasgen": [], "loop": []} for backend in options.backend or BACKENDS}
    for number in range(options.rounds):
        for backend in sorted(speeds, reverse=number % 2):
            for name, values in measure(backend).items():
                speeds[backend][name] += values
    report(options, speeds)


def parse():
    """Return the options of the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--backend", choices=BACKENDS, action="append", help="once or more; all if not given")
    parser.add_argument("--recipe", choices=list(IMAGES), default="vae")
    parser.add_argument("--rounds", type=int, default=3, help="processes of each framework")
    parser.add_argument("--epochs", type=int, default=3, help="timed epochs of each trainer in a process")
    parser.add_argument("--images", type=int, help="images in an epoch, cut to whole batches")
    parser.add_argument("--dataset", help="a set of kerasgen's, repeated to fill an epoch; noise if not given")
    parser.add_argument("--data-dir", help="where TensorFlow Datasets keeps its sets")
    parser.add_argument("--jit-compile", choices=list(JIT_COMPILE), help="compile kerasgen's model with it")
    parser.add_argument("--write", action="store_true", help="put the figures into zoo/results.csv")
    parser.add_argument("--only", choices=BACKENDS, help=argparse.SUPPRESS)  # in a process of its own
    return parser.parse_args()


def measure(backend):
    """Return dict of trainer -> images/s of its epochs in a new process."""
    command = [sys.executable, __file__, *sys.argv[1:], "--only", backend]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return json.loads(done.stdout.splitlines()[-1])


def measure_here(options):
    """Return dict of trainer -> images/s of its epochs in this process."""
    common.start(options.only)

    data = load_data(options)
    turns = {"kerasgen": kerasgen_epoch(options, data), "loop": loop_epoch(options, data)}
    seconds = common.in_turns(turns, options.epochs)
    return {name: [len(data[0]) / each for each in values] for name, values in seconds.items()}


def count_of(options):
    """Return how many images an epoch has: whole batches."""
    batch_size = BATCH_SIZE[options.recipe]
    return max(1, (options.images or IMAGES[options.recipe]) // batch_size) * batch_size


def load_data(options):
    """Return images, float32 (N, 28, 28, 1) in [0, 1], a whole number of batches, and labels if the recipe has any."""
    import numpy as np

    from kerasgen import data
    from kerasgen.data.pixels import as_floats

    images, *labels = loops.noise_images(options.recipe, count_of(options))
    if options.dataset is None:
        return [images, *labels]
    train = data.load(options.dataset, image_size=28, data_dir=options.data_dir).train
    rows = np.arange(len(images)) % len(train)
    return [as_floats(train[rows]), *(train.labels[rows] for _ in labels)]


def kerasgen_epoch(options, data):
    """Return a function that trains kerasgen's model for an epoch."""
    import keras

    import kerasgen

    keras.utils.set_random_seed(0)
    model = kerasgen.create(options.recipe, **loops.SETTINGS[options.recipe])
    if options.jit_compile:
        model.compile(model.optimizer, jit_compile=JIT_COMPILE[options.jit_compile])
    return lambda: model.fit(*data, batch_size=BATCH_SIZE[options.recipe], epochs=1, verbose=0).history


def loop_epoch(options, data):
    """Return a function that trains the hand-written loop for an epoch."""
    return loops.of(options.only).epochs(options.recipe, data, BATCH_SIZE[options.recipe], seed=0)


def report(options, speeds):
    """Print the speeds and their ratios, and keep the ratios if asked to."""
    medians = {
        backend: {name: statistics.median(values) for name, values in found.items()}
        for backend, found in speeds.items()
    }
    for backend, found in speeds.items():
        for name, values in found.items():
            median = medians[backend][name]
            print(f"{backend:10} {name:8} {median:8,.0f} images/s  ({min(values):,.0f} to {max(values):,.0f})")
        write_ratio(
            options,
            figure="training speed against a hand-written loop",
            backend=backend,
            ours=(medians[backend]["kerasgen"], found["kerasgen"]),
            theirs=(medians[backend]["loop"], found["loop"]),
            reference_source=f"benchmarks/loops/with_{backend}.py",
        )
    if len(speeds) > 1:
        ours, theirs = (max(speeds, key=lambda backend: medians[backend][name]) for name in ("kerasgen", "loop"))
        write_ratio(
            options,
            figure="training speed on the fastest backend against the fastest loop",
            backend=ours,
            ours=(medians[ours]["kerasgen"], speeds[ours]["kerasgen"]),
            theirs=(medians[theirs]["loop"], speeds[theirs]["loop"]),
            reference_source=f"benchmarks/loops/with_{theirs}.py, of {len(speeds)}",
        )


def write_ratio(options, ours, theirs, **row):
    """Print the ratio of two medians, and keep it if asked to; each comes with the values that it is of."""
    (our_median, our_values), (their_median, their_values) = ours, theirs
    ratio = f"{our_median / their_median:.2f}"
    ratios = sorted(one / other for one, other in zip(our_values, their_values))
    spread = f"{ratios[0]:.2f} to {ratios[-1]:.2f}"
    print(f"{row['figure']}, {row['backend']}: {ratio}  ({spread})")
    if options.write:
        results.write(
            recipe=options.recipe,
            dataset=f"{options.dataset or 'noise'}, {count_of(options)} images",
            metric="ratio of median images/s",
            value=ratio,
            spread=f"{spread} in {len(ratios)} rounds",
            seeds=1,
            reference=f"{their_median:.0f} images/s; kerasgen {our_median:.0f}",
            epochs=len(ratios),
            **row,
        )


if __name__ == "__main__":
    main()
