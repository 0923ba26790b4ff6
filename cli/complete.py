"""`kerasgen complete MODEL`: test images with their lower half drawn from the model."""

from pathlib import Path

import click

from kerasgen.cli import backends, options, trained_models

IMAGES = 10


@click.command("complete")
@options.model_argument
@click.option(
    "-n",
    type=options.count(options.MAX_IMAGES),
    metavar="N",
    help=f"Number of images.  [default: {IMAGES}, or all test images]",
)
@click.option(
    "--rows",
    type=options.count(options.MAX_SIDE, minimum=0),
    metavar="N",
    help="Number of rows of pixels, or of codes, to keep.  [default: the upper half]",
)
@options.seed_option("Seed of the random numbers.")
@options.data_options
@options.out_option("completed.png")
@options.trust_option
@options.backend_option()
def command(
    model: Path,
    n: int | None,
    rows: int | None,
    seed: int,
    dataset: str | None,
    data_dir: str | None,
    out: Path | None,
    trust: bool,
    backend: str | None,
):
    """Complete the lower half of test images.

    MODEL is a .keras file or a run directory. The first row of the picture has the original images. Below them are two
    completions of each, which keep the upper half.
    """
    backends.start(backend)
    import numpy as np

    from kerasgen.data.pixels import as_floats

    network = trained_models.load(model, "complete", trust)
    test_set = trained_models.load_dataset(network, model, dataset, data_dir)
    images = trained_models.test_images(test_set, n, IMAGES)
    labels = trained_models.test_labels(network, test_set, len(images))
    completed = [network.complete(images, rows, seed + number, labels) for number in range(2)]
    codec = getattr(network, "codec", None)
    originals = as_floats(images) if codec is None else codec.decode(images)
    out = out or trained_models.default_output(model, "completed.png")
    trained_models.save_picture(out, np.stack([originals, *completed]), ["original", "completed", "again"])
