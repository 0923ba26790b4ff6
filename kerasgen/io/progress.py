"""Progress of long computations. A function reports the steps of its computation, and a command can show them."""

import contextlib
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from typing import Protocol


class Listener(Protocol):
    """Receiver of the progress."""

    def start(self, name: str) -> None:
        """Begin a part of the computation."""

    def update(self, done: int, total: int) -> None:
        """Show that `done` of `total` steps of the part are done."""


_LISTENER: ContextVar[Listener | None] = ContextVar("listener", default=None)


@contextlib.contextmanager
def shown_by(listener: Listener | None) -> Iterator[None]:
    """Context manager in which a listener receives the progress.

    Args:
        listener: the receiver, or None.
    """
    token = _LISTENER.set(listener)
    try:
        yield
    finally:
        _LISTENER.reset(token)


def start(name: str) -> None:
    """Begin a part of the computation.

    Args:
        name: its name, such as "generating 100 samples".

    Example:
        >>> start("likelihood")
    """
    listener = _LISTENER.get()
    if listener is not None:
        listener.start(name)


@contextlib.contextmanager
def steps(total: int) -> Iterator[Callable[[], None]]:
    """Context manager that yields a function to call after each step.

    Loops inside a step are not reported.

    Args:
        total: number of steps.

    Example:
        >>> with steps(3) as step:
        ...     for _ in range(3):
        ...         step()
    """
    listener, done = _LISTENER.get(), 0

    def step() -> None:
        nonlocal done
        done += 1
        if listener is not None:
            listener.update(done, total)

    with shown_by(None):
        yield step
