"""The errors that a user can cause, each with the exit code that the command line ends with."""

import difflib
from collections.abc import Iterable
from typing import Any


class KerasgenError(Exception):
    """A mistake that its message explains: what was received, what is expected and what to do."""

    exit_code = 1


class UsageError(KerasgenError, ValueError):
    """What was asked for does not exist or cannot be: a name, an option, a size."""

    exit_code = 2


class DataError(KerasgenError, ValueError):
    """The data cannot be used: missing, empty, broken or out of range."""


class ModelFileError(KerasgenError, ValueError):
    """A model file cannot be used: missing, damaged or not made by kerasgen."""


class RunError(KerasgenError, OSError):
    """A run directory cannot be used: it exists already, is not a run or cannot be written."""


class NotFiniteError(KerasgenError, ArithmeticError):
    """The training has broken down: a value that is logged, or a weight, is NaN or infinite."""


class MissingPackageError(KerasgenError, ImportError):
    """A package that this needs is not installed."""


def unknown(kind: str, name: Any, known: Iterable[str]) -> UsageError:
    """Return the error for an unknown `name`, with the nearest of the `known` names.

    Example:
        >>> from kerasgen.errors import unknown
        >>> unknown("recipe", "vea", ["vae", "gan"])
        UsageError("unknown recipe 'vea'; did you mean vae?")
    """
    known = sorted(known)
    near = difflib.get_close_matches(str(name)[:100], known, n=3, cutoff=0.5)
    hint = f"did you mean {' or '.join(near)}?" if near else f"known: {', '.join(known)}."
    return UsageError(f"unknown {kind} {shorten(name)}; {hint}")


def shorten(value: Any, length: int = 60) -> str:
    """Return the printable representation of a value for a message, cut to `length` characters.

    Example:
        >>> from kerasgen.errors import shorten
        >>> shorten("x" * 100, 10)
        "'xxxxxx..."
    """
    try:
        text = repr(value)
    except ValueError:  # Python writes no whole number of more than 4,300 digits
        text = "a number of more than 4,300 digits"
    return text if len(text) <= length else f"{text[: length - 3]}..."
