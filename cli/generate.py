"""`kerasgen generate MODEL`: new samples from a trained model."""

import contextlib
import os
import random
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from kerasgen import samplers
from kerasgen.cli import backends, options, terminal, trained_models
from kerasgen.errors import KerasgenError, RunError, UsageError, counted

if TYPE_CHECKING:
    import numpy as np

    from kerasgen.data import Dataset


@click.command("generate", cls=options.CommandWithTables, tables={"Samplers": options.help_of_samplers})
@options.model_argument
@click.option(
    "-n",
    type=options.count(options.MAX_IMAGES),
    metavar="N",
    default=64,
    show_default=True,
    help="Number of samples. With --label all it is rounded down to whole rows.",
)
@click.option("--label", metavar="CLASS", help="Class of a conditional model, or `all` for one row for each class.")
@options.seed_option("Seed of the noise. The same seed gives the same samples.  [default: random]", default=None)
@options.sampler_option
@options.sampling_option
@options.out_option("generated.png")
@click.option(
    "--separate",
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="New folder that receives one file for each image.",
)
@options.data_options
@options.trust_option
@options.backend_option()
def command(
    model: Path,
    n: int,
    label: str | None,
    seed: int | None,
    sampler: str,
    settings: tuple[str, ...],
    out: Path | None,
    separate: Path | None,
    dataset: str | None,
    data_dir: str | None,
    trust: bool,
    backend: str | None,
):
    """Generate new images or points.

    MODEL is a .keras file or a run directory. The output is one picture. With --separate, it is one file for each
    image. Give both -o and --separate to get both.

    An autoencoder has no prior distribution of the latents, so give a --sampler such as flow. The sampler is fitted
    once to the images of --dataset, and kept in the run. The sampler flow also learns the classes of the images, for
    --label.
    """
    if label is not None and sampler != "prior" and not samplers.get(sampler).uses_labels:
        raise UsageError(f"--label and --sampler {sampler}: this sampler has no classes; leave one of them out")
    if separate and separate.exists() and (not separate.is_dir() or any(separate.iterdir())):
        raise RunError(f"--separate {separate} exists and is not an empty folder; name a new one")
    backends.start(backend)

    seed = random.randrange(2**31) if seed is None else seed
    out = out or (None if separate else trained_models.default_output(model, "generated.png"))
    generator, values, _ = trained_models.load_generator(model, sampler, settings, dataset, data_dir, trust)
    samples, columns, names = _generate(generator, n, label, seed, values)
    if samples.ndim == 2 and separate:
        raise UsageError("--separate: this is a model of points, which have no pictures of their own; give -o")
    if separate:
        _save_each(separate, samples)
    if out:
        target = _target(generator, model, dataset, data_dir)
        _save(out, samples, columns, names, None if target is None else target.test[:])
    terminal.echo(f"Repeat with --seed {seed}")


def _generate(
    model: Any, n: int, label: str | None, seed: int, values: dict[str, Any]
) -> "tuple[np.ndarray, int | None, list[str] | None]":
    """Return samples, and the number of columns and the row names of their picture; the last two may be None."""
    if label is None:
        return model.generate(n, seed=seed, **values), None, None
    names = trained_models.class_names(model)
    if label != "all" or not names:
        return model.generate(n, seed=seed, labels=trained_models.class_label(model, label), **values), None, None
    columns = max(1, n // len(names))
    labels = [label for label in range(len(names)) for _ in range(columns)]
    terminal.echo(terminal.wrapped(f"Rows from the top: {', '.join(names)}"))
    return model.generate(len(labels), seed=seed, labels=labels, **values), columns, names


def _target(model: Any, path: Path, dataset: str | None, data_dir: str | None) -> "Dataset | None":
    """Return the data that points are drawn with, or None for images and for data that are not found."""
    known = dataset is not None or trained_models.run_of(path).recipe_path.is_file()
    if not known or len(model.sample_shape) != 1:
        return None
    if dataset is not None:
        return trained_models.load_dataset(model, path, dataset, data_dir)
    with contextlib.suppress(KerasgenError):  # the data of a run may have moved since
        return trained_models.load_dataset(model, path, None, data_dir)
    return None


def _save(
    path: Path, samples: "np.ndarray", columns: int | None, names: list[str] | None, data: "np.ndarray | None"
) -> None:
    """Write samples as one picture, points together with the data."""
    from kerasgen import plots

    path.parent.mkdir(parents=True, exist_ok=True)
    data = data if data is not None and data.shape[1:] == samples.shape[1:] else None
    plots.save_samples(path, samples, data=data, columns=columns, row_names=names)
    terminal.echo(f"Wrote {path}")


def _save_each(directory: Path, images: "np.ndarray") -> None:
    """Write each image as a PNG file whose name is its number from 1."""
    from kerasgen.data.pixels import as_bytes
    from kerasgen.plots import grids

    directory.mkdir(parents=True, exist_ok=True)
    width = max(4, len(str(len(images))))
    for number, image in enumerate(as_bytes(images), start=1):
        grids.save_png(directory / f"{number:0{width}}.png", image)
    terminal.echo(f"Wrote {directory}{os.sep}: {counted(len(images), 'image')}")
