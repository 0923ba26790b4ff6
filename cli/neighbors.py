"""`kerasgen neighbors MODEL`: samples above the training images that they are nearest to."""

import click

from kerasgen.cli import backends, trained
from kerasgen.cli.counts import count, seed_option

NEIGHBORS = 3  # training images below each sample


@click.command("neighbors")
@trained.model_argument
@trained.data_options
@click.option("-n", type=count(), metavar="N", default=10, show_default=True, help="How many to show.")
@click.option(
    "--samples",
    type=count(),
    metavar="N",
    default=1000,
    show_default=True,
    help="How many samples the distances are means of, and how many test images at most.",
)
@seed_option("Of what is drawn.")
@trained.sampler_option
@trained.out_option("neighbors.png")
@backends.option
def command(model, dataset, data_dir, n, samples, seed, sampler, out, backend):
    """Show whether MODEL copies: each sample with the three training images that are nearest to it, below.

    Distances are Euclidean, over all pixels. The samples' mean distance to their nearest training image is printed
    beside that of test images. A ratio well below 1 is a hint at copies, but blurred samples have one too: look.
    """
    backends.start(backend)
    import numpy as np

    from kerasgen import evaluation, metrics
    from kerasgen.data.pixels import as_floats

    network = trained.load_of_images(model, "generate" if sampler == "prior" else "encode")
    found = trained.data_set(network, model, dataset, data_dir)
    generator = network if sampler == "prior" else trained.with_mixture(network, found, sampler)
    generated = generator.generate(max(n, samples), seed=seed)
    indices, _ = metrics.nearest(generated[:n], found.train, NEIGHBORS)
    near = [as_floats(found.train[column]) for column in indices.T]
    test = evaluation.draw_images([found.test], samples, seed)
    close = metrics.closeness(generated[:samples], test, found.train)
    trained.save_picture(out or trained.beside(model, "neighbors.png"), np.stack([generated[:n], *near]))
    click.echo(
        f"Mean distance to the nearest of {len(found.train):,} training images: {close.sample_distance:.4g} of "
        f"{samples:,} samples, {close.test_distance:.4g} of {len(test):,} test images; "
        f"ratio {close.ratio:.3f}"
    )
