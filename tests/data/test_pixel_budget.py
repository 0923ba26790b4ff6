"""Limit on the pixels that all threads decode."""

import threading
import time

import pytest

from kerasgen.data.pixel_budget import PixelBudget

pytestmark = pytest.mark.once


def test_pixels_of_all_threads_are_bounded():
    budget, held, most = PixelBudget(100), [], []
    barrier = threading.Barrier(8)

    def hold(count):
        barrier.wait()
        with budget.reserve(count):
            held.append(min(count, 100))
            most.append(sum(held))
            time.sleep(0.01)
            held.remove(min(count, 100))

    threads = [threading.Thread(target=hold, args=(count,)) for count in (40, 40, 40, 60, 10, 100, 500, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert not any(thread.is_alive() for thread in threads)
    assert held == []
    assert max(most) <= 100
