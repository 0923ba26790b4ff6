"""Batches of images for `fit`, in an order that a resumed run can repeat."""

import threading
from concurrent.futures import ThreadPoolExecutor

import keras
import numpy as np

from kerasgen.errors import UsageError


class Batches(keras.utils.PyDataset):
    """Batches `(images,)`, or `(images, labels)`, for `fit(batches, shuffle=False)`, `evaluate` and `predict`.

    The order of an epoch is a function of `(seed, epoch)` and of nothing else. `epoch` is 0 at first and grows by
    one when Keras ends an epoch of which the last batch has been asked for (Keras also ends epochs that it has
    only peeked into); set it to resume. Shuffled batches are for training: all have the same size, and the images
    that are left over wait for another epoch. Unshuffled, the last batch may be smaller.

    Args:
        images: `Images`.
        batch_size: int.
        shuffle: whether each epoch has an order of its own.
        seed: int; of the order.
        labels: whether batches have labels, int64 (n,).
        workers: batches in the making at once. With 1 a batch is made when it is asked for; with more, threads
            make the following ones meanwhile. It never changes the batches.

    Raises:
        UsageError: no image in a batch, not one whole batch to shuffle, or labels of a set that has none.
    """

    def __init__(self, images, batch_size, shuffle=False, seed=0, labels=False, workers=1):
        # Keras's own workers are not used: they repeat batches after a peek into the data.
        super().__init__(workers=1)
        if batch_size < 1:
            raise UsageError(f"batch size {batch_size}: give 1 or more")
        if shuffle and batch_size > len(images):
            raise UsageError(f"batch size {batch_size} is larger than the set of {len(images)} images; give less")
        if labels and not images.has_labels:
            raise UsageError("the set has no labels: use a folder with a subfolder for each class, or a set that has")
        if workers < 1:
            raise UsageError(f"workers {workers}: give 1 or more")
        self.images, self.batch_size, self.shuffle, self.seed, self.labels = images, batch_size, shuffle, seed, labels
        self.go_to(0)
        self._epoch_read = False
        self._order_of = (None, None)
        self._ahead = _ReadAhead(self._make, workers - 1) if workers > 1 else None

    def __len__(self):
        whole, rest = divmod(len(self.images), self.batch_size)
        return whole if self.shuffle or not rest else whole + 1

    def __getitem__(self, index):
        if not 0 <= index < len(self):
            raise IndexError(f"batch {index} of {len(self)}")
        if index == len(self) - 1:
            self._epoch_read = True
        if index < self.start:
            self._stand_in = self._stand_in or self._make(self.epoch, min(self.start, len(self) - 1))
            return self._stand_in
        if self._ahead is None:
            return self._make(self.epoch, index)
        return self._ahead.get(self.epoch, index, len(self))

    def on_epoch_begin(self):
        """Note that an epoch has begun; called by Keras."""
        self._epoch_read = False

    def on_epoch_end(self):
        """Go on to the next epoch if this one has been read; called by Keras."""
        if self._epoch_read:
            self.epoch += 1
            self.start = 0
        self._epoch_read = False

    def go_to(self, epoch, step=0):
        """Begin with that epoch; its first `step` batches, which nobody will look at, are not read."""
        self.epoch, self.start, self._stand_in = epoch, step, None

    def order(self, epoch):
        """Return the order of the images in that epoch: int64 (N,)."""
        if not self.shuffle:
            return np.arange(len(self.images))
        known, order = self._order_of
        if known != epoch:
            order = self._shuffled(epoch)
            self._order_of = (epoch, order)
        return order

    def _shuffled(self, epoch):
        return self._generator(epoch).permutation(len(self.images))

    def _generator(self, epoch, stream=0):
        """Return the random generator of an epoch; different streams are independent of each other."""
        key = np.array([self.seed % 2**64, epoch], np.uint64)
        return np.random.Generator(np.random.Philox(key=key, counter=[0, 0, 0, stream]))

    def _make(self, epoch, index):
        indices = self.order(epoch)[index * self.batch_size : (index + 1) * self.batch_size]
        return self.images.with_labels(indices) if self.labels else (self.images[indices],)


class _ReadAhead:
    """Makes the batches that come next while the current one is in use."""

    def __init__(self, make, depth):
        self._make, self._depth = make, depth
        self._pool = ThreadPoolExecutor(depth, thread_name_prefix="batches")
        self._pending, self._lock = {}, threading.Lock()

    def get(self, epoch, index, count):
        wanted = [(epoch, i) for i in range(index, min(index + self._depth + 1, count))]
        with self._lock:
            pending = self._pending
            # What is no longer wanted is left over from an epoch that was broken off.
            self._pending = {key: pending.get(key) or self._pool.submit(self._make, *key) for key in wanted}
            batch = self._pending.pop(wanted[0])
        return batch.result()
