"""`kerasgen interpolate MODEL`: from one image to another through the latent space."""

import click

from kerasgen.cli import backends, trained


@click.command("interpolate")
@trained.model_argument
@trained.data_options
@click.option("-n", type=click.IntRange(min=1), metavar="N", default=8, show_default=True, help="How many rows.")
@click.option("--steps", type=click.IntRange(min=2), metavar="N", default=8, show_default=True, help="Images in a row.")
@trained.out_option("interpolated.png")
@backends.option
def command(model, dataset, data_dir, n, steps, out, backend):
    """Go from one test image to another on a straight line between their latents, a pair in each row."""
    backends.start(backend)
    network = trained.load(model, "interpolate")
    images = trained.test_images(network, model, dataset, data_dir, 2 * n)
    labels = trained.test_labels(network, model, dataset, data_dir, n)
    rows = network.interpolate(images[:n], images[n:], steps, labels)
    trained.save_picture(out or trained.beside(model, "interpolated.png"), rows)
