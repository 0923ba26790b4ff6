"""One attempt to load a file: its outcome, its time, its memory and its result."""

import contextlib
import resource
import time
from pathlib import Path
from typing import Any


def attempt(path: Path, compile: bool = False) -> tuple[str, float, float, Any]:
    """Return the outcome of `kerasgen.load`, its seconds, the megabytes by which the process grew, and its result.

    The result is the model or the error.
    """
    import keras

    import kerasgen
    from kerasgen.errors import ModelFileError

    calls, load_model = [], keras.saving.load_model
    keras.saving.load_model = lambda *args, **kwargs: calls.append(args) or load_model(*args, **kwargs)
    before, start = reset_peak(), time.perf_counter()
    try:
        result = kerasgen.load(path, compile=compile)
        outcome = "accepted"
    except ModelFileError as error:
        outcome, result = "refused", error
    except Exception as error:
        outcome, result = type(error).__name__, error
    finally:
        keras.saving.load_model = load_model
    outcome += " after Keras" if calls else ""
    return outcome, time.perf_counter() - start, peak() - before, result


def reset_peak() -> float:
    """Reset the largest resident set, where Linux allows it, and return it in MB."""
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")
    return peak()


def peak() -> float:
    """Return the largest resident set in MB."""
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024
    except (OSError, StopIteration):
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
