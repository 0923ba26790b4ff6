"""`kerasgen denoise MODEL`: test images, with noise added, and denoised."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from kerasgen.cli import backends, options, trained_models
from kerasgen.errors import DataError, UsageError

if TYPE_CHECKING:
    from kerasgen.models.base.model import GenerativeModel

IMAGES = 10


@click.command("denoise")
@options.model_argument
@click.option(
    "-n",
    type=options.count(options.MAX_IMAGES),
    metavar="N",
    help=f"Number of images.  [default: {IMAGES}, or all test images]",
)
@options.seed_option("Seed of the noise.")
@options.settings_option("Option of the model, such as strength=0.5 for a diffusion model; repeatable.")
@options.data_options
@options.out_option("denoised.png")
@options.trust_option
@options.backend_option()
def command(
    model: Path,
    n: int | None,
    seed: int,
    settings: tuple[str, ...],
    dataset: str | None,
    data_dir: str | None,
    out: Path | None,
    trust: bool,
    backend: str | None,
):
    """Add noise to test images and remove it.

    MODEL is a .keras file or a run directory of a denoising autoencoder or a diffusion model. The picture has three
    rows: the original images, the noisy images, the denoised images.

    Images given by --dataset PATH must have the size that the model was trained on, because resizing would change
    their noise.
    """
    backends.start(backend)
    import numpy as np

    from kerasgen.data.pixels import as_floats

    network = trained_models.load(model, "denoise", trust)
    declared = getattr(network, "denoise_options", {})
    owner = f"denoise for {type(network).__name__}"
    values = options.resolve_settings(options.parse_settings(settings), declared, owner)
    _check_size(network, dataset)
    test_set = trained_models.load_dataset(network, model, dataset, data_dir)
    images = trained_models.test_images(test_set, n, IMAGES)
    noisy = network.corrupt(images, seed, **values)
    rows = np.stack([as_floats(images), noisy.clip(0.0, 1.0), network.denoise(noisy, **values)])
    out = out or trained_models.default_output(model, "denoised.png")
    trained_models.save_picture(out, rows, ["original", "noisy", "denoised"])


def _check_size(network: "GenerativeModel", dataset: str | None) -> None:
    """Raise a `DataError` if the images at the path `dataset` do not have the size of the model's images."""
    from kerasgen import data
    from kerasgen.data import sources

    if dataset is None or not sources.is_path(dataset):
        return
    height, width, _ = network.sample_shape
    expected = f"this model denoises images of {width}x{height}"
    try:
        shape = data.load(dataset).sample_shape
    except UsageError as error:  # a folder of images of several sizes
        raise DataError(f"{dataset}: the images differ in size; {expected}") from error
    if shape[:2] != (height, width):
        raise DataError(f"{dataset}: the images are {shape[1]}x{shape[0]}; {expected}")
