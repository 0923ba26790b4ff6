"""`kerasgen encode MODEL`: the latents of a whole set, as arrays for other programs."""

from pathlib import Path

import click

from kerasgen.cli import backends, trained
from kerasgen.errors import DataError

AT_ONCE = 4096  # images in memory


@click.command("encode")
@trained.model_argument
@trained.data_options
@trained.out_option("latents.npz", what="The arrays")
@backends.option
def command(model, dataset, data_dir, out, backend):
    """Encode a whole set, images to train and to test with, and write the latents with what they are of.

    \b
    The arrays, one entry for each image:
      latents  (N, latent_dim)
      names    the file in its folder, or the number in its part of the set
      split    train or test
      labels   where the set has them, with class_names for the labels
    """
    backends.start(backend)
    import numpy as np

    from kerasgen.files import atomic_write

    network = trained.load(model, "encode")
    found = trained.data_set(network, model, dataset, data_dir)
    arrays = _arrays(network, found, _folder(model, dataset))
    out = out or trained.beside(model, "latents.npz")
    out.parent.mkdir(parents=True, exist_ok=True)
    with atomic_write(out) as temporary:
        np.savez(temporary, **arrays)
    n, width = arrays["latents"].shape
    click.echo(f"Wrote {out}: {n:,} images of {found.name} as {width} numbers each ({', '.join(arrays)})")


def _arrays(network, found, folder):
    """Return the arrays of the file, by name."""
    import numpy as np

    parts = {"train": found.train, "test": found.test}
    arrays = {
        "latents": np.concatenate([_encode(network, images) for images in parts.values()]),
        "names": np.array([name for names in _names(found, folder) for name in names]),
        "split": np.repeat(list(parts), [len(images) for images in parts.values()]),
    }
    if found.unreadable:  # another image stood in for it
        raise DataError(f"{found.unreadable[0]} can no longer be read; remove it, or repair it")
    if all(images.labels is not None for images in parts.values()):
        arrays["labels"] = np.concatenate([images.labels for images in parts.values()])
        if found.class_names is not None:
            arrays["class_names"] = np.array(found.class_names)
    return arrays


def _encode(network, images):
    """Return the latents (N, latent_dim) of all images, read in pieces."""
    import numpy as np

    from kerasgen import latent_pictures

    pieces = [slice(start, start + AT_ONCE) for start in range(0, len(images), AT_ONCE)]
    labels = images.labels
    latents = [latent_pictures.encode(network, images[p], None if labels is None else labels[p]) for p in pieces]
    return np.concatenate(latents).astype("float32")


def _names(found, folder):
    """Return the images' names: those to train with, those to test with."""
    parts = (found.train, found.test)
    if folder is None:
        return [[str(number) for number in range(len(images))] for images in parts]
    from kerasgen.data import sources
    from kerasgen.data.folder import list_files, printable, split_paths

    skipped = {path for path, _ in found.skipped}
    paths = [path for path in list_files(folder)[0] if printable(path) not in skipped]
    rows = split_paths(paths, sources.load.__kwdefaults__["validation_split"])
    if [len(part) for part in rows] != [len(images) for images in parts]:
        raise DataError(f"{folder} has changed while it was read; start again")
    return [[printable(paths[row]) for row in part] for part in rows]


def _folder(model, dataset):
    """Return the path of the folder that the images come from, or None if they come from elsewhere."""
    from kerasgen.data import sources

    run = trained.run_of(model)
    if dataset is None and run.recipe_path.is_file():
        dataset = run.read_recipe().get("dataset")
    if dataset is None or not sources.is_path(dataset):
        return None
    path = Path(dataset).expanduser()
    return path if path.is_dir() else None
