"""A good model file, taken apart so that bad ones can be made of it."""

import json
import zipfile
from pathlib import Path


class Material:
    """The members of a file that kerasgen saved, and ways to write them again, changed.

    Whoever changes a file on purpose can compute a checksum as well: `pack` writes the right one.

    Args:
        folder: path of a folder to work in.
    """

    def __init__(self, folder):
        import kerasgen
        from kerasgen.io import archive

        self.folder = Path(folder)
        self.path = self.folder / "good.keras"
        kerasgen.create("dcgan", image_size=16, width=4, latent_dim=3).save(self.path)
        self.members = archive.read(self.path)

    def pack(self, path, seal=True, compression=zipfile.ZIP_STORED, **changed):
        """Write the members, in which `config`, `metadata` or `weights` may be other bytes or None (left out)."""
        from kerasgen.io import archive

        names = {"metadata": "metadata.json", "config": "config.json", "weights": "model.weights.h5"}
        members = self.members | {names[key]: value for key, value in changed.items()}
        members = {name: value for name, value in members.items() if value is not None}
        with zipfile.ZipFile(path, "w", compression) as file:
            for name, value in members.items():
                file.writestr(name, value)
        if seal and len(members) == len(names):
            archive.seal(path)

    def config(self):
        """Return a fresh copy of the config as a dict."""
        return json.loads(self.members["config.json"])

    def pack_config(self, path, change):
        """Write the file with its config changed: `change(config)` works on the dict, or returns another value."""
        config = self.config()
        other = change(config)
        self.pack(path, config=json.dumps(config if other is None else other).encode())


def networks(config):
    """Return the layers' dicts of the generator."""
    return config["config"]["generator"]["config"]["layers"]


def first(config, kind):
    """Return the dict of the generator's first layer of that class."""
    return next(layer for layer in networks(config) if layer["class_name"] == kind)
