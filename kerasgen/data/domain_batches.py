"""Batches of two domains without pairs, in an order that a resumed run can repeat."""

import numpy as np

from kerasgen.data.batches import Batches


class DomainBatches(Batches):
    """Batches `(a, b)`, as `Batches` are, of `Domains`.

    In an epoch each image of the larger domain comes once, and those of the smaller one as often as each other, or
    once more. Shuffled, either domain has an order of its own, so that other images meet in every epoch.
    """

    def order(self, epoch):
        """Return the rows of A and of B in that epoch: int64 (N, 2)."""
        if self.shuffle:
            return super().order(epoch)
        rows = np.arange(len(self.images))
        return np.stack([rows % len(self.images.a), rows % len(self.images.b)], axis=1)

    def _shuffled(self, epoch):
        domains = (self.images.a, self.images.b)
        return np.stack([self._often_enough(len(d), epoch, stream) for stream, d in enumerate(domains)], axis=1)

    def _often_enough(self, count, epoch, stream):
        generator, needed = self._generator(epoch, stream), len(self.images)
        orders = [generator.permutation(count) for _ in range(-(-needed // count))]
        return np.concatenate(orders)[:needed]
