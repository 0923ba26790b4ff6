"""Settings of the C library's memory allocator. They have an effect with glibc only."""

import ctypes
import functools
import platform

from kerasgen.backend import switches

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3  # parameters of mallopt, from glibc's malloc.h
_THRESHOLD = 2**30  # bytes
_OLD_LIMIT = 2**25  # bytes; the largest _M_MMAP_THRESHOLD that older versions of glibc accept


def keep_freed_memory() -> None:
    """Keep memory that is freed from now on in the process, if the switch `allocator` is on.

    By default glibc returns each large tensor to the system when it is freed. The system then clears the pages of
    the next one, which takes a fifth of a DCGAN's training step on a CPU.
    """
    if switches.allocator:
        _keep()


def return_freed_memory() -> None:
    """Return freed memory to the system, if the switch `allocator` is on. This takes a few hundredths of a second."""
    if switches.allocator and (library := _glibc()):
        library.malloc_trim(0)


@functools.cache
def _keep():
    if library := _glibc():
        library.mallopt(_M_MMAP_THRESHOLD, _THRESHOLD) or library.mallopt(_M_MMAP_THRESHOLD, _OLD_LIMIT)
        library.mallopt(_M_TRIM_THRESHOLD, _THRESHOLD)


@functools.cache
def _glibc():
    return ctypes.CDLL(None) if platform.libc_ver()[0] == "glibc" else None
