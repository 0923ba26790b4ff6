"""Progress of a command on stderr, with the time left."""

import contextlib
import sys
import time
from collections.abc import Iterator
from typing import Any

from kerasgen.cli import terminal
from kerasgen.io import progress

INTERVAL = 10.0  # seconds between two lines where there is no terminal


@contextlib.contextmanager
def shown(advice: str = "") -> Iterator[None]:
    """Context manager in which the progress of a computation is shown by a `Meter`."""
    meter = Meter(advice)
    try:
        with progress.shown_by(meter):
            yield
    finally:
        meter.close()


class Meter:
    """Listener of `kerasgen.io.progress`: a bar in a terminal, otherwise a line from time to time.

    Args:
        advice: end of the first line, such as the option for a faster computation.
    """

    def __init__(self, advice: str = ""):
        self._advice, self._name, self._told = advice, "", False
        self._bar: Any = None
        self._started_at = self._shown_at = time.monotonic()

    def start(self, name: str) -> None:
        """Begin a part of the computation."""
        self.close()
        self._name, self._started_at = name, time.monotonic()

    def update(self, done: int, total: int) -> None:
        """Show how much of the part is done."""
        if sys.stderr.isatty():
            self._update_bar(done, total)
        elif time.monotonic() - self._shown_at >= INTERVAL:
            self._print_line(done, total)

    def close(self) -> None:
        """Remove the bar."""
        if self._bar is not None:
            self._bar.close()
            self._bar = None

    def _update_bar(self, done: int, total: int) -> None:
        from tqdm import tqdm

        if self._bar is None or self._bar.total != total:
            self.close()
            format = f"{self._name}  {{percentage:3.0f}}% {{bar:12}} {{remaining}} left{self._advice}"
            self._bar = tqdm(total=total, leave=False, dynamic_ncols=True, bar_format=format, mininterval=0.2)
        self._bar.update(done - self._bar.n)

    def _print_line(self, done: int, total: int) -> None:
        from tqdm import tqdm

        now = time.monotonic()
        left = tqdm.format_interval((now - self._started_at) * (total - done) / done)
        terminal.echo(f"{self._name}: {done / total:.0%}, {left} left{'' if self._told else self._advice}", err=True)
        self._shown_at, self._told = now, True
