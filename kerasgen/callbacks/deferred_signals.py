"""Defer SIGINT and SIGTERM to the end of the current training step."""

import signal
import threading
from types import FrameType
from typing import Self


class DeferredSignals:
    """Context manager that records the first SIGINT or SIGTERM; a second one ends the process at once.

    In the middle of a step the model is incomplete: on JAX, Keras has taken the values out of the variables. Call
    `raise_if_received` at the end of a step. Outside the main thread, the only one that receives signals in Python, the
    context does nothing.

    Attributes:
        received: number of the signal, or None.

    Example:
        >>> with DeferredSignals() as signals:
        ...     signals.raise_if_received()
    """

    def __init__(self) -> None:
        self.received: int | None = None
        self._previous = {}

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            self._previous = {number: signal.signal(number, self._record) for number in (signal.SIGINT, signal.SIGTERM)}
        return self

    def __exit__(self, *error: object) -> None:
        for number, handler in self._previous.items():
            signal.signal(number, handler)

    def raise_if_received(self) -> None:
        """Raise the exception of the received signal.

        Raises:
            KeyboardInterrupt: SIGINT was received.
            SystemExit: SIGTERM was received; the code is 143.
        """
        if self.received == signal.SIGINT:
            raise KeyboardInterrupt
        if self.received is not None:
            raise SystemExit(128 + self.received)

    def _record(self, number: int, frame: FrameType | None) -> None:
        self.received = number
        for each in self._previous:  # not our handlers, which would wait for a step that takes minutes to compile
            signal.signal(each, signal.SIG_DFL)
