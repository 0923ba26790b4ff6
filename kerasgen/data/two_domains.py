"""Images of two domains, A and B, for image-to-image translation: paired and unpaired."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from kerasgen.data.dataset import Images

if TYPE_CHECKING:
    from kerasgen.data.batches import Batches, DomainBatches


class Pairs:
    """Pairs of images (N, H, W, C): row i of domain A and row i of domain B belong together.

    Args:
        images: `Images` (N, H, W, 2 C) with the two images of a pair concatenated on the last axis. A pair is therefore
            read, replaced and cached as one sample.

    Example:
        >>> import numpy as np
        >>> from kerasgen.data.array_source import ArraySource
        >>> pairs = Pairs(Images(ArraySource(np.zeros((5, 8, 8, 6), "uint8"))))
        >>> len(pairs), pairs.sample_shape
        (5, (8, 8, 3))
    """

    labels, has_labels = None, True  # for `Batches`, the partner takes the place of a label

    def __init__(self, images: Images):
        self._images = images

    def __len__(self) -> int:
        return len(self._images)

    def __getitem__(self, indices: int | slice | Sequence[int] | np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return `(a, b)`, both uint8 (0 to 255) or float32 in [0, 1]: (n, H, W, C), or (H, W, C) for one int."""
        a, b = np.split(self._images[indices], 2, axis=-1)
        return a, b

    with_labels = __getitem__

    def __repr__(self) -> str:
        return f"<Pairs: {len(self):,} pairs {self.sample_shape}>"

    @property
    def counts(self) -> tuple[int, ...]:
        """Return the number of pairs, as a tuple of one number."""
        return (len(self),)

    @property
    def sample_shape(self) -> tuple[int, int, int]:
        """Return (H, W, C) of an image of either domain."""
        height, width, channels = self._images.sample_shape
        return height, width, channels // 2

    @property
    def names(self) -> list[str]:
        """Return the name of each pair; see `Images.names`."""
        return self._images.names

    def first(self, n: int) -> tuple[np.ndarray, np.ndarray]:
        """Return `(a, b)` of the first n pairs, or of all if there are fewer."""
        return self[:n]

    def batches(
        self, batch_size: int, shuffle: bool = False, seed: int = 0, labels: bool = True, workers: int = 1
    ) -> "Batches":
        """Return `Batches` `(a, b)`; `labels` has no effect."""
        from kerasgen.data.batches import Batches  # imports Keras

        return Batches(self, batch_size, shuffle=shuffle, seed=seed, labels=True, workers=workers)


class Domains:
    """Unpaired images of domain A and domain B.

    The length is that of the larger domain, because an epoch shows each of its images once.

    Args:
        a, b: `Images` of the same (H, W, C).

    Example:
        >>> import numpy as np
        >>> from kerasgen.data.array_source import ArraySource
        >>> a, b = (Images(ArraySource(np.zeros((n, 8, 8, 3), "uint8"))) for n in (5, 7))
        >>> len(Domains(a, b)), Domains(a, b).counts
        (7, (5, 7))
    """

    labels, has_labels = None, True  # for `Batches`, the other domain takes the place of labels

    def __init__(self, a: Images, b: Images):
        self.a, self.b = a, b

    def __len__(self) -> int:
        return max(len(self.a), len(self.b))

    def __repr__(self) -> str:
        return f"<Domains: {len(self.a):,} and {len(self.b):,} images {self.sample_shape}>"

    @property
    def counts(self) -> tuple[int, ...]:
        """Return the number of images of both domains, `(of A, of B)`."""
        return len(self.a), len(self.b)

    @property
    def sample_shape(self) -> tuple[int, ...]:
        """Return (H, W, C) of an image of either domain."""
        return self.a.sample_shape

    def first(self, n: int) -> tuple[np.ndarray, np.ndarray]:
        """Return the first n images of each domain, `(a, b)`; the same number of both."""
        n = min(n, len(self.a), len(self.b))
        return self.a[:n], self.b[:n]

    def with_labels(self, indices: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return `(a, b)` of rows, int64 (n, 2)."""
        return self.a[indices[:, 0]], self.b[indices[:, 1]]

    def batches(
        self, batch_size: int, shuffle: bool = False, seed: int = 0, labels: bool = True, workers: int = 1
    ) -> "DomainBatches":
        """Return `DomainBatches`; `labels` has no effect."""
        from kerasgen.data.batches import DomainBatches  # imports Keras

        return DomainBatches(self, batch_size, shuffle=shuffle, seed=seed, labels=True, workers=workers)
