"""Batches of samples for `fit`, in an order that a resumed run can repeat."""

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import keras
import numpy as np

from kerasgen.errors import KerasgenError, UsageError, check_whole

Batch = tuple[np.ndarray, ...]


class Batches(keras.utils.PyDataset):
    """Batches `(images,)`, or `(images, labels)`, for `fit(batches, shuffle=False)`, `evaluate` and `predict`.

    The order of an epoch depends on `(seed, epoch)` only. The attribute `epoch` is 0 at first. It grows by one when an
    epoch ends, if the last batch has been read. Otherwise it does not grow, because Keras has only inspected
    one batch. Call `go_to` to resume. Shuffled batches are for training. All have the same size, so images that do not
    fill a batch are not used in this epoch. Without shuffling the last batch may be smaller.

    A function `(batch, generator) -> batch` in the attribute `prepare` changes each batch. Each batch has its own
    random generator.

    If a batch cannot be read, the attribute `failure` keeps the error, because TensorFlow replaces it by its own.

    Args:
        images: `Images`, `Pairs` or `Domains`.
        batch_size: number of images in a batch.
        shuffle: whether each epoch has a different order.
        seed: seed of the order.
        labels: whether batches have labels, int64 (n,).
        workers: number of batches that are prepared at the same time. With 1, a batch is prepared on request. With
            more, threads prepare the next batches in advance. The content of the batches is the same.

    Raises:
        UsageError: a batch size below 1, fewer images than one shuffled batch, or labels of a set without labels.

    Example:
        >>> from kerasgen import data
        >>> batches = data.load("digits").train.batches(100, shuffle=True, labels=True)
        >>> len(batches), [array.shape for array in batches[0]]
        (16, [(100, 28, 28, 1), (100,)])
    """

    def __init__(
        self,
        images: Any,
        batch_size: int,
        shuffle: bool = False,
        seed: int = 0,
        labels: bool = False,
        workers: int = 1,
    ):
        # Keras's own workers are not used: they repeat batches after inspecting the data.
        super().__init__(workers=1)
        batch_size, seed, workers = (
            check_whole(name, value, minimum)
            for name, value, minimum in (("batch_size", batch_size, 1), ("seed", seed, None), ("workers", workers, 1))
        )
        if shuffle and batch_size > len(images):
            raise UsageError(
                f"batch size {batch_size} is larger than the set of {len(images)} images; give a smaller one"
            )
        if labels and not images.has_labels:
            raise UsageError(
                "the set has no labels: use a folder with a subfolder for each class, or a set with labels"
            )
        self.images, self.batch_size, self.shuffle, self.seed, self.labels = images, batch_size, shuffle, seed, labels
        self.failure: KerasgenError | OSError | None = None
        self.prepare: Callable[[Batch, np.random.Generator], Any] | None = None
        self._placeholder: Batch | None = None
        self.go_to(0)
        self._epoch_read = False
        self._cached_order: tuple[int, np.ndarray] | None = None  # (epoch, order)
        self._ahead = _ReadAhead(self._make, workers - 1) if workers > 1 else None

    def __len__(self) -> int:
        whole, rest = divmod(len(self.images), self.batch_size)
        return whole if self.shuffle or not rest else whole + 1

    def __getitem__(self, index: int) -> Batch:
        if not 0 <= index < len(self):
            raise IndexError(f"batch {index} of {len(self)}")
        if index == len(self) - 1:
            self._epoch_read = True
        try:
            return self._get(index)
        except (KerasgenError, OSError) as error:
            self.failure = error
            raise

    def _get(self, index: int) -> Batch:
        if index < self.start:
            self._placeholder = self._placeholder or self._make(self.epoch, min(self.start, len(self) - 1))
            return self._placeholder
        if self._ahead is None:
            return self._make(self.epoch, index)
        return self._ahead.get(self.epoch, index, len(self))

    def on_epoch_begin(self) -> None:
        """Note that an epoch has begun; called by Keras."""
        self._epoch_read = False

    def on_epoch_end(self) -> None:
        """Continue with the next epoch if this one has been read; called by Keras."""
        if self._epoch_read:
            self.epoch += 1
            self.start = 0
        self._epoch_read = False

    def go_to(self, epoch: int, step: int = 0) -> None:
        """Continue with this epoch; its first `step` batches are not read, because the training skips them."""
        self.epoch, self.start, self._placeholder = epoch, step, None

    def order(self, epoch: int) -> np.ndarray:
        """Return the order of the images in that epoch: int64 (N,)."""
        if not self.shuffle:
            return np.arange(len(self.images))
        if self._cached_order is None or self._cached_order[0] != epoch:
            self._cached_order = (epoch, self._shuffled(epoch))
        return self._cached_order[1]

    def _shuffled(self, epoch: int) -> np.ndarray:
        return self._generator(epoch).permutation(len(self.images))

    def _generator(self, epoch: int, stream: int = 0) -> np.random.Generator:
        """Return the random generator of an epoch; different streams are independent of each other."""
        key = np.array([self.seed % 2**64, epoch], np.uint64)
        return np.random.Generator(np.random.Philox(key=key, counter=[0, 0, 0, stream]))

    def _make(self, epoch: int, index: int) -> Batch:
        indices = self.order(epoch)[index * self.batch_size : (index + 1) * self.batch_size]
        batch = self.images.with_labels(indices) if self.labels else (self.images[indices],)
        return batch if self.prepare is None else self.prepare(batch, self._generator(epoch, stream=2 + index))


class DomainBatches(Batches):
    """Batches `(a, b)` of `Domains`.

    In an epoch each image of the larger domain appears once. The images of the smaller domain appear equally often, or
    once more. With shuffling, each domain has its own order, so that each epoch combines different images.
    """

    def order(self, epoch: int) -> np.ndarray:
        """Return the rows of A and of B in that epoch: int64 (N, 2)."""
        if self.shuffle:
            return super().order(epoch)
        rows = np.arange(len(self.images))
        return np.stack([rows % len(self.images.a), rows % len(self.images.b)], axis=1)

    def _shuffled(self, epoch: int) -> np.ndarray:
        domains = (self.images.a, self.images.b)
        return np.stack([self._repeated(len(domain), epoch, stream) for stream, domain in enumerate(domains)], axis=1)

    def _repeated(self, count: int, epoch: int, stream: int) -> np.ndarray:
        generator, needed = self._generator(epoch, stream), len(self.images)
        orders = [generator.permutation(count) for _ in range(-(-needed // count))]
        return np.concatenate(orders)[:needed]


class _ReadAhead:
    """Threads that make the next batches while the current one is in use."""

    def __init__(self, make: Callable[[int, int], Batch], depth: int):
        self._make, self._depth = make, depth
        self._pool = ThreadPoolExecutor(depth, thread_name_prefix="batches")
        self._pending: dict[tuple[int, int], Future[Batch]] = {}
        self._lock = threading.Lock()

    def get(self, epoch: int, index: int, count: int) -> Batch:
        """Return a batch, and start making those that follow it among the `count` batches of the epoch."""
        wanted = [(epoch, i) for i in range(index, min(index + self._depth + 1, count))]
        with self._lock:
            pending = self._pending
            # Batches that are no longer wanted belong to an epoch that was interrupted.
            self._pending = {key: pending.get(key) or self._pool.submit(self._make, *key) for key in wanted}
            batch = self._pending.pop(wanted[0])
        return batch.result()
