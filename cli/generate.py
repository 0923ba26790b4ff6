"""`kerasgen generate MODEL`: new images from a trained model."""

import os
import random
from pathlib import Path

import click

from kerasgen.cli import backends, trained
from kerasgen.errors import RunError


@click.command("generate")
@trained.model_argument
@click.option("-n", type=click.IntRange(min=1), metavar="N", default=64, show_default=True, help="How many images.")
@trained.out_option("generated.png")
@click.option("--separate", metavar="DIR", type=click.Path(path_type=Path), help="A new folder for single images.")
@click.option(
    "--seed", type=click.IntRange(0, 2**31 - 1), metavar="N", help="The same seed gives the same images. Default: any."
)
@backends.option
def command(model, n, out, separate, seed, backend):
    """Generate new images with MODEL, a .keras file or a run directory.

    They come as one picture, with --separate as single files, with -o and --separate as both.
    """
    if separate and separate.exists() and (not separate.is_dir() or any(separate.iterdir())):
        raise RunError(f"--separate {separate} exists and is not an empty folder; name a new one")
    backends.start(backend)
    from kerasgen import pictures

    seed = random.randrange(2**31) if seed is None else seed
    images = trained.load(model, "generate").generate(n, seed=seed)
    if separate:
        _save_each(separate, images)
    if out or not separate:
        trained.save_picture(out or trained.beside(model, "generated.png"), pictures.square(images))
    click.echo(f"The same images again: --seed {seed}")


def _save_each(directory, images):
    from kerasgen import pictures

    directory.mkdir(parents=True, exist_ok=True)
    width = max(4, len(str(len(images))))
    for number, image in enumerate((images.clip(0, 1) * 255).round().astype("uint8"), start=1):
        pictures.save_png(directory / f"{number:0{width}}.png", image)
    click.echo(f"Wrote {directory}{os.sep}: {len(images)} images")
