"""A good model file, taken apart to build bad ones from it."""

import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

NAMES = {"metadata": "metadata.json", "config": "config.json", "weights": "model.weights.h5"}


class Material:
    """The members and the origin of a file that kerasgen saved, and methods that write changed ones.

    Anyone who changes a file on purpose can compute its checksum, so `pack` writes a right one.

    Args:
        folder: path of a directory to work in.
    """

    def __init__(self, folder: Path):
        import kerasgen

        self.folder = Path(folder)
        self.path = self.folder / "good.keras"
        model = kerasgen.create(
            *("dcgan", 16),
            num_classes=2,
            class_names=["cat", "dog"],
            width=4,
            hidden_dim=8,
            latent_dim=3,
            conditional=True,
        )
        model.save(self.path)
        with zipfile.ZipFile(self.path) as file:
            self.members = {name: file.read(name) for name in file.namelist()}
            self.comment = file.comment
        self.origin = model.origin

    def pack(
        self,
        path: Path,
        seal: bool = True,
        compression: int = zipfile.ZIP_STORED,
        origin: Any = ...,
        **changed: bytes | None,
    ) -> None:
        """Write the members and the origin, of which some are changed.

        Args:
            path: path of the new file.
            seal: whether to write a header.
            compression: of the members.
            origin: replaces the origin.
            changed: new bytes of `config`, `metadata` or `weights`; None leaves the member out.
        """
        from kerasgen.io import archive

        members = self.members | {NAMES[key]: value for key, value in changed.items()}
        members = {name: value for name, value in members.items() if value is not None}
        with zipfile.ZipFile(path, "w", compression) as file:
            for name, value in members.items():
                file.writestr(name, value)
        if seal and len(members) == len(NAMES):
            archive.seal(path, self.origin if origin is ... else origin)

    def config(self) -> dict[str, Any]:
        """Return a fresh copy of the config as a dict."""
        return json.loads(self.members["config.json"])

    def pack_config(self, path: Path, change: Callable[[dict], Any], **options: Any) -> None:
        """Write the file with another config: `change(config)` changes the dict or returns another value."""
        config = self.config()
        other = change(config)
        self.pack(path, config=json.dumps(config if other is None else other).encode(), **options)


def networks(config: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the dicts of the generator's layers."""
    return config["config"]["generator"]["config"]["layers"]


def first(config: dict[str, Any], kind: str) -> dict[str, Any]:
    """Return the dict of the generator's first layer of that class."""
    return next(layer for layer in networks(config) if layer["class_name"] == kind)
