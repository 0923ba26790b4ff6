"""The log-likelihood of MNIST's test images under a VAE, in the set-up of Burda et al. 2015 (arXiv:1509.00519).

    python benchmarks/log_likelihood.py --backend jax --samples 50 --data-dir DIR --seeds 3 --write

One stochastic layer of 50 latents, two tanh layers of 200 on each side; the bias of the pixels begins at their mean.
The pixels are drawn anew in each step with their grey as probability, those of the test images once. log p(x) is
estimated by importance sampling with 5,000 latents for each of the 10,000 test images; of `cvae` log p(x | y), y the
label. With `--samples` above 1 the importance-weighted bound is maximised (the IWAE), with `--gradient-samples` through
a few of them in each step, drawn by their weights, as the paper's section 3 has it with one. Batches of 100, where the
paper has 20; Muon (Jordan et al. 2024, kellerjordan.github.io/posts/muon) in place of its Adam, which needs more than
twice the epochs; the rate falls to a hundredth of the first along half a cosine. With `--first-epochs` and
`--first-samples`, epochs with fewer latents, which take less time, come before the others, at the first rate; as in the
paper's table 2, where a VAE becomes an IWAE.
"""

import argparse
import time

import common
import results

PAPER = {"latent_dim": 50, "hidden_dim": 200, "activation": "tanh", "binarize": True}
LATENTS = 5000  # for each test image
LAST_RATE = 0.01  # in units of the first

# nats, by recipe and samples
PUBLISHED = {
    "vae": {1: "-86.76", 5: "-85.54", 50: "-84.78"},
    "cvae": {1: "-82.32", 5: "-81.41", 50: "-80.78"},
}
SOURCES = {
    "vae": "Burda et al. 2015, arXiv:1509.00519, table 1, 3,280 epochs",
    "cvae": "github.com/nbip/IWAE, whose prior is told the label too, 3,280 epochs",
}


def main():
    """Train and evaluate as the command line says, print, and with `--write` keep the figure."""
    options = parse()
    common.start(options.backend)
    report(options, [common.kept(options, seed, log_likelihood) for seed in common.seeds_of(options)])


def parse():
    """Return the options of the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--backend", choices=["tensorflow", "jax", "torch"], required=True)
    parser.add_argument("--recipe", choices=list(PUBLISHED), default="vae")
    parser.add_argument("--samples", type=int, default=1, help="latents for each image in training")
    parser.add_argument("--gradient-samples", type=int, default=0, help="of them, how many carry the gradient; 0: all")
    parser.add_argument("--epochs", type=int, default=200)
    parser.add_argument("--first-epochs", type=int, default=0, help="of them with --first-samples")
    parser.add_argument("--first-samples", type=int, default=1)
    parser.add_argument("--batch-size", type=int, default=100)
    parser.add_argument("--learning-rate", type=float, default=3e-3, help="at first")
    parser.add_argument("--images", type=int, help="train with so many images only, for a quick try")
    parser.add_argument("--test-images", type=int, default=10_000, help="how many are judged")
    parser.add_argument("--data-dir", help="where TensorFlow Datasets keeps its sets")
    common.add_seeds(parser)
    parser.add_argument("--write", action="store_true", help="put the figure into zoo/results.csv")
    return parser.parse_args()


def log_likelihood(options, seed):
    """Return the mean log p(x) of the test images in nats, after training through the public API."""
    import keras

    from kerasgen import data, evaluation, metrics
    from kerasgen.data.dataset import ArraySource, Images
    from kerasgen.data.pixels import as_floats

    start = time.perf_counter()
    dataset = data.load("mnist", image_size=28, data_dir=options.data_dir)
    train, test = dataset.train, dataset.test
    if options.images:
        train = Images(ArraySource(train[: options.images]), labels=train.labels[: options.images])
    keras.utils.set_random_seed(seed)
    batches = train.batches(options.batch_size, shuffle=True, seed=seed, labels=options.recipe == "cvae")
    model = create(options, train[:], len(batches))
    settings = {
        "shuffle": False,
        "verbose": 0,
        "validation_data": test.batches(500, labels=options.recipe == "cvae"),
        "validation_freq": min(10, options.epochs),
    }
    for stage, samples, gradient_samples, first, last in (
        ("first", options.first_samples, 0, 0, options.first_epochs),
        ("last", options.samples, options.gradient_samples, options.first_epochs, options.epochs),
    ):
        if first == last:
            continue
        model.samples, model.gradient_samples = samples, gradient_samples
        model.compile(model.optimizer)  # its state stays; the step is traced anew
        callbacks = [progress(seed), *common.checkpoints(options, seed, stage)]
        model.fit(batches, initial_epoch=first, epochs=last, callbacks=callbacks, **settings)
    trained = time.perf_counter()
    images = evaluation.binarize(as_floats(test[: options.test_images]), seed=0)
    labels = test.labels[: options.test_images] if model.num_classes else None
    found = float(metrics.log_likelihood(model, images, LATENTS, seed, labels).mean())
    took = f"{trained - start:.0f} s of training and {time.perf_counter() - trained:.0f} s of sampling"
    print(f"seed {seed}: log p(x) {found:.3f} nats after {took}", flush=True)
    return found


def create(options, images, steps):
    """Return the paper's model, compiled for epochs of so many steps; `images` tells it the mean of each pixel."""
    import keras
    import numpy as np

    import kerasgen

    model = kerasgen.create(options.recipe, image_size=28, samples=options.samples, **PAPER)
    rate = keras.optimizers.schedules.CosineDecay(
        options.learning_rate,
        (options.epochs - options.first_epochs) * steps,
        alpha=LAST_RATE,
        warmup_target=options.learning_rate if options.first_epochs else None,
        warmup_steps=options.first_epochs * steps,
    )
    model.compile(keras.optimizers.Muon(rate, weight_decay=None, adam_weight_decay=None))
    mean = np.clip(images.mean(axis=0, dtype="float64") / 255, 1e-3, 1 - 1e-3)
    model.decoder.layers[-2].bias.assign(np.log(mean / (1 - mean)).ravel().astype("float32"))
    return model


def progress(seed):
    """Return the callback that prints a line whenever there has been a validation."""
    import keras

    begun = time.perf_counter()

    def on_epoch_end(epoch, logs):
        if "val_loss" in logs:
            losses = f"loss {logs['loss']:.2f}, validation {logs['val_loss']:.2f}"
            print(f"seed {seed}, epoch {epoch + 1}: {losses}, {time.perf_counter() - begun:.0f} s", flush=True)

    return keras.callbacks.LambdaCallback(on_epoch_end=on_epoch_end)


def report(options, found):
    """Print the mean over the seeds with its standard error, and keep it if asked to."""
    name = f"{options.recipe} samples={options.samples}"
    if options.gradient_samples:
        name += f" gradient_samples={options.gradient_samples}"
    if options.first_epochs:
        name += f" after {options.first_epochs} epochs of samples={options.first_samples}"
    value, spread = common.mean_and_error(found, 2, 3)
    published = PUBLISHED[options.recipe].get(options.samples, "")
    print(f"{name}: log p(x) {value} {spread} nats; published {published or 'nowhere'}")
    if options.write:
        results.write(
            first_seed=options.first_seed,
            figure="MNIST log-likelihood",
            recipe=name,
            dataset="mnist",
            backend=options.backend,
            metric=f"log p(x), nats, k = {LATENTS}",
            value=value,
            spread=spread,
            seeds=len(found),
            reference=published,
            reference_source=SOURCES[options.recipe] if published else "",
            epochs=options.epochs,
        )


if __name__ == "__main__":
    main()
