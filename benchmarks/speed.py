"""Images for each second of kerasgen's `fit` against a training loop written by hand in the same framework.

    python benchmarks/speed.py --backend jax --recipe vae --write

Both train the same networks on the same images in one process, an epoch each in turn, after one epoch of each to
compile and warm up. The figure is the ratio of the median speeds. An epoch of kerasgen is one call of `fit`, with
all that it does before the first and after the last step.
"""

import argparse
import statistics

import common
import results

IMAGES = {"vae": 12_000, "dcgan": 2_560}
BATCH_SIZE = {"vae": 100, "dcgan": 128}
JIT_COMPILE = {"auto": "auto", "true": True, "false": False}


def main():
    """Measure as the command line says, print, and with `--write` keep the figure."""
    options = parse()
    common.start(options.backend)

    images, batch_size = load_images(options)
    epochs = {"kerasgen": kerasgen_epoch(options, images, batch_size), "loop": loop_epoch(options, images, batch_size)}
    seconds = common.in_turns(epochs, options.rounds)
    speeds = {name: [len(images) / each for each in values] for name, values in seconds.items()}
    report(options, speeds, len(images))


def parse():
    """Return the options of the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--backend", choices=["tensorflow", "jax", "torch"], required=True)
    parser.add_argument("--recipe", choices=list(IMAGES), default="vae")
    parser.add_argument("--rounds", type=int, default=5, help="timed epochs of each")
    parser.add_argument("--images", type=int, help="images in an epoch, cut to whole batches")
    parser.add_argument("--dataset", help="a set of kerasgen's, repeated to fill an epoch; noise if not given")
    parser.add_argument("--data-dir", help="where TensorFlow Datasets keeps its sets")
    parser.add_argument("--jit-compile", choices=list(JIT_COMPILE), help="compile kerasgen's model with it")
    parser.add_argument("--write", action="store_true", help="put the figure into zoo/results.csv")
    return parser.parse_args()


def load_images(options):
    """Return `(images, batch size)`: float32 (N, 28, 28, 1) in [0, 1], a whole number of batches."""
    import numpy as np

    from kerasgen import data
    from kerasgen.data.pixels import as_floats

    batch_size = BATCH_SIZE[options.recipe]
    count = max(1, (options.images or IMAGES[options.recipe]) // batch_size) * batch_size
    if options.dataset is None:
        return np.random.default_rng(0).random((count, 28, 28, 1), dtype="float32"), batch_size
    train = data.load(options.dataset, image_size=28, data_dir=options.data_dir).train
    images = train[np.arange(count) % len(train)]
    return as_floats(images), batch_size


def kerasgen_epoch(options, images, batch_size):
    """Return a function that trains kerasgen's model for an epoch."""
    import keras

    import kerasgen

    keras.utils.set_random_seed(0)
    model = kerasgen.create(options.recipe)
    if options.jit_compile:
        model.compile(model.optimizer, jit_compile=JIT_COMPILE[options.jit_compile])
    return lambda: model.fit(images, batch_size=batch_size, epochs=1, verbose=0).history


def loop_epoch(options, images, batch_size):
    """Return a function that trains the hand-written loop for an epoch."""
    import loops

    return loops.load(options.backend, options.recipe)(images, batch_size, seed=0)


def report(options, speeds, count):
    """Print the speeds and their ratio, and keep them if asked to."""
    medians = {name: statistics.median(values) for name, values in speeds.items()}
    for name, values in speeds.items():
        print(f"{name:9} {medians[name]:8,.0f} images/s  ({min(values):,.0f} to {max(values):,.0f})")
    ratio = medians["kerasgen"] / medians["loop"]
    ratios = sorted(ours / theirs for ours, theirs in zip(speeds["kerasgen"], speeds["loop"]))
    spread = f"{ratios[0]:.2f} to {ratios[-1]:.2f}"
    print(f"ratio     {ratio:8.2f}  ({spread})")
    if options.write:
        results.write(
            figure="training speed against a hand-written loop",
            recipe=options.recipe,
            dataset=f"{options.dataset or 'noise'}, {count} images",
            backend=options.backend,
            metric="ratio of median images/s",
            value=f"{ratio:.2f}",
            spread=f"{spread} in {options.rounds} rounds",
            seeds=1,
            reference=f"{medians['loop']:.0f} images/s; kerasgen {medians['kerasgen']:.0f}",
            reference_source=f"benchmarks/loops/with_{options.backend}.py",
            epochs=options.rounds,
        )


if __name__ == "__main__":
    main()
