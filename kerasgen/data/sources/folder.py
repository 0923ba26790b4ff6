"""A folder of images: checked once, then decoded batch by batch, and kept in memory only if all of it fits."""

import hashlib
import os
import warnings
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from kerasgen.data.dataset import Dataset, Images
from kerasgen.data.image_files import FORMATS, decode, pixels, reason
from kerasgen.errors import DataError, UsageError

MEMORY_BUDGET = 512 * 2**20  # bytes of decoded images that are kept; a larger folder is decoded again each epoch
THREADS = min(8, os.cpu_count() or 1)
NAMED = 3  # how many bad files an error names


def load(folder, image_size, data_dir, validation_split):
    """Return the images below a folder; those of its subfolders have the subfolders' names as classes.

    Images that lie in the folder itself, beside subfolders or alone, have no class, and then the set has no labels.
    The set is grey if every image is, and otherwise RGB. Hidden files are ignored and links to folders are not
    followed. Every other file is decoded once; what cannot be is left out and listed in `Dataset.skipped`.

    Raises:
        DataError: fewer than two images that can be read.
        UsageError: the images differ in size and `image_size` is None.
    """
    files, skipped = scan(folder)
    if len(files) < 2:
        raise DataError(too_few(folder, files, skipped))
    paths = [file.path for file in files]
    shape = (*common_size(folder, files, image_size), channels_of(files))
    source = FolderSource(folder, paths, shape, image_size)
    unreadable = source.unreadable
    source = remembering(source)
    labels, class_names = _classes(paths)
    train, test = split_paths(paths, validation_split)
    return Dataset(
        name=folder.resolve().name,
        train=Images(source, train, labels),
        test=Images(source, test, labels),
        class_names=class_names,
        content=content_of(files),
        skipped=skipped,
        unreadable=unreadable,
    )


@dataclass(frozen=True, slots=True)
class ImageFile:
    """What a scan keeps of an image: its path in the folder, (height, width), and a hash of the file's bytes."""

    path: str
    grey: bool
    size: tuple
    digest: bytes


def scan(folder):
    """Decode every file below the folder once; return `ImageFile`s and (path, reason) of the others, by path."""
    paths, skipped = list_files(folder)
    files = []
    with warnings.catch_warnings(), ThreadPoolExecutor(THREADS) as pool:
        warnings.simplefilter("ignore")  # what Pillow warns of either does no harm or ends up in skipped
        for start in range(0, len(paths), 1024):
            part = paths[start : start + 1024]
            for path, found in zip(part, pool.map(lambda path: _inspect(folder, path), part), strict=True):
                if isinstance(found, ImageFile):
                    files.append(found)
                else:
                    skipped.append((path, found))
    return files, sorted((printable(path), why) for path, why in skipped)


def list_files(folder):
    """Return the paths of all files below the folder, relative to it with `/`, sorted; and what is no file."""
    paths, skipped = [], []
    for parent, folders, names in os.walk(folder):
        links = {name for name in folders if os.path.islink(os.path.join(parent, name))}
        folders[:] = [name for name in folders if not name.startswith(".") and name not in links]
        for name in {*names, *links}:
            if name.startswith("."):
                continue
            path = os.path.join(parent, name)
            relative = os.path.relpath(path, folder).replace(os.sep, "/")
            if os.path.isfile(path):
                paths.append(relative)
            elif name in links:
                skipped.append((relative, "a link to a folder is not followed"))
            else:
                skipped.append((relative, "a broken link" if os.path.islink(path) else "not a regular file"))
    return sorted(paths), skipped


def content_of(files):
    """Return a hash of the files' paths below the folder and of their bytes: wherever it lies, a copy has the same."""
    content = hashlib.sha256()
    for file in files:
        content.update(f"{file.path}\0{file.digest.hex()}\n".encode("utf-8", "surrogateescape"))
    return content.hexdigest()


def split_paths(paths, fraction):
    """Return the rows (train, test): by a hash of each path, so that a new file moves no other."""
    hashes = np.array([int.from_bytes(hashlib.sha256(os.fsencode(p)).digest()[:8]) for p in paths]) / 2.0**64
    tests = hashes < fraction
    tests[hashes.argmin()], tests[hashes.argmax()] = True, False
    return np.flatnonzero(~tests), np.flatnonzero(tests)


class FolderSource:
    """Images decoded from their files each time that they are read.

    Args:
        folder, paths: where the files are.
        image_shape: (H, W, C) of what is read.
        image_size: the side that images are resized to, or None for files that have the size.
    """

    def __init__(self, folder, paths, image_shape, image_size=None):
        self._folder, self._paths, self._image_size = folder, paths, image_size
        self.shape = (len(paths), *image_shape)
        self.unreadable = []
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="decode")

    @property
    def names(self):
        """Return the files' paths below the folder, printable."""
        return [printable(path) for path in self._paths]

    def read(self, rows, instead):
        """Return `(images, rows)`; in the place of a file that can no longer be read stands the next one of the batch.

        Raises:
            DataError: none of the rows in `instead` can be read either.
        """
        images = list(self._pool.map(self._decode, rows))
        good = np.flatnonzero([image is not None for image in images])
        if not len(good):
            return self._any(rows, instead)
        used = good[np.searchsorted(good, np.arange(len(rows))) % len(good)]
        return np.stack([images[i] for i in used]), rows[used]

    def _any(self, rows, instead):
        after = np.searchsorted(instead, rows[0])
        for row in np.roll(instead, -after):
            image = self._decode(row)
            if image is not None:
                return np.stack([image] * len(rows)), np.full_like(rows, row)
        raise DataError(f"none of the images in {printable(self._folder)} can be read any more")

    def _decode(self, row):
        path = self._paths[row]
        try:
            image = self.pixels(path)
            return image if image.shape == self.shape[1:] else self._lost(path)
        except Exception:  # whatever has happened to one file, training goes on
            return self._lost(path)

    def pixels(self, path):
        """Return the image in the file as uint8 (H, W, C)."""
        return pixels(decode(self._folder / path, self._image_size), self.shape[3], self._image_size)

    def _lost(self, path):
        path = printable(path)
        if path not in self.unreadable:
            self.unreadable.append(path)


class RememberingSource:
    """Keeps what another source has read, in one array, so that each image is decoded once."""

    def __init__(self, source):
        self._source = source
        self.shape = source.shape
        self._images = np.empty(self.shape, np.uint8)  # takes memory only as it is filled
        self._known = np.zeros(len(self._images), bool)

    @property
    def names(self):
        """Return those of the source."""
        return self._source.names

    def read(self, rows, instead):
        """Return `(images, rows)` as the source would."""
        missing = ~self._known[rows]
        if missing.any():
            images, read = self._source.read(rows[missing], instead)
            self._images[read] = images
            self._known[read] = True
            rows = rows.copy()
            rows[missing] = read
        return self._images[rows], rows


def remembering(source):
    """Return the source, within a `RememberingSource` if all of its images fit into memory."""
    return RememberingSource(source) if np.prod(source.shape) <= MEMORY_BUDGET else source


def printable(path):
    """Return the path as text that any terminal and file takes, whatever bytes its name is made of."""
    return os.fsencode(path).decode("utf-8", "replace")


def _inspect(folder, path):
    """Return the `ImageFile`, or in a few words why it is none."""
    try:
        if os.stat(folder / path).st_size == 0:
            return "empty file"
        image = decode(folder / path)
        with open(folder / path, "rb") as file:  # after decoding, so that what is no image is not read as a whole
            digest = hashlib.file_digest(file, "sha256").digest()[:16]
        return ImageFile(path, image.mode == "L", (image.height, image.width), digest)
    except Exception as error:  # Pillow's readers raise all kinds of errors on damaged files
        return reason(error)


def channels_of(files):
    """Return 1 if every image is grey, otherwise 3."""
    return 1 if all(file.grey for file in files) else 3


def common_size(folder, files, image_size):
    """Return the (height, width) of all images.

    Raises:
        UsageError: they differ, and `image_size` is None.
    """
    if image_size is not None:
        return image_size, image_size
    size = files[0].size
    other = next((file for file in files if file.size != size), None)
    if other is None:
        return size
    one, two = (f"{printable(file.path)} is {file.size[1]}x{file.size[0]}" for file in (files[0], other))
    raise UsageError(f"the images in {printable(folder)} differ in size ({one}, {two}); give --image-size")


def _classes(paths):
    """Return (labels, class names) from the first folder of each path; (None, None) if a path has none."""
    if not all("/" in path for path in paths):
        return None, None
    names, labels = np.unique([path.split("/")[0] for path in paths], return_inverse=True)
    return labels, [printable(name) for name in names]


def too_few(folder, files, skipped):
    """Return in one line that a folder has no images, or only one, and why its files are none."""
    bad = ", ".join(f"{path} ({why})" for path, why in skipped[:NAMED])
    bad = f"; skipped {len(skipped)}: {bad}{', ...' if len(skipped) > NAMED else ''}" if skipped else ""
    found = f"only one image in {printable(folder)}" if files else f"no images in {printable(folder)}"
    return f"{found}{bad}; give a folder with two or more images ({', '.join(FORMATS)})"
