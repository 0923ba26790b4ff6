"""`kerasgen translate MODEL [INPUT]...`: images of one domain as images of the other."""

import os
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kerasgen.cli import backends, options, terminal, trained_models
from kerasgen.errors import DataError, UsageError, counted

if TYPE_CHECKING:
    import numpy as np

    from kerasgen.models.base.model import GenerativeModel

BATCH_PIXELS = 2**20  # pixels of one channel in a batch: 64 images of 128x128
IMAGES = 8  # test images in the picture


@click.command("translate")
@options.model_argument
@click.argument("inputs", metavar="[INPUT]...", nargs=-1, type=click.Path(exists=True, path_type=Path))
@click.option(
    "-o",
    "--out",
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="Folder of the translated images, which is created if necessary. Without INPUT, the .png file of the "
    "picture.  [default: translated.png in the folder of the model]",
)
@click.option(
    "--direction",
    type=click.Choice(["AtoB", "BtoA"]),
    help="Direction, for a model with both directions.  [default: the first direction of the model]",
)
@options.seed_option("Seed of the noise, if the model has noise.")
@options.data_options
@options.trust_option
@options.backend_option()
def command(
    model: Path,
    inputs: tuple[Path, ...],
    out: Path | None,
    direction: str | None,
    seed: int,
    dataset: str | None,
    data_dir: str | None,
    trust: bool,
    backend: str | None,
):
    """Translate images into another domain.

    MODEL is a .keras file or a run directory of pix2pix or CycleGAN. INPUT is an image file or a folder of images,
    of any size and colour mode. The central square of each image is resized to the size of the model. Without INPUT,
    the output is a picture of test images and their translations.

    A translated image is a PNG file with the name of its input. Files of an earlier translation are replaced.
    Folders that contain input images are never written to.

    Files that cannot be read are named and skipped. The exit code is 1 if one of them was given by name, or if
    nothing could be translated.
    """
    _check_arguments(inputs, out, dataset)
    files = _plan_files(inputs, out) if out and inputs else {}
    backends.start(backend)
    network = trained_models.load(model, "translate", trust)
    if direction is not None and direction not in network.directions:
        known = " and ".join(network.directions)
        raise UsageError(f"{model} was trained to translate {known}, not {direction}; leave --direction out")
    if not inputs:
        images = trained_models.load_dataset(network, model, dataset, data_dir).test.first(IMAGES)
        names, rows = _translate_test_images(network, images, direction or network.directions[0], seed)
        trained_models.save_picture(out or trained_models.default_output(model, "translated.png"), rows, names)
        return
    height, width, _ = network.sample_shape
    if height != width:
        raise UsageError(f"{model} takes images of {width}x{height}, this command makes squares: use model.translate")
    named = {path for path in inputs if not path.is_dir()}
    skipped = _translate_files(network, files, direction, seed)
    count = len(files) - len(skipped)
    if not count:
        raise DataError(f"none of {counted(len(files), 'file')} could be translated; give images that can be read")
    terminal.echo(
        f"Wrote {out}{os.sep}: {counted(count, 'image')}" + (f", skipped {len(skipped):,}" if skipped else "")
    )
    if named & {*skipped}:
        sys.exit(1)


def _check_arguments(inputs: tuple[Path, ...], out: Path | None, dataset: str | None) -> None:
    """Raise a `UsageError` unless there is a folder for translated files, or a picture for test images."""
    if not inputs:
        if out is not None and out.suffix.lower() != ".png":
            raise UsageError(
                f"-o {out}: without INPUT the output is a picture; give INPUT, or a name that ends in .png"
            )
    elif dataset is not None:
        raise UsageError(f"{inputs[0]} and --dataset {dataset}: give one of them")
    elif out is None or (out.exists() and not out.is_dir()):
        received = "-o DIR is missing" if out is None else f"-o {out} is a file"
        raise UsageError(f"{received}; give the folder that receives the translated images")


def _translate_test_images(
    network: "GenerativeModel", images: "tuple[np.ndarray, np.ndarray]", direction: str, seed: int
) -> "tuple[list[str], np.ndarray]":
    """Return the names and the images (3, N, H, W, C) of the rows of a picture.

    Images of both domains are given. The last row has the targets of pairs, or the images translated back.
    """
    import numpy as np

    from kerasgen.data.pixels import as_floats

    source, target = map(as_floats, images if direction == "AtoB" else images[::-1])
    translated = network.translate(source, direction=direction, seed=seed)
    if len(network.directions) == 1:
        return ["source", "translated", "target"], np.stack([source, translated, target])
    (back,) = {*network.directions} - {direction}
    names = [direction[0], f"{direction[0]} to {direction[-1]}", f"back to {direction[0]}"]
    return names, np.stack([source, translated, network.translate(translated, direction=back, seed=seed)])


def _plan_files(inputs: tuple[Path, ...], out: Path) -> dict[Path, Path]:
    """Return a dict from the path of each image to the path of its translation.

    Raises:
        DataError: there are no images.
        UsageError: two images have the same translation, or a translation would replace a file next to an image.
    """
    pairs = [pair for path in inputs for pair in _list_files(path, out)]
    if not pairs:
        raise DataError(f"no files in {', '.join(map(str, inputs))}; give images, or folders of images")
    sources = {}
    for path, target in pairs:
        other = sources.setdefault(target, path)
        if other.resolve() != path.resolve():
            raise UsageError(f"{other} and {path} would both become {target}; translate them into different folders")
    # No file next to an image is replaced, so no image is.
    folders = {path.parent.resolve() for path in sources.values()}
    for target, path in sources.items():
        if target.exists() and target.parent.resolve() in folders:
            raise UsageError(
                f"-o {out}: {target}, the translation of {path}, would replace a file in a folder of images; give "
                "another folder"
            )
    return {path: target for target, path in sources.items()}


def _list_files(path, out):
    """Yield the path of a file, or of each file in a folder, with the path of its translation.

    Earlier translations, in a folder `out` inside the folder, are left out.
    """
    from kerasgen.data.image_files import without_suffix
    from kerasgen.data.sources.folder import list_files

    if not path.is_dir():
        yield path, out / f"{without_suffix(path.name)}.png"
        return
    is_within = out.resolve() != path.resolve()
    for name in list_files(path)[0]:
        if not (is_within and (path / name).resolve().is_relative_to(out.resolve())):
            yield path / name, out / f"{without_suffix(name)}.png"


def _translate_files(
    network: "GenerativeModel", files: dict[Path, Path], direction: str | None, seed: int
) -> list[Path]:
    """Write the translations and return the paths of the files that cannot be read."""
    import warnings

    from tqdm import tqdm

    from kerasgen.data.sources.folder import THREADS
    from kerasgen.plots import grids

    height, width, channels = network.sample_shape
    batch_size, paths, skipped = max(1, BATCH_PIXELS // (height * width)), [*files], []
    with (
        warnings.catch_warnings(action="ignore"),  # Pillow warns of harmless damage; other damage is named below
        tqdm(total=len(paths), disable=not sys.stderr.isatty(), dynamic_ncols=True, unit=" images") as bar,
        ThreadPoolExecutor(THREADS) as pool,
    ):
        for start in range(0, len(paths), batch_size):
            batch = paths[start : start + batch_size]
            results = dict(zip(batch, pool.map(lambda path: _read(path, height, channels), batch)))
            images = {path: result for path, result in results.items() if not isinstance(result, str)}
            for path in [path for path in batch if path not in images]:
                skipped.append(path)
                bar.write(f"skipped {terminal.printable(path)} ({results[path]})", file=sys.stderr)
            for path, image in zip(images, _translate(network, [*images.values()], direction, seed), strict=True):
                files[path].parent.mkdir(parents=True, exist_ok=True)
                grids.save_png(files[path], image)
            bar.update(len(batch))
    return skipped


def _read(path: Path, size: int, channels: int) -> "np.ndarray | str":
    """Return the image as uint8 (size, size, channels), or the reason why it cannot be read."""
    from kerasgen.data.image_files import decode, pixels, reason

    try:
        return pixels(decode(path, size), channels, size)
    except Exception as error:  # Pillow raises all kinds of errors on damaged files
        return reason(error)


def _translate(network, images, direction, seed):
    """Return the translations, uint8 (N, H, W, C), of a list of images."""
    import numpy as np

    from kerasgen.data.pixels import as_bytes

    if not images:
        return []
    return as_bytes(network.translate(np.stack(images), direction=direction, seed=seed))
