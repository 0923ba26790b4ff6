"""`kerasgen translate MODEL INPUT...`: images of one domain as images of the other."""

import os
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import click

from kerasgen.cli import backends, trained
from kerasgen.cli.counts import seed_option
from kerasgen.errors import DataError, UsageError

AT_ONCE = 2**20  # pixels of a channel in a batch: 64 images at 128x128


@click.command("translate")
@trained.model_argument
@click.argument("inputs", metavar="INPUT...", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option(
    "-o",
    "--out",
    metavar="DIR",
    required=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="The folder of the translations; made if it is missing.",
)
@click.option(
    "--direction",
    type=click.Choice(["AtoB", "BtoA"]),
    help="For a model that can do both. Default: what it was trained for, AtoB first.",
)
@seed_option("Of the noise, for a model that has some.")
@backends.option
def command(model, inputs, out, direction, seed, backend):
    """Translate images with MODEL, a .keras file or a run directory of pix2pix or cyclegan.

    INPUT are image files and folders of them, of any size and mode: of each the central square is resized to the
    model's size. A translation has the name of its image, below its folder, and is a PNG file; those of an earlier
    translation are replaced, but nothing is in a folder that images come from. What cannot be read is named and
    skipped; the exit code is 1 if that was a file given by name, or if nothing could be translated.
    """
    files = _files(inputs, out)
    backends.start(backend)
    network = trained.load(model, "translate")
    height, width, _ = network.sample_shape
    if height != width:
        raise UsageError(f"{model} takes images {height}x{width}, and this command makes squares: use model.translate")
    if direction is not None and direction not in network.directions:
        can = " and ".join(network.directions)
        raise UsageError(f"{model} was trained to translate {can}, not {direction}; leave --direction out")
    named = {path for path in inputs if not path.is_dir()}
    skipped = _translate(network, files, direction, seed)
    done = len(files) - len(skipped)
    if not done:
        raise DataError(f"none of {len(files)} files could be translated; give images that can be read")
    click.echo(f"Wrote {out}{os.sep}: {done:,} images" + (f", skipped {len(skipped):,}" if skipped else ""))
    if named & {*skipped}:
        sys.exit(1)


def _files(inputs, out):
    """Return a dict of the path of each image -> that of its translation.

    Raises:
        DataError: there are none.
        UsageError: two have the same translation, or it would replace a file beside an image.
    """
    from kerasgen.data.sources.folder import printable

    found = [pair for path in inputs for pair in _below(path, out)]
    if not found:
        raise DataError(f"no files in {', '.join(map(str, inputs))}; give images, or folders of images")
    sources = {}
    for path, target in found:
        other = sources.setdefault(target, path)
        if other.resolve() != path.resolve():
            both = f"{printable(other)} and {printable(path)}"
            raise UsageError(f"{both} would both become {printable(target)}; translate them into different folders")
    # Nothing beside an image is replaced, and so no image is.
    homes = {path.parent.resolve() for path in sources.values()}
    for target, path in sources.items():
        if target.exists() and target.parent.resolve() in homes:
            what = f"{printable(target)}, the translation of {printable(path)}"
            raise UsageError(f"-o {out}: {what}, would replace a file beside your images; give another folder")
    return {path: target for target, path in sources.items()}


def _below(path, out):
    """Yield (path, path of its translation) of a file, or of all files below a folder except earlier translations."""
    from kerasgen.data.image_files import without_suffix
    from kerasgen.data.sources.folder import list_files

    if not path.is_dir():
        yield path, out / f"{without_suffix(path.name)}.png"
        return
    within = out.resolve() != path.resolve()
    for name in list_files(path)[0]:
        if not (within and (path / name).resolve().is_relative_to(out.resolve())):
            yield path / name, out / f"{without_suffix(name)}.png"


def _translate(network, files, direction, seed):
    """Write the translations and return the paths of the files that could not be read."""
    import warnings

    from tqdm import tqdm

    from kerasgen.data.sources.folder import THREADS, printable
    from kerasgen.plots import grids

    height, width, channels = network.sample_shape
    at_once, paths, skipped = max(1, AT_ONCE // (height * width)), [*files], []
    with (
        warnings.catch_warnings(action="ignore"),  # what Pillow warns of does no harm, or is named below
        tqdm(total=len(paths), disable=not sys.stderr.isatty(), dynamic_ncols=True, unit=" images") as bar,
        ThreadPoolExecutor(THREADS) as pool,
    ):
        for start in range(0, len(paths), at_once):
            part = paths[start : start + at_once]
            read = [*pool.map(lambda path: _read(path, height, channels), part)]
            for path, image in zip(part, read, strict=True):
                if isinstance(image, str):
                    skipped.append(path)
                    bar.write(f"skipped {printable(path)} ({image})", file=sys.stderr)
            good = {path: image for path, image in zip(part, read, strict=True) if not isinstance(image, str)}
            for path, image in zip(good, _translated(network, [*good.values()], direction, seed), strict=True):
                files[path].parent.mkdir(parents=True, exist_ok=True)
                grids.save_png(files[path], image)
            bar.update(len(part))
    return skipped


def _read(path, size, channels):
    """Return the image as uint8 (size, size, channels), or why it cannot be read."""
    from kerasgen.data.image_files import decode, pixels, reason

    try:
        return pixels(decode(path, size), channels, size)
    except Exception as error:  # Pillow's readers raise all kinds of errors on damaged files
        return reason(error)


def _translated(network, images, direction, seed):
    """Return the translations of a list of images, uint8 (N, H, W, C)."""
    import numpy as np

    from kerasgen.data.pixels import as_bytes

    if not images:
        return []
    translations = network.translate(np.stack(images), direction=direction, seed=seed)
    return as_bytes(translations)
