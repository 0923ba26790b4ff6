"""Processes that are measured: their seconds, their CPU seconds and their largest memory."""

import contextlib
import os
import pty
import resource
import subprocess
import sys
import termios
import threading
import time
from dataclasses import dataclass


@dataclass
class Measured:
    """A process that has ended.

    Attributes:
        output: Text that it wrote to its standard output.
        seconds: Time from its start to its end.
        cpu: CPU seconds of it and its children, user and system.
        peak: Largest resident set in MB (10^6 bytes).
    """

    output: str
    seconds: float
    cpu: float
    peak: float

    def numbers(self) -> list[float]:
        """Return the numbers in the last line of the output."""
        return [float(word) for word in self.output.splitlines()[-1].split()]


def run(command: list[str], terminal: bool = False, **environment: str) -> Measured:
    """Run a process to its end.

    Args:
        command: Program and arguments.
        terminal: Whether its standard error is a terminal, so that it draws its bars; what it writes is dropped.
        environment: Variables to add to the environment.

    Raises:
        subprocess.CalledProcessError: It failed; its errors are printed before.
    """
    with _terminal() if terminal else contextlib.nullcontext((None, [])) as (errors, seen):
        begin = time.perf_counter()
        with subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=errors, text=True, env=os.environ | environment
        ) as process:
            output = process.stdout.read()
            _, status, usage = os.wait4(process.pid, 0)
            seconds = time.perf_counter() - begin
            process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        print(output, b"".join(seen).decode("utf-8", "replace"), file=sys.stderr)
        raise subprocess.CalledProcessError(process.returncode, command)
    factor = 1 if sys.platform == "darwin" else 1024
    return Measured(output, seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * factor / 1e6)


@contextlib.contextmanager
def _terminal():
    """Context manager that yields the descriptor of a terminal and the list of what is written to it."""
    reader, writer = pty.openpty()
    termios.tcsetwinsize(writer, (24, 120))
    seen = []

    def read():
        with contextlib.suppress(OSError):
            while chunk := os.read(reader, 2**16):
                seen.append(chunk)

    thread = threading.Thread(target=read, daemon=True)
    thread.start()
    try:
        yield writer, seen
    finally:
        os.close(writer)
        thread.join(1)
        os.close(reader)


def cpu_seconds() -> float:
    """Return the CPU seconds of this process so far, user and system, with all threads."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime
