"""Ctrl-C and a polite kill, where they do no harm."""

import signal
import threading


class Signals:
    """Notes the first SIGINT or SIGTERM instead of obeying it; the second ends the process at once.

    In the middle of a step the model is in pieces: on JAX Keras has taken the values out of the variables. So the
    signal waits for the end of the step, where `obey` is called. Use it as a context; outside the main thread, the
    only one to which Python gives signals, it does nothing.

    Attributes:
        received: number of the signal, or None.
    """

    def __init__(self):
        self.received, self._before = None, {}

    def __enter__(self):
        if threading.current_thread() is threading.main_thread():
            self._before = {number: signal.signal(number, self._note) for number in (signal.SIGINT, signal.SIGTERM)}
        return self

    def __exit__(self, *error):
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _note(self, number, frame):
        self.received = number
        for each in self._before:  # not handlers of ours, which would wait for a step that takes minutes to compile
            signal.signal(each, signal.SIG_DFL)

    def obey(self):
        """Raise what Python raises for the signal: KeyboardInterrupt, or SystemExit with the code 143."""
        if self.received == signal.SIGINT:
            raise KeyboardInterrupt
        if self.received is not None:
            raise SystemExit(128 + self.received)
