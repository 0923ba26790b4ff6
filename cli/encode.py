"""`kerasgen encode MODEL`: the latents of a whole set, as arrays for other programs."""

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

    from kerasgen.io.files import atomic_write

    network = trained.load(model, "encode")
    found = trained.data_set(network, model, dataset, data_dir)
    arrays = _arrays(network, found)
    out = out or trained.beside(model, "latents.npz")
    out.parent.mkdir(parents=True, exist_ok=True)
    with atomic_write(out) as temporary:
        np.savez(temporary, **arrays)
    n, width = arrays["latents"].shape
    click.echo(f"Wrote {out}: {n:,} images of {found.name} as {width} numbers each ({', '.join(arrays)})")


def _arrays(network, found):
    """Return the arrays of the file, by name."""
    import numpy as np

    parts = {"train": found.train, "test": found.test}
    arrays = {
        "latents": np.concatenate([_encode(network, images) for images in parts.values()]),
        "names": np.array([name for images in parts.values() for name in images.names]),
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

    from kerasgen.plots import latent_space

    pieces = [slice(start, start + AT_ONCE) for start in range(0, len(images), AT_ONCE)]
    labels = images.labels
    latents = [latent_space.encode(network, images[p], None if labels is None else labels[p]) for p in pieces]
    return np.concatenate(latents).astype("float32")
