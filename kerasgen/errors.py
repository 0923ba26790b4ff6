"""Errors that a user can cause; each class has the exit code of the command line."""

import difflib
from collections.abc import Iterable
from typing import Any


class KerasgenError(Exception):
    """Base class of errors whose message says what was received, what is expected and what to do."""

    exit_code = 1


class UsageError(KerasgenError, ValueError):
    """A name, option or value that does not exist or is impossible."""

    exit_code = 2


class DataError(KerasgenError, ValueError):
    """Data that cannot be used: missing, empty, broken or out of range."""


class ModelFileError(KerasgenError, ValueError):
    """A model file that cannot be used: missing, damaged or not made by kerasgen."""


class RunError(KerasgenError, OSError):
    """A run directory that cannot be used: it exists already, is not a run or cannot be written."""


class NotFiniteError(KerasgenError, ArithmeticError):
    """A training that has diverged: a logged value or a weight is NaN or infinite."""


class MissingPackageError(KerasgenError, ImportError):
    """A required package that is not installed."""


def unknown(kind: str, name: Any, known: Iterable[str]) -> UsageError:
    """Return the error for an unknown name; its message has similar names, or the first 20.

    Args:
        kind: kind of the name, such as "recipe".
        name: the unknown name.
        known: all names.

    Example:
        >>> from kerasgen.errors import unknown
        >>> unknown("recipe", "vea", ["vae", "gan"])
        UsageError("unknown recipe 'vea'; did you mean vae?")
    """
    known = sorted(known)
    near = difflib.get_close_matches(str(name)[:100], known, n=3, cutoff=0.5)
    listed = ", ".join(known[:20]) + (", ..." if len(known) > 20 else ".")
    hint = f"did you mean {' or '.join(near)}?" if near else f"known: {listed}"
    return UsageError(f"unknown {kind} {shorten(name)}; {hint}")


def counted(count: int, noun: str, plural: str | None = None) -> str:
    """Return a number and its noun, which is plural unless the number is 1.

    Args:
        count: the number.
        noun: the noun, such as "epoch".
        plural: its plural; by default with an "s".

    Example:
        >>> from kerasgen.errors import counted
        >>> counted(1, "epoch"), counted(2000, "test image"), counted(0, "class", "classes")
        ('1 epoch', '2,000 test images', '0 classes')
    """
    return f"{count:,} {noun if count == 1 else plural or noun + 's'}"


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
