"""How many modes of a mixture of Gaussians a GAN finds, in the set-up of Lin et al. 2018 (PacGAN, section 4.1).

    python benchmarks/mode_coverage.py --backend jax --dataset ring-8 --set packing=2 --steps 100000 --seeds 10 --write

100,000 points; normal latents of 2 dimensions; a generator of 4 hidden layers of 400, a discriminator of 3 maxout
layers of 200; Adam 1e-4, beta_1 0.8; 100 packs of `packing` points in a batch; 2,500 samples judged by
`kerasgen.metrics.mode_coverage`. The paper takes 400,000 steps. The seed changes the weights, the noise, the order
of the points and the latents that are judged. Means and standard errors over the seeds go into the table, a row for
each of the three figures.
"""

import argparse
import time

import common
import results

PAPER = {"latent_dim": 2, "hidden_dim": 400, "learning_rate": 1e-4, "beta_1": 0.8}
PACKS = 100  # in a batch
SAMPLES = 2500

# Mean and standard error over 10 trials: modes, high quality in %, reverse KL.
PUBLISHED = {
    "ring-8": {
        "GAN": ("6.3 ± 0.5", "98.2 ± 0.2", "0.45 ± 0.09"),
        "PacGAN2": ("7.9 ± 0.1", "95.6 ± 2.0", "0.07 ± 0.03"),
        "PacGAN3": ("7.8 ± 0.1", "97.7 ± 0.3", "0.10 ± 0.02"),
        "PacGAN4": ("7.8 ± 0.1", "95.9 ± 1.4", "0.07 ± 0.02"),
    },
    "grid-25": {
        "GAN": ("17.3 ± 0.8", "94.8 ± 0.7", "0.70 ± 0.07"),
        "PacGAN2": ("23.8 ± 0.7", "91.3 ± 0.8", "0.13 ± 0.04"),
        "PacGAN3": ("24.6 ± 0.4", "94.2 ± 0.4", "0.06 ± 0.02"),
        "PacGAN4": ("24.8 ± 0.2", "93.6 ± 0.6", "0.04 ± 0.01"),
    },
}


def main():
    """Train and evaluate as the command line says, print, and with `--write` keep the figures."""
    options = parse()
    common.start(options.backend)

    report(options, [coverage(options, seed) for seed in range(options.seeds)])


def parse(arguments=None):
    """Return the options of the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--backend", choices=["tensorflow", "jax", "torch"], required=True)
    parser.add_argument("--dataset", choices=list(PUBLISHED), required=True)
    parser.add_argument("--recipe", default="gan")
    parser.add_argument("--set", dest="settings", metavar="NAME=VALUE", action="append", default=[], type=_setting)
    parser.add_argument("--steps", type=int, default=100_000, help="of the generator")
    parser.add_argument("--seeds", type=int, default=3, help="how many: 0, 1, ...")
    parser.add_argument("--name", help="of the row; the recipe and its settings by default")
    parser.add_argument("--steps-per-execution", type=int, default=1, help="as in Keras; it changes the speed alone")
    parser.add_argument("--picture", metavar="FILE", help="a PNG file: what the last seed makes")
    parser.add_argument("--write", action="store_true", help="put the figures into zoo/results.csv")
    options = parser.parse_args(arguments)
    if options.steps < 1 or options.seeds < 1:
        parser.error("--steps and --seeds must be 1 or more")
    options.name = options.name or " ".join([options.recipe, *(f"{name}={value}" for name, value in options.settings)])
    return options


def _setting(text):
    name, separator, value = text.partition("=")
    if not separator:
        raise argparse.ArgumentTypeError(f"{text}: give name=value")
    return name, value


def packing_of(options):
    """Return how many points the discriminator judges together."""
    return int(dict(options.settings).get("packing", 1))


def coverage(options, seed):
    """Return the `ModeCoverage` of the model that is trained with that seed."""
    import keras

    from kerasgen import data, metrics, zoo
    from kerasgen.data.sources.mixtures import MIXTURES
    from kerasgen.plots import point_clouds

    start = time.perf_counter()
    dataset = data.load(options.dataset)
    keras.utils.set_random_seed(seed)
    model = zoo.get(options.recipe).create(dataset.sample_shape, **PAPER | dict(options.settings))
    model.steps_per_execution = options.steps_per_execution
    batches = dataset.train.batches(PACKS * packing_of(options), shuffle=True, seed=seed)
    epochs, rest = divmod(options.steps, len(batches))
    if epochs:
        model.fit(batches, epochs=epochs, shuffle=False, verbose=0)
    if rest:
        model.fit(batches, steps_per_epoch=rest, shuffle=False, verbose=0)
    found = metrics.mode_coverage(model.generate(SAMPLES, seed=seed), MIXTURES[options.dataset])
    print(f"seed {seed}: {_in_words(found)} after {time.perf_counter() - start:.0f} s", flush=True)
    if options.picture and seed == options.seeds - 1:
        test = dataset.test.first(point_clouds.POINTS)
        point_clouds.save_of_model(options.picture, model, test, seed, f"{options.name}, {options.steps:,} steps")
    return found


def _in_words(found):
    return (
        f"{found.modes} modes, {found.high_quality:.1%} high quality, reverse KL {found.reverse_kl:.3f} "
        f"({found.reverse_kl_of_all:.3f} with all samples)"
    )


def report(options, found):
    """Print the means over the seeds, and keep them if asked to."""
    published = PUBLISHED[options.dataset]
    like = f"PacGAN{packing_of(options)}"
    like = like if like in published else "GAN"
    figures = {
        "modes": ([run.modes for run in found], 2),
        "high quality, %": ([100 * run.high_quality for run in found], 1),
        "reverse KL, nats": ([run.reverse_kl for run in found], 3),
    }
    for (metric, (values, digits)), reference in zip(figures.items(), published[like], strict=True):
        value, error = f"{sum(values) / len(values):.{digits}f}", common.standard_error(values, digits)
        print(f"{options.name}: {metric} {value}{error and f' ± {error}'}; published, {like}: {reference}")
        if options.write:
            results.write(
                figure="mode coverage",
                recipe=options.name,
                dataset=options.dataset,
                backend=options.backend,
                metric=metric,
                value=value,
                spread=error and f"± {error} standard error",
                seeds=len(values),
                reference=reference,
                reference_source=f"{like}, Lin et al. 2018 (arXiv:1712.04086), table 1: 400000 steps, 10 seeds",
                epochs=f"{options.steps} steps",
            )


if __name__ == "__main__":
    main()
