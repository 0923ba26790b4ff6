"""`kerasgen encode MODEL`: the latent vectors of a data set, as arrays for other programs."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from kerasgen.cli import backends, options, terminal, trained_models
from kerasgen.errors import DataError, counted

if TYPE_CHECKING:
    import numpy as np

    from kerasgen.data import Dataset, Images
    from kerasgen.models.base.model import GenerativeModel

CHUNK = 4096  # images in memory


@click.command("encode")
@options.model_argument
@options.data_options
@options.out_option("latents.npz", content="array")
@options.trust_option
@options.backend_option()
def command(model: Path, dataset: str | None, data_dir: str | None, out: Path | None, trust: bool, backend: str | None):
    """Write the latent vectors of a data set as NumPy arrays.

    MODEL is a .keras file or a run directory. Training and test images are encoded.

    \b
    Arrays, with one entry for each image:
      latents  (N, latent_dim), or for a model with codes whole numbers (N, h, w)
      names    file name in the folder, or index in its split
      split    train or test
      labels   class numbers, and class_names their names, if there are labels
    """
    backends.start(backend)
    import numpy as np

    from kerasgen.io.files import atomic_write

    network = trained_models.load(model, "encode", trust)
    images = trained_models.load_dataset(network, model, dataset, data_dir)
    arrays = _encode_dataset(network, images)
    out = out or trained_models.default_output(model, "latents.npz")
    out.parent.mkdir(parents=True, exist_ok=True)
    with atomic_write(out) as temporary:
        np.savez(temporary, allow_pickle=False, **arrays)
    n, *shape = arrays["latents"].shape
    codes = f"{counted(n, 'grid')} {shape[0]}x{shape[1]} of codes" if len(shape) == 2 else ""
    encoded = codes or f"{counted(n, 'latent vector')} of size {shape[0]}"
    terminal.echo(f"Wrote {out}: {encoded} of {images.name} ({', '.join(arrays)})")


def _encode_dataset(network: "GenerativeModel", dataset: "Dataset") -> "dict[str, np.ndarray]":
    """Return the arrays of the file, by name."""
    import numpy as np

    parts = {"train": dataset.train, "test": dataset.test}
    arrays = {
        "latents": np.concatenate([_encode(network, images) for images in parts.values()]),
        "names": np.array([name for images in parts.values() for name in images.names]),
        "split": np.repeat(list(parts), [len(images) for images in parts.values()]),
    }
    if dataset.unreadable:  # another image was read instead
        raise DataError(f"{dataset.unreadable[0]} can no longer be read; remove or repair it")
    if all(images.labels is not None for images in parts.values()):
        arrays["labels"] = np.concatenate([images.labels for images in parts.values()])
        if dataset.class_names is not None:
            arrays["class_names"] = np.array(dataset.class_names)
    return arrays


def _encode(network: "GenerativeModel", images: "Images") -> "np.ndarray":
    """Return the latent vectors (N, latent_dim) of all images, which are read in chunks."""
    import numpy as np

    from kerasgen.plots import latent_space

    labels = images.labels
    latents = []
    for start in range(0, len(images), CHUNK):
        rows = slice(start, start + CHUNK)
        latents.append(latent_space.encode(network, images[rows], None if labels is None else labels[rows]))
    encoded = np.concatenate(latents)
    return encoded.astype("float32" if encoded.ndim == 2 else "int32")  # codes are whole numbers
