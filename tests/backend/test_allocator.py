"""Settings of the C library's memory allocator, where it is glibc."""

import platform

import pytest

pytestmark = [
    pytest.mark.once,
    pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="for glibc only"),
]

# /proc/self/statm counts the resident pages. A freed array of 256 MB is returned to the system by default, because
# glibc maps it; with the thresholds of `keep_freed_memory` it stays on the heap until `return_freed_memory`.
CODE = """
import resource, sys
import numpy as np
from kerasgen.backend import allocator, switches

def resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * resource.getpagesize() / 2**20

def cost_of_a_freed_array():
    before = resident()
    array = np.ones(2**25)
    del array
    return resident() - before

assert cost_of_a_freed_array() < 50
allocator.keep_freed_memory()
assert cost_of_a_freed_array() < 50, "the switch is off"
switches.allocator = True
allocator.keep_freed_memory()
assert cost_of_a_freed_array() > 200
before = resident()
allocator.return_freed_memory()
assert resident() < before - 200
"""


@pytest.mark.slow
def test_freed_memory_is_kept_and_returned(run_script):
    run_script(CODE, backend="torch", KERASGEN_ALLOCATOR="0")
