"""Images in the files below a folder: examined once, then decoded batch by batch."""

import functools
import hashlib
import os
import warnings
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from kerasgen.data import dataset
from kerasgen.data.array_source import CachedSource
from kerasgen.data.files import list_files, printable
from kerasgen.data.image_files import FORMATS, THREADS, ImageFacts, examine, read_pixels, reason
from kerasgen.data.levels import Levels, find_levels
from kerasgen.data.load_options import LoadOptions
from kerasgen.errors import DataError, UsageError

NAMED = 3  # number of files that an error names


@dataclass(frozen=True, slots=True)
class ScannedFile:
    """Facts about an image file below a folder.

    Attributes:
        path: relative to the folder, with `/`.
        facts: `ImageFacts` of its image.
        digest: hash of the file's bytes.
    """

    path: str
    facts: ImageFacts
    digest: bytes


@dataclass(frozen=True, slots=True)
class FolderFormat:
    """Common format of all images of a folder.

    Attributes:
        native_size: (height, width) of all files; None if they differ.
        side: side of the square images to make, or None to keep the native size.
        size: (height, width) of the images that are read.
        channels: 1 if every image is grey, otherwise 3.
    """

    native_size: tuple[int, int] | None
    side: int | None
    size: tuple[int, int]
    channels: int


def scan(folder: Path) -> tuple[list[ScannedFile], list[tuple[str, str]]]:
    """Decode every file below the folder once; return the images, and (path, reason) of the others, by path."""
    paths, skipped = list_files(folder)
    files = []
    with warnings.catch_warnings(), ThreadPoolExecutor(THREADS) as pool:
        warnings.simplefilter("ignore")  # Pillow warns about damage that is harmless or ends up in `skipped`
        for start in range(0, len(paths), 1024):
            part = paths[start : start + 1024]
            for path, result in zip(part, pool.map(lambda path: _scan_file(folder, path), part), strict=True):
                if isinstance(result, ScannedFile):
                    files.append(result)
                else:
                    skipped.append((path, result))
    return files, sorted((_shortened(printable(path)), why) for path, why in skipped)


def find_format(folder: Path, files: Sequence[ScannedFile], options: LoadOptions, halves: int = 1) -> FolderFormat:
    """Return the format of the images in the files.

    Args:
        folder: path of the folder, for errors.
        files: images of the folder, one or more.
        options: options of `load`.
        halves: number of images side by side in each file.

    Raises:
        UsageError: the sizes differ and `image_size` does not choose one.
    """
    height, width = files[0].facts.size
    other = next((file for file in files if file.facts.size != (height, width)), None)
    native = (height, width // halves) if other is None else None
    side = options.side(native)
    if side is None and other is not None:
        one, two = (f"{printable(file.path)} is {size_text(file.facts.size)}" for file in (files[0], other))
        raise UsageError(f"the images in {printable(folder)} differ in size ({one}, {two}); give --image-size")
    size = (height, width // halves) if side is None else (side, side)
    return FolderFormat(native, side, size, channels=1 if all(file.facts.grey for file in files) else 3)


def find_folder_levels(folder: Path, files: Sequence[ScannedFile]) -> tuple[Levels, list[str]]:
    """Return the `Levels` of the files, and lines for the user."""
    return find_levels(((file.facts.depth, file.facts.brightest) for file in files), printable(folder.resolve().name))


def content_hash(files: Sequence[ScannedFile]) -> str:
    """Return a hash of the files' relative paths and bytes; a copy of the folder has the same."""
    content = hashlib.sha256()
    for file in files:
        content.update(f"{file.path}\0{file.digest.hex()}\n".encode("utf-8", "surrogateescape"))
    return content.hexdigest()


def file_reader(folder: Path, image_format: FolderFormat, levels: Levels) -> Callable[[str], np.ndarray]:
    """Return a function of a relative path that reads its image as uint8 (H, W, C)."""
    return functools.partial(_read_file, folder, image_format, levels)


class FolderSource:
    """Images decoded from their files each time that they are read.

    Args:
        folder: path of the folder, for errors.
        paths: paths of the files, relative to the folder.
        image_shape: (H, W, C) of each image.
        read_file: function of a path that returns its image, uint8 (H, W, C).
        describe: function of a path that returns its name in `unreadable`.
    """

    def __init__(
        self,
        folder: Path,
        paths: Sequence[str],
        image_shape: tuple[int, int, int],
        read_file: Callable[[str], np.ndarray],
        describe: Callable[[str], str] = printable,
    ):
        self._folder, self._paths, self._read_file, self._describe = folder, paths, read_file, describe
        self.shape: tuple[int, ...] = (len(paths), *image_shape)
        self.unreadable: list[str] = []
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="decode")

    @property
    def names(self) -> list[str]:
        """Return the paths of the files, printable."""
        return [printable(path) for path in self._paths]

    def read(self, rows: np.ndarray, replacements: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return `(images, rows)`; a file that cannot be read any more is replaced by the next one of the batch.

        Raises:
            DataError: no file of `replacements` can be read.
        """
        images = list(self._pool.map(self._decode, rows))
        good = np.flatnonzero([image is not None for image in images])
        if not len(good):
            return self._replace_all(rows, replacements)
        used = good[np.searchsorted(good, np.arange(len(rows))) % len(good)]
        return np.stack([images[i] for i in used]), rows[used]

    def _replace_all(self, rows: np.ndarray, replacements: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        after = np.searchsorted(replacements, rows[0])
        for row in np.roll(replacements, -after):
            image = self._decode(row)
            if image is not None:
                return np.stack([image] * len(rows)), np.full_like(rows, row)
        raise DataError(f"none of the images in {printable(self._folder)} can be read any more")

    def _decode(self, row: int) -> np.ndarray | None:
        path = self._paths[row]
        try:
            image = self._read_file(path)
            if image.shape == self.shape[1:]:
                return image
        except Exception:  # training continues without a file that became unreadable
            pass
        name = self._describe(path)
        if name not in self.unreadable:
            self.unreadable.append(name)
        return None


def cached(source: FolderSource) -> FolderSource | CachedSource:
    """Return the source, with a cache if all of its images fit into memory."""
    return CachedSource(source) if np.prod(source.shape) <= dataset.MEMORY_BUDGET else source


def too_few_images(folder: Path, count: int, skipped: Sequence[tuple[str, str]]) -> DataError:
    """Return the error of a folder with no image or only one; it names some files that are not images."""
    found = f"only one image in {printable(folder)}" if count else f"no images in {printable(folder)}"
    return DataError(f"{found}{skipped_text(skipped)}; give a folder with two or more images ({', '.join(FORMATS)})")


def skipped_text(skipped: Sequence[tuple[str, str]]) -> str:
    """Return the first skipped files as the end of a sentence; empty if none was skipped."""
    files = [f"{path} ({why})" for path, why in skipped]
    return f"; skipped {len(skipped)}: {first_names(files)}" if skipped else ""


def first_names(names: Sequence[str]) -> str:
    """Return the first few of the names as text."""
    shown = [printable(name) for name in names[:NAMED]]
    return ", ".join([*shown, "..."] if len(names) > NAMED else shown)


def size_text(size: tuple[int, int]) -> str:
    """Return (height, width) as text, the width first."""
    return f"{size[1]}x{size[0]}"


def _shortened(path: str, length: int = 200) -> str:
    return path if len(path) <= length else f"{path[: length // 2]}...{path[3 - length // 2 :]}"


def _read_file(folder: Path, image_format: FolderFormat, levels: Levels, path: str) -> np.ndarray:
    return read_pixels(folder / path, image_format.channels, image_format.side, levels)


def _scan_file(folder: Path, path: str) -> ScannedFile | str:
    """Return the `ScannedFile`, or in a few words why it is not an image."""
    try:
        if os.stat(folder / path).st_size == 0:
            return "empty file"
        facts = examine(folder / path)
        with open(folder / path, "rb") as file:  # after decoding, so that files that are not images are not read whole
            digest = hashlib.file_digest(file, "sha256").digest()[:16]
        return ScannedFile(path, facts, digest)
    except Exception as error:  # Pillow's readers raise many types of errors on damaged files
        return reason(error)
