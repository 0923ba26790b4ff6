"""What every source returns: a `Dataset` of two `Images`, and how the two are told apart."""

import hashlib
import json
from dataclasses import dataclass, field

import numpy as np

from kerasgen.errors import DataError


class Images:
    """Images (N, H, W, C) that are read when they are asked for.

    Args:
        source: what reads them: `ArraySource` or a like class, with `shape` (all of its images), and
            `read(rows, instead) -> (images, rows)`. Where a row cannot be read, the source returns another,
            one of `instead`, and says which. It may have `names`, one for each of its images.
        rows: which of the source's images these are; None means all.
        labels: int64 (number of the source's images,) or None.
    """

    def __init__(self, source, rows=None, labels=None):
        self._source = source
        self._rows = np.arange(source.shape[0]) if rows is None else np.asarray(rows, np.int64)
        self._labels = None if labels is None else np.asarray(labels, np.int64)

    def __len__(self):
        return len(self._rows)

    def __getitem__(self, indices):
        """Return uint8 (meaning /255) or float32 images in [0, 1]: (n, H, W, C), or (H, W, C) for one int."""
        rows = self._rows[indices]
        images, _ = self._source.read(np.atleast_1d(rows), self._rows)
        return images[0] if rows.ndim == 0 else images

    @property
    def counts(self):
        """Return how many images there are, a tuple: one number for each domain whose images have no partners."""
        return (len(self),)

    @property
    def sample_shape(self):
        """Return (H, W, C)."""
        return tuple(self._source.shape[1:])

    @property
    def labels(self):
        """Return the labels, int64 (N,), or None."""
        return None if self._labels is None else self._labels[self._rows]

    @property
    def has_labels(self):
        """Tell whether batches can have labels."""
        return self._labels is not None

    @property
    def names(self):
        """Return what each image is called, a list of str: its file below a folder, or its number in this part."""
        names = getattr(self._source, "names", None)
        return [str(number) for number in range(len(self))] if names is None else [names[row] for row in self._rows]

    def with_labels(self, indices):
        """Return images (n, H, W, C) and their labels (n,), which are those of the images really read."""
        images, rows = self._source.read(self._rows[indices], self._rows)
        return images, self._labels[rows]

    def first(self, n):
        """Return the first n images, or all if there are fewer: the same ones every time."""
        return self[:n]

    def batches(self, batch_size, shuffle=False, seed=0, labels=False, workers=1):
        """Return `Batches` of these images; see there."""
        from kerasgen.data.batches import Batches  # imports Keras

        return Batches(self, batch_size, shuffle=shuffle, seed=seed, labels=labels, workers=workers)


@dataclass(frozen=True)
class Dataset:
    """Images to train and to test with.

    Attributes:
        name: what the set is called; one from a path is called as its file or folder.
        train, test: `Images`; of a set for image-to-image translation `Pairs` or `Domains`.
        class_names: list of str, one for each label from 0 on; None where they are not known.
        content: text that identifies what is in the set, for `fingerprint`.
        skipped: list of (path, reason): files that are no images or are broken, and were left out.
        unreadable: list to which a folder adds the files that could be read at first and no longer can.
        from_path: whether it was read from a path; then its name says where it lies, and not what is in it.
    """

    name: str
    train: Images
    test: Images
    class_names: list | None = None
    content: str = ""
    skipped: list = field(default_factory=list)
    unreadable: list = field(default_factory=list)
    from_path: bool = False

    @property
    def sample_shape(self):
        """Return (H, W, C)."""
        return self.train.sample_shape

    @property
    def num_classes(self):
        """Return the number of classes, 0 for a set without labels."""
        if self.class_names is not None:
            return len(self.class_names)
        labels = [images.labels for images in (self.train, self.test) if images.labels is not None]
        return int(max(part.max() for part in labels)) + 1 if labels else 0

    @property
    def fingerprint(self):
        """Return 16 hex digits that change with the set's name, sizes or content; a path is no name."""
        name = None if self.from_path else self.name
        identity = [name, self.sample_shape, len(self.train), len(self.test), self.class_names, self.content]
        return hashlib.sha256(json.dumps(identity).encode("utf-8", "surrogateescape")).hexdigest()[:16]


class ArraySource:
    """Images in an array (N, H, W, C), in memory or mapped from a file: uint8 or any float type."""

    def __init__(self, array):
        self._array = array
        self._dtype = np.uint8 if array.dtype == np.uint8 else np.float32
        self.shape = array.shape

    def read(self, rows, instead=None):
        """Return `(images, rows)`, the images a new array of uint8 or float32."""
        return np.asarray(self._array[rows]).astype(self._dtype, copy=False), rows


def split_array(name, array, labels, class_names, validation_split, content):
    """Return the `Dataset` of an array without a test set of its own; which images it tests depends on N alone."""
    train, test = split_rows(len(array), validation_split)
    source = ArraySource(array)
    return Dataset(name, Images(source, train, labels), Images(source, test, labels), class_names, content)


def split_rows(count, fraction):
    """Return the rows (train, test), both sorted: round(count * fraction) to test, at least one in each."""
    if count < 2:
        raise DataError(f"{count} image: at least 2 are needed, one to train and one to test with")
    order = np.random.Generator(np.random.Philox(key=[count, 0])).permutation(count)
    tests = min(max(round(count * fraction), 1), count - 1)
    return np.sort(order[tests:]), np.sort(order[:tests])


def digest(*arrays):
    """Return a hash of the arrays' types, shapes and values, read in pieces so that mapped files stay on disk."""
    total = hashlib.sha256()
    for array in arrays:
        total.update(f"{array.dtype.str}{array.shape}".encode())
        for piece in pieces(array):
            total.update(np.ascontiguousarray(piece).data)
    return total.hexdigest()


def pieces(array, size=2**24):
    """Yield the array in consecutive pieces of about `size` bytes."""
    step = max(1, size // max(1, array[:1].nbytes))
    for start in range(0, len(array), step):
        yield array[start : start + step]
