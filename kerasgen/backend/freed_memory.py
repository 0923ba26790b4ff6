"""What becomes of memory that a process frees, where the C library is glibc; elsewhere nothing happens here."""

import ctypes
import functools
import platform

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD, _KEPT = -1, -3, 2**30  # its malloc.h, and bytes


@functools.cache
def keep():
    """Let the memory that is freed from now on stay with the process."""
    if library := _glibc():
        # 32 MB is the most that older versions take
        library.mallopt(_M_MMAP_THRESHOLD, _KEPT) or library.mallopt(_M_MMAP_THRESHOLD, 2**25)
        library.mallopt(_M_TRIM_THRESHOLD, _KEPT)


def give_back():
    """Give the memory that has been freed back to the system; it takes a few hundredths of a second."""
    if library := _glibc():
        library.malloc_trim(0)


@functools.cache
def _glibc():
    return ctypes.CDLL(None) if platform.libc_ver()[0] == "glibc" else None
