"""How often a classifier reads, off a conditional model's samples, the label that they were made for.

    python benchmarks/label_accuracy.py --backend jax --recipe cgan --data-dir DIR --seeds 3 --write

A small convolutional classifier is trained on MNIST once (`kerasgen.evaluation.classifier`); its accuracy on the
test images is printed beside. Each model then makes 1,000 samples of each class, from latents of its own seed.
"""

import argparse
import statistics
import time

import common
import results

SAMPLES = 1_000  # of each class


def main():
    """Train and evaluate as the command line says, print, and with `--write` keep the figure."""
    options = parse()
    common.start(options.backend)

    from kerasgen import data
    from kerasgen.evaluation.classifier import Classifier, train_classifier

    dataset = data.load(options.dataset, image_size=28, data_dir=options.data_dir)
    classifier = Classifier(train_classifier(dataset.train[:], dataset.train.labels, dataset.num_classes))
    of_real = (classifier.labels(dataset.test[:]) == dataset.test.labels).mean()
    print(f"the classifier reads {of_real:.2%} of the test images", flush=True)
    report(options, [accuracy(options, dataset, classifier, seed) for seed in range(options.seeds)], of_real)


def parse():
    """Return the options of the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--backend", choices=["tensorflow", "jax", "torch"], required=True)
    parser.add_argument("--recipe", default="cgan")
    parser.add_argument("--set", dest="settings", metavar="NAME=VALUE", action="append", default=[])
    parser.add_argument("--dataset", default="mnist")
    parser.add_argument("--data-dir", help="where TensorFlow Datasets keeps its sets")
    parser.add_argument("--epochs", type=int, default=30)
    parser.add_argument("--batch-size", type=int, default=100)
    parser.add_argument("--seeds", type=int, default=1, help="how many: 0, 1, ...")
    parser.add_argument("--picture", metavar="FILE", help="a PNG file: ten samples of each class by the last seed")
    parser.add_argument("--write", action="store_true", help="put the figure into zoo/results.csv")
    return parser.parse_args()


def accuracy(options, dataset, classifier, seed):
    """Return the share of samples whose label is read right, after training through the public API."""
    import keras
    import numpy as np

    import kerasgen
    from kerasgen.plots import grids

    start = time.perf_counter()
    keras.utils.set_random_seed(seed)
    settings = {"conditional": True} | dict(setting.split("=", 1) for setting in options.settings)
    if "conditional" not in kerasgen.zoo.get(options.recipe).options:
        del settings["conditional"]  # a recipe of conditional models only
    model = kerasgen.create(options.recipe, image_size=28, num_classes=dataset.num_classes, **settings)
    batches = dataset.train.batches(options.batch_size, shuffle=True, seed=seed, labels=True)
    model.fit(batches, epochs=options.epochs, shuffle=False, verbose=0)
    labels = np.repeat(np.arange(dataset.num_classes), SAMPLES)
    read = classifier.labels(model.generate(len(labels), seed=seed, labels=labels))
    of_class = [(read == labels)[labels == label].mean() for label in range(dataset.num_classes)]
    found = statistics.mean(of_class)
    print(f"seed {seed}: {found:.2%}, worst class {min(of_class):.2%}, {time.perf_counter() - start:.0f} s", flush=True)
    if options.picture:
        grids.save_png(options.picture, grids.grid(model.preview(n=10 * dataset.num_classes, seed=seed)))
    return found


def report(options, found, of_real):
    """Print the mean over the seeds with its standard error, and keep it if asked to."""
    mean = 100 * statistics.mean(found)
    error = common.standard_error([100 * share for share in found], 2)
    spread = error and f"standard error {error}"
    print(f"{options.recipe}: {mean:.2f} % read right {spread}")
    if options.write:
        results.write(
            figure="labels read off class-conditional samples",
            recipe=" ".join([options.recipe, *options.settings]),
            dataset=options.dataset,
            backend=options.backend,
            metric="read right, %",
            value=f"{mean:.2f}",
            spread=spread,
            seeds=len(found),
            reference=f"{100 * of_real:.2f}",
            reference_source="the same classifier on the real test images",
            epochs=options.epochs,
        )


if __name__ == "__main__":
    main()
