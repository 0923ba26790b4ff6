"""The result of every source: a `Dataset` with two parts of samples that are read on demand."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from kerasgen.data.array_source import SampleSource
from kerasgen.data.classes import default_names
from kerasgen.data.shapes import sample_kind
from kerasgen.data.splits import split_rows
from kerasgen.errors import DataError, UsageError

if TYPE_CHECKING:
    from kerasgen.data.batches import Batches

MEMORY_BUDGET = 512 * 2**20  # bytes of samples that are kept in memory; larger sets are read again in each epoch


class DataWarning(UserWarning):
    """Warning about data that can be used, but are used in a way that the user may not expect."""


class Images:
    """Samples (N, ...) of any shape that are read on demand: images (N, H, W, C), points (N, D), codes (N, H, W).

    Args:
        source: reader of the samples. It may have `names`, one for each sample.
        rows: int (N,), the rows of the source that belong to this part; None means all.
        labels: int (number of samples of the source,), or None.

    Example:
        >>> import numpy as np
        >>> from kerasgen.data.array_source import ArraySource
        >>> points = Images(ArraySource(np.zeros((5, 2))), rows=[0, 3])
        >>> len(points), points.sample_shape, points[:].dtype
        (2, (2,), dtype('float32'))
    """

    def __init__(
        self, source: SampleSource, rows: Sequence[int] | np.ndarray | None = None, labels: np.ndarray | None = None
    ):
        self._source = source
        self._rows = np.arange(source.shape[0]) if rows is None else np.asarray(rows, np.int64)
        self._labels = None if labels is None else np.asarray(labels, np.int64)

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, indices: int | slice | Sequence[int] | np.ndarray) -> np.ndarray:
        """Return samples (n, ...), or one sample for an int; images are uint8 (0 to 255) or float32 in [0, 1]."""
        rows = self._rows[indices]
        samples, _ = self._source.read(np.atleast_1d(rows), self._rows)
        return samples[0] if rows.ndim == 0 else samples

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {len(self):,} samples {self.sample_shape}>"

    @property
    def counts(self) -> tuple[int, ...]:
        """Return the number of samples as a tuple, with one entry for each domain if images are unpaired."""
        return (len(self),)

    @property
    def sample_shape(self) -> tuple[int, ...]:
        """Return the shape of one sample: (H, W, C), (D,) or (H, W)."""
        return tuple(self._source.shape[1:])

    @property
    def labels(self) -> np.ndarray | None:
        """Return the labels, int64 (N,), or None."""
        return None if self._labels is None else self._labels[self._rows]

    @property
    def has_labels(self) -> bool:
        """Return whether batches can have labels."""
        return self._labels is not None

    @property
    def names(self) -> list[str]:
        """Return the name of each sample: its file below the folder, or its number in this part."""
        names = getattr(self._source, "names", None)
        return [str(number) for number in range(len(self))] if names is None else [names[row] for row in self._rows]

    def with_labels(self, indices: Sequence[int] | slice | np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return samples (n, ...) and their labels (n,); if a sample was replaced, its label is too."""
        if self._labels is None:
            raise UsageError("the samples have no labels")
        samples, rows = self._source.read(self._rows[indices], self._rows)
        return samples, self._labels[rows]

    def with_labels_mapped(self, new_labels: np.ndarray) -> "Images":
        """Return the samples with the label `new_labels[label]` for each `label`."""
        return Images(self._source, self._rows, None if self._labels is None else new_labels[self._labels])

    def subset(self, rows: np.ndarray) -> "Images":
        """Return the samples of these rows of this part, bool (N,) or int (n,)."""
        return Images(self._source, self._rows[rows], self._labels)

    def first(self, n: int) -> np.ndarray:
        """Return the first n samples, or all if there are fewer."""
        return self[:n]

    def batches(
        self, batch_size: int, shuffle: bool = False, seed: int = 0, labels: bool = False, workers: int = 1
    ) -> "Batches":
        """Return `Batches` of these samples for `fit`."""
        from kerasgen.data.batches import Batches  # imports Keras

        return Batches(self, batch_size, shuffle=shuffle, seed=seed, labels=labels, workers=workers)


@dataclass(frozen=True, repr=False)
class Dataset:
    """Samples to train and to test with.

    Attributes:
        name: name of the set; the name of the file or folder for a path.
        train, test: `Images`, or `Pairs` or `Domains` for image-to-image translation.
        class_names: list of str, one for each label from 0 on; None without labels.
        content: text that identifies the content of the set, for `fingerprint`.
        skipped: list of (path, reason): files and folders that could not be read.
        unreadable: list to which a folder adds files that have become unreadable.
        from_path: whether the set was read from a path; if so, its name is not part of its fingerprint.
        native_size: (height, width) of the images before resizing; None if they differ or are generated in any size.
        notes: list of str, messages for the user; `kerasgen.data.load` issues them as `DataWarning`s.
        codec: for a set of codes, the model that decodes them; otherwise None.
        image_set: for a set of codes, the set of the images that were encoded; otherwise None.
    """

    name: str
    train: Any
    test: Any
    class_names: list[str] | None = None
    content: str = ""
    skipped: list[tuple[str, str]] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)
    from_path: bool = False
    native_size: tuple[int, int] | None = None
    notes: list[str] = field(default_factory=list)
    codec: Any = None
    image_set: "Dataset | None" = None

    def __post_init__(self):
        labels = [part.labels for part in (self.train, self.test) if part.labels is not None]
        if self.class_names is None and labels:
            object.__setattr__(self, "class_names", default_names(int(max(part.max() for part in labels)) + 1))
        elif self.class_names is not None:
            object.__setattr__(self, "class_names", [str(name) for name in self.class_names])

    def __repr__(self) -> str:
        train, test = (" and ".join(f"{count:,}" for count in part.counts) for part in (self.train, self.test))
        names = "" if self.class_names is None else f", {_shortened(self.class_names)}"
        kind = sample_kind(self.sample_shape)
        return (
            f"<{type(self).__name__} {self.name!r}: {train} training and {test} test {kind} {self.sample_shape}{names}>"
        )

    @property
    def sample_shape(self) -> tuple[int, ...]:
        """Return the shape of one sample: (H, W, C), (D,) or (H, W)."""
        return self.train.sample_shape

    @property
    def num_classes(self) -> int:
        """Return the number of classes, 0 for a set without labels."""
        return len(self.class_names or ())

    def with_classes(self, names: Sequence[str]) -> "Dataset":
        """Return the set with labels that are indices into `names`; classes are matched by their names.

        Raises:
            DataError: the set has a class that is not one of the names.
        """
        if self.class_names is None or self.class_names == list(names):
            return self
        unknown = [name for name in self.class_names if name not in names]
        if unknown:
            raise DataError(
                f"{self.name} has the class {unknown[0]!r}, and the model does not; it has {_shortened(list(names))}"
            )
        new_labels = np.array([list(names).index(name) for name in self.class_names])
        train, test = (part.with_labels_mapped(new_labels) for part in (self.train, self.test))
        return replace(self, train=train, test=test, class_names=list(names))

    def with_trained_classes(self) -> "Dataset":
        """Return the set without the classes that no training sample has, because no model can learn them.

        Their test samples are left out, unless no others are left. A note is added.
        """
        labels, names = self.train.labels, self.class_names
        if names is None or labels is None:
            return self
        seen = np.unique(labels)
        if len(seen) == len(names):
            return self
        known = np.isin(self.test.labels, seen)
        unseen = _listed([name for index, name in enumerate(names) if index not in seen])
        note = f"{self.name}: no training sample has the class {unseen}"
        if not known.any():
            return replace(self, notes=[*self.notes, note])
        new_labels = np.zeros(len(names), np.int64)
        new_labels[seen] = np.arange(len(seen))
        train, test = (part.with_labels_mapped(new_labels) for part in (self.train, self.test.subset(known)))
        note += f"; its {len(known) - np.count_nonzero(known):,} test samples are not used"
        return replace(self, train=train, test=test, class_names=[names[i] for i in seen], notes=[*self.notes, note])

    @property
    def fingerprint(self) -> str:
        """Return 16 hex digits that identify the set by its sizes, classes and content, and by its name if bundled."""
        name = None if self.from_path else self.name
        identity = [name, self.sample_shape, len(self.train), len(self.test), self.class_names, self.content]
        return hashlib.sha256(json.dumps(identity).encode("utf-8", "surrogateescape")).hexdigest()[:16]


def split_array(
    name: str,
    source: SampleSource,
    labels: np.ndarray | None,
    class_names: list[str] | None,
    validation_split: float,
    content: str,
) -> Dataset:
    """Return the `Dataset` of a source without a test part; its split depends on the number of samples only."""
    train, test = split_rows(source.shape[0], validation_split)
    return Dataset(name, Images(source, train, labels), Images(source, test, labels), class_names, content)


def _listed(names: list[str], shown: int = 3) -> str:
    return f"{', '.join(names[:shown])}{', ...' if len(names) > shown else ''}"


def _shortened(names: list[str], shown: int = 3) -> str:
    classes = f"{len(names):,} {'class' if len(names) == 1 else 'classes'}"
    return f"{classes} ({_listed(names, shown)})"
