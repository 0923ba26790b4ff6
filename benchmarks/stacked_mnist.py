"""How many of Stacked MNIST's 1,000 modes a model finds: a DCGAN with a small discriminator, or another recipe.

    python benchmarks/stacked_mnist.py --backend tensorflow --set packing=4 --data-dir DIR --seeds 3 --write
    python benchmarks/stacked_mnist.py --backend torch --recipe autoencoder-conv --sampler gmm --data-dir DIR --write

Three digits in three channels, as 32x32 images. A classifier reads the digits of 25,600 samples. The set-up of `dcgan`
is that of PacGAN (Lin et al. 2018, table 3): a generator of 64, 32 and 16 channels from 256 latents, and as in the
paper a discriminator of 2, 4 and 8, "1/4 of G" (the kernels here are of 4, there of 3). 128 packs of `packing` images
in a batch; Adam 2e-4, beta_1 0.5, where the paper's generator has 1e-4. The paper takes 500,000 steps. `vae-gan` has
this discriminator, and a decoder of as many channels, from 32 latents; an encoder besides, and it is the bound more
than the discriminator that covers the modes: `--set game_weight=0` leaves the bound alone. Other recipes have their own
networks and settings, and batches of 128: an autoencoder has no discriminator, so its row says what the data are like,
not what the small discriminator can do.
"""

import argparse
import time

import common
import results
import samplers

SIZES = {"latent_dim": 256, "width": 16, "discriminator_width": 2}
PAPER = {"dcgan": SIZES, "vae-gan": SIZES | {"latent_dim": 32}}
SIDE = 32  # the least that has three halvings
PACKS = 128  # in a batch
SAMPLES = 25_600

# Modes and reverse KL, mean and standard error. With a large discriminator:
LARGE = ("1000.0 ± 0.00", "0.06 ± 0.003")
# and with the small one:
PUBLISHED = {
    "DCGAN": ("78.5 ± 17.56", "5.21 ± 0.19"),
    "PacDCGAN2": ("484.5 ± 32.99", "2.61 ± 0.22"),
    "PacDCGAN3": ("601.3 ± 32.18", "2.00 ± 0.17"),
    "PacDCGAN4": ("667.4 ± 29.00", "1.81 ± 0.15"),
}
SOURCE = "Lin et al. 2018 (arXiv:1712.04086)"


def main():
    """Train and evaluate as the command line says, print, and with `--write` keep the figures."""
    options = parse()
    common.start(options.backend)

    from kerasgen import data

    dataset = data.load("stacked-mnist", image_size=SIDE, data_dir=options.data_dir)

    def coverage(options, seed):
        return coverage_of(options, dataset, seed)

    report(options, [common.kept(options, seed, coverage) for seed in common.seeds_of(options)])


def parse():
    """Return the options of the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--backend", choices=["tensorflow", "jax", "torch"], required=True)
    parser.add_argument("--recipe", default="dcgan")
    parser.add_argument("--set", dest="settings", metavar="NAME=VALUE", action="append", default=[])
    parser.add_argument("--sampler", choices=samplers.NAMES, default="prior", help="of latents")
    parser.add_argument("--steps", type=int, default=15_000, help="of the generator, or of the one network")
    parser.add_argument("--steps-per-execution", type=int, default=1, help="as in Keras; it changes the speed alone")
    parser.add_argument("--data-dir", help="where TensorFlow Datasets keeps its sets")
    common.add_seeds(parser)
    parser.add_argument("--write", action="store_true", help="put the figures into zoo/results.csv")
    options = parser.parse_args()
    if options.steps < 1:
        parser.error("--steps must be 1 or more")
    return options


def packing_of(options):
    """Return how many images the discriminator judges together."""
    return int(dict(setting.split("=", 1) for setting in options.settings).get("packing", 1))


def coverage_of(options, dataset, seed):
    """Return `[modes, reverse KL]` after training through the public API."""
    import keras

    import kerasgen
    from kerasgen import evaluation

    start = time.perf_counter()
    keras.utils.set_random_seed(seed)
    settings = PAPER.get(options.recipe, {}) | dict(setting.split("=", 1) for setting in options.settings)
    model = kerasgen.create(options.recipe, image_size=SIDE, channels=3, **settings)
    model.steps_per_execution = options.steps_per_execution
    batches = dataset.train.batches(PACKS * packing_of(options), shuffle=True, seed=seed, workers=2)
    # After each round the modes are told; to fit a mixture takes too long for that.
    rounds = min(10, -(-options.steps // 1000)) if options.sampler == "prior" else 1
    for part in range(rounds):
        steps = options.steps * (part + 1) // rounds - options.steps * part // rounds
        fit(model, batches, steps)
        images = samplers.sampling(model, options.sampler, dataset, seed).generate(SAMPLES, seed=seed)
        found = [figure.value for figure in evaluation.score_samples(images, dataset, ["modes"])]
        done, took = options.steps * (part + 1) // rounds, time.perf_counter() - start
        print(f"seed {seed}, step {done}: {found[0]} modes, reverse KL {found[1]:.3f}, {took:.0f} s", flush=True)
    return found


def fit(model, batches, steps):
    """Train for so many steps: whole epochs, and a part of one."""
    epochs, rest = divmod(steps, len(batches))
    if epochs:
        model.fit(batches, epochs=epochs, shuffle=False, verbose=0)
    if rest:
        model.fit(batches, steps_per_epoch=rest, shuffle=False, verbose=0)
        batches.go_to(batches.epoch + 1)  # or the next call would see these again


def report(options, found):
    """Print the means over the seeds, and keep them if asked to."""
    name = samplers.name_of(options.recipe, options.settings, options.sampler)
    figure, references, source = published(options)
    metrics = (("modes, of 1,000", 1), ("reverse KL, nats", 3))
    for (metric, digits), values, reference in zip(metrics, zip(*found), references, strict=True):
        value, spread = common.mean_and_error(values, digits, digits)
        print(f"{name}: {metric} {value} {spread}; published: {reference}, {source}")
        if options.write:
            results.write(
                first_seed=options.first_seed,
                figure=figure,
                recipe=name,
                dataset="stacked-mnist",
                backend=options.backend,
                metric=metric,
                value=value,
                spread=spread,
                seeds=len(values),
                reference=reference,
                reference_source=source,
                epochs=f"{options.steps} steps",
            )


def published(options):
    """Return the name of the figure, the values that it is held against, and where they are from."""
    if options.recipe not in PAPER:
        return "Stacked MNIST", LARGE, f"PacDCGAN2, {SOURCE}, table 2: 50 epochs of 128,000 images, 10 trials"
    like = f"PacDCGAN{packing_of(options)}"
    like = like if like in PUBLISHED else "DCGAN"
    source = f"{like}, {SOURCE}, table 3, D = 1/4 G: 500,000 steps, 50 trials"
    return "Stacked MNIST, small discriminator", PUBLISHED[like], source


if __name__ == "__main__":
    main()
