"""Checkpoints of a training on several machines."""

from kerasgen import backend
from kerasgen.callbacks.checkpoint import Checkpoint


class CheckpointInStep(Checkpoint):
    """A `Checkpoint` on each of several machines that train together; told to stop, they stop after the same step.

    A signal may reach one machine, or each of them in another step: none obeys it before all know of it. The
    machines' directories are different ones.
    """

    def on_test_batch_begin(self, batch, logs=None):
        """Save as it was before the validation if one of the processes was told to stop."""
        if self._told_to_stop():
            super().on_test_batch_begin(batch, logs)

    def _stop_if_asked(self):
        if self._told_to_stop():
            super()._stop_if_asked()

    def _told_to_stop(self):
        number = backend.max_over_hosts(self._signals.received or 0)
        if number:
            self._signals.received = number
        return number > 0
