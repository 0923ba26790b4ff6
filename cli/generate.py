"""`kerasgen generate MODEL`: new images from a trained model."""

import os
import random
from pathlib import Path

import click

from kerasgen.cli import backends, trained
from kerasgen.cli.counts import count, seed_option
from kerasgen.errors import RunError, UsageError


@click.command("generate")
@trained.model_argument
@click.option(
    "-n",
    type=count(),
    metavar="N",
    default=64,
    show_default=True,
    help="How many images; with --label all in whole rows.",
)
@trained.out_option("generated.png")
@click.option("--label", metavar="CLASS", help="Of a conditional model: one class, or `all` for a row of each.")
@click.option("--separate", metavar="DIR", type=click.Path(path_type=Path), help="A new folder for single images.")
@seed_option("The same seed gives the same images. Default: any.", default=None)
@trained.sampler_option
@trained.data_options
@backends.option
def command(model, n, label, out, separate, seed, sampler, dataset, data_dir, backend):
    """Generate new images with MODEL, a .keras file or a run directory.

    They come as one picture, with --separate as single files, with -o and --separate as both. Of an autoencoder
    take `--sampler gmm`: it has no prior of its own.
    """
    if label not in (None, "all") and not label.isdecimal():
        raise UsageError(f"--label {label}: give the number of a class, such as 0, or all")
    if label is not None and sampler != "prior":
        raise UsageError(f"--label and --sampler {sampler}: a mixture knows no classes; leave one of them out")
    if separate and separate.exists() and (not separate.is_dir() or any(separate.iterdir())):
        raise RunError(f"--separate {separate} exists and is not an empty folder; name a new one")
    backends.start(backend)
    from kerasgen.plots import grids

    seed = random.randrange(2**31) if seed is None else seed
    out = out or (None if separate else trained.beside(model, "generated.png"))
    generator = trained.load_to_sample(model, sampler, dataset, data_dir)
    images, columns = _images(generator, n, label, seed)
    if images.ndim == 2:
        _save_points(images, out, separate)
    else:
        if separate:
            _save_each(separate, images)
        if out:
            trained.save_picture(out, grids.square(images, columns))
    click.echo(f"The same images again: --seed {seed}")


def _images(model, n, label, seed):
    """Return images (N, H, W, C) and how many stand in a row: of all classes, each has its own."""
    if label is None:
        return model.generate(n, seed=seed), None
    if not getattr(model, "num_classes", 0):
        raise UsageError(f"--label {label}: this model was trained without labels; leave the option out")
    if label != "all":
        if int(label) >= model.num_classes:
            raise UsageError(f"--label {label}: this model has the classes 0 to {model.num_classes - 1}")
        return model.generate(n, seed=seed, labels=int(label)), None
    columns = max(1, n // model.num_classes)
    labels = [label for label in range(model.num_classes) for _ in range(columns)]
    return model.generate(len(labels), seed=seed, labels=labels), columns


def _save_points(points, out, separate):
    from kerasgen.plots import point_clouds

    if separate:
        raise UsageError("--separate: this is a model of points, which have no pictures of their own; give -o")
    point_clouds.save(out, points)
    click.echo(f"Wrote {out}")


def _save_each(directory, images):
    from kerasgen.data.pixels import as_bytes
    from kerasgen.plots import grids

    directory.mkdir(parents=True, exist_ok=True)
    width = max(4, len(str(len(images))))
    for number, image in enumerate(as_bytes(images), start=1):
        grids.save_png(directory / f"{number:0{width}}.png", image)
    click.echo(f"Wrote {directory}{os.sep}: {len(images)} images")
