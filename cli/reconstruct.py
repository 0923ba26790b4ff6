"""`kerasgen reconstruct MODEL`: test images and their reconstructions."""

from pathlib import Path

import click

from kerasgen.cli import backends, options, trained_models

IMAGES = 10


@click.command("reconstruct")
@options.model_argument
@click.option(
    "-n",
    type=options.count(options.MAX_IMAGES),
    metavar="N",
    help=f"Number of images.  [default: {IMAGES}, or all test images]",
)
@options.data_options
@options.out_option("reconstructed.png")
@options.trust_option
@options.backend_option()
def command(
    model: Path,
    n: int | None,
    dataset: str | None,
    data_dir: str | None,
    out: Path | None,
    trust: bool,
    backend: str | None,
):
    """Encode and decode test images.

    MODEL is a .keras file or a run directory. The picture has the original images in the first row and their
    reconstructions in the second.
    """
    backends.start(backend)
    import numpy as np

    from kerasgen.data.pixels import as_floats

    network = trained_models.load_image_model(model, "reconstruct", trust)
    test_set = trained_models.load_dataset(network, model, dataset, data_dir)
    images = trained_models.test_images(test_set, n, IMAGES)
    labels = trained_models.test_labels(network, test_set, len(images))
    rows = np.stack([as_floats(images), network.reconstruct(images, labels)])
    out = out or trained_models.default_output(model, "reconstructed.png")
    trained_models.save_picture(out, rows, ["original", "reconstructed"])
