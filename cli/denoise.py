"""`kerasgen denoise MODEL`: images, the same with noise, and what a model makes of that."""

import click

from kerasgen.cli import backends, trained
from kerasgen.cli.counts import count, seed_option
from kerasgen.errors import DataError


@click.command("denoise")
@trained.model_argument
@trained.data_options
@click.option("-n", type=count(), metavar="N", default=10, show_default=True, help="How many images.")
@seed_option("Of the noise.")
@trained.out_option("denoised.png")
@backends.option
def command(model, dataset, data_dir, n, seed, out, backend):
    """Corrupt test images as in the training and denoise them: originals, noisy and denoised in three rows.

    Images of your own, --dataset PATH, must have the size that the model was trained for: resizing would change
    the noise that is in them.
    """
    backends.start(backend)
    import numpy as np

    from kerasgen.data.pixels import as_floats

    network = trained.load(model, "denoise")
    _check_size(network, dataset)
    images = trained.test_images(trained.data_set(network, model, dataset, data_dir), n)
    noisy = network.corrupt(images, seed)
    rows = np.stack([as_floats(images), noisy, network.denoise(noisy)])
    trained.save_picture(out or trained.beside(model, "denoised.png"), rows)


def _check_size(network, dataset):
    """Raise `DataError` if the images at the path `dataset` do not have the size that the model takes."""
    from kerasgen import data
    from kerasgen.data import sources
    from kerasgen.errors import UsageError

    if dataset is None or not sources.is_path(dataset):
        return
    height, width, _ = network.sample_shape
    try:
        shape = data.load(dataset).sample_shape
    except UsageError as error:  # a folder of images that differ in size
        raise DataError(
            f"{dataset}: the images differ in size; this model denoises images of {width}x{height}"
        ) from error
    if shape[:2] != (height, width):
        raise DataError(
            f"{dataset}: the images are {shape[1]}x{shape[0]}; this model denoises images of {width}x{height}"
        )
