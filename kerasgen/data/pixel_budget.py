"""Limit on the memory of all threads that decode images."""

import contextlib
import ctypes
import threading
from collections.abc import Iterator

MAX_PIXELS = 89_478_485  # maximum for one image, and for all images that are decoded at the same time
_LARGE = 2**22  # pixels; the memory of larger images is returned to the operating system


class PixelBudget:
    """Limit on the number of pixels that all threads decode at the same time.

    Args:
        total: number of pixels.

    Example:
        >>> with PixelBudget(100).reserve(60):
        ...     pass
    """

    def __init__(self, total: int):
        self._total = self._free = total
        self._changed = threading.Condition()

    @contextlib.contextmanager
    def reserve(self, count: int) -> Iterator[None]:
        """Context manager that waits until `count` pixels of the budget are free, and reserves them.

        An image that is larger than the budget waits for all of it.

        Args:
            count: number of pixels of one image.
        """
        count = min(count, self._total)
        with self._changed:
            self._changed.wait_for(lambda: self._free >= count)
            self._free -= count
        try:
            if count > _LARGE:
                _return_free_memory()
            yield
        finally:
            with self._changed:
                self._free += count
                self._changed.notify_all()


BUDGET = PixelBudget(MAX_PIXELS)


def _return_free_memory() -> None:
    """Return free memory to the operating system, because glibc keeps the memory of each thread's last large image."""
    with contextlib.suppress(AttributeError, OSError):  # other C libraries
        ctypes.CDLL(None).malloc_trim(0)
