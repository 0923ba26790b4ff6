"""SIGINT and SIGTERM wait for the end of a step."""

import os
import signal
import subprocess
import sys
import threading

import pytest

from kerasgen.callbacks.deferred_signals import DeferredSignals
from tests.processes import START

pytestmark = pytest.mark.once


SIGNALS = """
import os, signal, sys, time
from kerasgen.callbacks.deferred_signals import DeferredSignals
with DeferredSignals() as signals:
    os.kill(os.getpid(), signal.SIGTERM)
    assert signals.received == signal.SIGTERM
    print("still here", flush=True)
    os.kill(os.getpid(), signal.SIGTERM)
    print("never here")
"""


@pytest.mark.slow
def test_the_second_signal_ends_the_process_at_once():
    done = subprocess.run([sys.executable, "-c", START + SIGNALS], capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stdout) == (-signal.SIGTERM, "still here\n")


@pytest.mark.parametrize(("number", "error"), [(signal.SIGINT, KeyboardInterrupt), (signal.SIGTERM, SystemExit)])
def test_the_first_signal_is_raised_when_asked_for(number, error):
    before = signal.getsignal(number)
    with DeferredSignals() as signals:
        os.kill(os.getpid(), number)
        with pytest.raises(error) as raised:
            signals.raise_if_received()
    assert getattr(raised.value, "code", 143) == 143
    assert signal.getsignal(number) is before


def test_in_another_thread_it_does_nothing():
    before = signal.getsignal(signal.SIGTERM)
    seen = []

    def enter():
        with DeferredSignals() as signals:
            seen.append((signal.getsignal(signal.SIGTERM), signals.received))

    thread = threading.Thread(target=enter)
    thread.start()
    thread.join()
    assert seen == [(before, None)]
