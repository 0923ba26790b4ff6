"""The classifier Frechet distance of 10,000 samples to MNIST's 10,000 test images, for a recipe of the zoo.

    python benchmarks/frechet.py --backend jax --recipe vae --epochs 10 --data-dir DIR --seeds 3 --write
    python benchmarks/frechet.py --backend torch --recipe autoencoder-conv --sampler gmm --data-dir DIR --write

The features are those of a small classifier of the digits (`kerasgen.evaluation.classifier_of`), so the values are of
another scale than an FID. As the floor stands beside them the distance of 10,000 training images to the test images.
Every recipe trains for the same epochs in batches of the same size, with its own defaults. Latents are drawn from the
model's prior, which for a plain autoencoder is taken to be N(0, I); or from one Gaussian, or a mixture, fitted to the
latents of training images (Ghosh et al. 2020, arXiv:1903.12436, table 1: there a mixture of ten takes the FID of an
autoencoder from 58.7 to 10.7).
"""

import argparse
import time

import common
import results
import samplers

SAMPLES = 10_000


def main():
    """Train and evaluate as the command line says, print, and with `--write` keep the figure."""
    options = parse()
    common.start(options.backend)

    from kerasgen import data, evaluation, metrics

    dataset = data.load("mnist", image_size=28, data_dir=options.data_dir)
    classifier, accuracy = evaluation.classifier_of(dataset)
    features = classifier.features
    of_test = features(dataset.test[:SAMPLES])
    floor = metrics.frechet_distance(of_test, features(evaluation.draw_images([dataset.train], SAMPLES, seed=0)))
    print(f"the classifier reads {accuracy:.2%} of the test images; training images are at {floor:.3f}", flush=True)

    def distances(options, seed):
        start = time.perf_counter()
        model, found = trained(options, dataset, seed), {}
        for sampler in options.sampler or ["prior"]:
            images = samplers.sampling(model, sampler, dataset, seed).generate(SAMPLES, seed=seed)
            found[sampler] = metrics.frechet_distance(of_test, features(images))
        shown = ", ".join(f"{sampler} {value:.3f}" for sampler, value in found.items())
        print(f"seed {seed}: {shown} after {time.perf_counter() - start:.0f} s", flush=True)
        return found

    report(options, [common.kept(options, seed, distances) for seed in common.seeds_of(options)], floor)


def parse():
    """Return the options of the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--backend", choices=["tensorflow", "jax", "torch"], required=True)
    parser.add_argument("--recipe", required=True)
    parser.add_argument("--set", dest="settings", metavar="NAME=VALUE", action="append", default=[])
    parser.add_argument("--sampler", choices=samplers.NAMES, action="append", help="of latents, repeatable")
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--steps", type=int, help="instead of epochs, for a quick try")
    parser.add_argument("--batch-size", type=int, default=128)
    parser.add_argument("--data-dir", help="where TensorFlow Datasets keeps its sets")
    common.add_seeds(parser)
    parser.add_argument("--write", action="store_true", help="put the figure into zoo/results.csv")
    return parser.parse_args()


def trained(options, dataset, seed):
    """Return the model, after training through the public API."""
    import keras

    import kerasgen

    keras.utils.set_random_seed(seed)
    settings = dict(setting.split("=", 1) for setting in options.settings)
    model = kerasgen.create(options.recipe, image_size=28, num_classes=dataset.num_classes, **settings)
    is_conditional = getattr(model, "num_classes", 0) > 0
    batches = dataset.train.batches(options.batch_size, shuffle=True, seed=seed, labels=is_conditional)
    how_long = {"steps_per_epoch": options.steps} if options.steps else {"epochs": options.epochs}
    model.fit(batches, shuffle=False, verbose=0, callbacks=common.checkpoints(options, seed), **how_long)
    return model


def report(options, found, floor):
    """Print for each sampler the mean over the seeds with its standard error, and keep it if asked to."""
    for sampler in found[0]:
        name = samplers.name_of(options.recipe, options.settings, sampler)
        value, spread = common.mean_and_error([of_seed[sampler] for of_seed in found], 2, 2)
        print(f"{name}: {value} {spread}; training images {floor:.2f}")
        if not options.write:
            continue
        results.write(
            first_seed=options.first_seed,
            figure="classifier Frechet distance",
            recipe=name,
            dataset="mnist",
            backend=options.backend,
            metric=f"{SAMPLES:,} samples",
            value=value,
            spread=spread,
            seeds=len(found),
            reference=f"{floor:.2f}",
            reference_source=f"{SAMPLES:,} training images",
            epochs=f"{options.steps} steps" if options.steps else options.epochs,
        )


if __name__ == "__main__":
    main()
