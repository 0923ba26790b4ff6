"""`kerasgen interpolate MODEL`: interpolations between test images in latent space."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from kerasgen.cli import backends, options, trained_models
from kerasgen.errors import UsageError

if TYPE_CHECKING:
    import numpy as np

    from kerasgen.data import Dataset
    from kerasgen.models.base.model import GenerativeModel

PAIRS = 8


@click.command("interpolate")
@options.model_argument
@click.option(
    "-n",
    type=options.count(options.MAX_IMAGES),
    metavar="N",
    help=f"Number of rows, each from one image to another.  [default: {PAIRS}, or fewer if there are fewer images]",
)
@click.option(
    "--steps",
    type=options.count(1000, minimum=2),
    metavar="N",
    default=8,
    show_default=True,
    help="Number of images in a row.",
)
@options.data_options
@options.out_option("interpolated.png")
@options.trust_option
@options.backend_option()
def command(
    model: Path,
    n: int | None,
    steps: int,
    dataset: str | None,
    data_dir: str | None,
    out: Path | None,
    trust: bool,
    backend: str | None,
):
    """Interpolate between test images in latent space.

    MODEL is a .keras file or a run directory. Each row of the picture goes from one test image to another, on a
    straight line between their latent vectors. For a conditional model both images have the same class.
    """
    backends.start(backend)
    network = trained_models.load_image_model(model, "interpolate", trust)
    images = trained_models.load_dataset(network, model, dataset, data_dir)
    pairs, labels = _pairs_of_one_class(network, images) if network.num_classes else _pairs(images, n or PAIRS)
    if len(pairs) < (n or 1):
        kind = "pairs of the same class" if network.num_classes else "pairs"
        raise UsageError(f"the test images of {images.name} make {len(pairs)} {kind}; give a smaller -n")
    rows = slice(n or PAIRS)
    starts, ends = ([*column] for column in zip(*pairs[rows]))
    labels = None if labels is None else labels[starts]
    pictures = network.interpolate(images.test[starts], images.test[ends], steps, labels)
    out = out or trained_models.default_output(model, "interpolated.png")
    trained_models.save_picture(out, pictures, column_names=["start", *[""] * (steps - 2), "end"])


def _pairs(dataset: "Dataset", n: int) -> tuple[list[tuple[int, int]], None]:
    """Return the numbers of the images of `n` pairs, or of fewer if there are fewer images, and None as labels."""
    n = min(n, len(dataset.test) // 2)
    return [(number, n + number) for number in range(n)], None


def _pairs_of_one_class(network: "GenerativeModel", dataset: "Dataset") -> "tuple[list[tuple[int, int]], np.ndarray]":
    """Return the numbers of the images of all pairs, and the labels of all test images.

    Each image is paired with the next one of its class.
    """
    labels = trained_models.test_labels(network, dataset, len(dataset.test))
    unpaired, pairs = {}, []
    for number, label in enumerate(labels.tolist()):
        if label in unpaired:
            pairs.append((unpaired.pop(label), number))
        else:
            unpaired[label] = number
    return pairs, labels
