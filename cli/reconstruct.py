"""`kerasgen reconstruct MODEL`: images beside what a model makes of them."""

import click

from kerasgen.cli import backends, trained
from kerasgen.cli.counts import count


@click.command("reconstruct")
@trained.model_argument
@trained.data_options
@click.option("-n", type=count(), metavar="N", default=10, show_default=True, help="How many images.")
@trained.out_option("reconstructed.png")
@backends.option
def command(model, dataset, data_dir, n, out, backend):
    """Encode test images and decode them again: originals above, reconstructions below."""
    backends.start(backend)
    import numpy as np

    from kerasgen.data.pixels import as_floats

    network = trained.load_of_images(model, "reconstruct")
    found = trained.data_set(network, model, dataset, data_dir)
    images, labels = trained.test_images(found, n), trained.test_labels(network, found, n)
    rows = np.stack([as_floats(images), network.reconstruct(images, labels)])
    trained.save_picture(out or trained.beside(model, "reconstructed.png"), rows)
