"""Checkpoints of a training on several hosts."""

from typing import Any

from kerasgen import backend
from kerasgen.callbacks.checkpoint import Checkpoint


class MultiHostCheckpoint(Checkpoint):
    """A `Checkpoint` on each of several hosts that train together; all hosts stop after the same step.

    A signal may reach one host only, or the hosts in different steps. So the hosts first exchange it, and then stop
    together. Each host has a directory of its own.

    Example:
        >>> from kerasgen.callbacks.multi_host_checkpoint import MultiHostCheckpoint
        >>> checkpoint = MultiHostCheckpoint("checkpoints", every="500steps")
    """

    def on_test_batch_begin(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Save the state of before the validation if one of the hosts received a signal."""
        if self._any_host_received():
            super().on_test_batch_begin(batch, logs)

    def _stop_if_asked(self) -> None:
        if self._any_host_received():
            super()._stop_if_asked()

    def _any_host_received(self) -> bool:
        number = backend.max_over_hosts(self._signals.received or 0)
        if number:
            self._signals.received = number
        return number > 0
