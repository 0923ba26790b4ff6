"""`kerasgen neighbors MODEL`: samples and the training images nearest to them."""

from pathlib import Path

import click

from kerasgen.cli import backends, options, terminal, trained_models
from kerasgen.errors import counted

NEIGHBORS = 3  # training images below each sample


@click.command("neighbors", cls=options.CommandWithTables, tables={"Samplers": options.help_of_samplers})
@options.model_argument
@click.option(
    "-n",
    type=options.count(1000),
    metavar="N",
    default=10,
    show_default=True,
    help="Number of samples in the picture.",
)
@click.option(
    "--samples",
    type=options.count(options.MAX_IMAGES),
    metavar="N",
    default=1000,
    show_default=True,
    help="Number of samples, and maximum number of test images, to measure the mean distances.",
)
@options.seed_option("Seed of the samples and of the choice of test images.")
@options.sampler_option
@options.sampling_option
@options.data_options
@options.out_option("neighbors.png")
@options.trust_option
@options.backend_option()
def command(
    model: Path,
    n: int,
    samples: int,
    seed: int,
    sampler: str,
    settings: tuple[str, ...],
    dataset: str | None,
    data_dir: str | None,
    out: Path | None,
    trust: bool,
    backend: str | None,
):
    """Check whether a model copies its training images.

    MODEL is a .keras file or a run directory. The picture has samples in the first row, and the three nearest
    training images of each sample below it. Distances are Euclidean, over all pixels.

    The output is two mean distances to the nearest training image, one from samples and one from test images, and their
    ratio. A ratio far below 1 is a sign of copies. Blurred samples have a small ratio too, so look at the picture.
    """
    backends.start(backend)
    import numpy as np

    from kerasgen import evaluation, metrics
    from kerasgen.data.pixels import as_floats

    generator, values, images = trained_models.load_generator(model, sampler, settings, dataset, data_dir, trust)
    trained_models.check_images(generator, model)
    images = images or trained_models.load_dataset(generator, model, dataset, data_dir)
    generated = generator.generate(max(n, samples), seed=seed, **values)
    indices, _ = metrics.nearest(generated[:n], images.train, NEIGHBORS)
    nearest = [as_floats(images.train[column]) for column in indices.T]
    test = evaluation.draw_images([images.test], samples, seed)
    distances = metrics.closeness(generated[:samples], test, images.train)
    out = out or trained_models.default_output(model, "neighbors.png")
    names = ["samples", "nearest", *(f"{number}. nearest" for number in range(2, NEIGHBORS + 1))]
    trained_models.save_picture(out, np.stack([generated[:n], *nearest]), names, separators=[1])
    terminal.echo(
        f"Mean distance to the nearest of {len(images.train):,} training images: {distances.sample_distance:.4g} for "
        f"{counted(samples, 'sample')}, {distances.test_distance:.4g} for {counted(len(test), 'test image')}; "
        f"ratio {distances.ratio:.3f}"
    )
