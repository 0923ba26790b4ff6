"""Errors that a user can cause; each class has the exit code of the command line."""

import difflib
from collections.abc import Iterable
from numbers import Integral
from typing import Any


class KerasgenError(Exception):
    """Base class of errors. A message names the received value, the expected one, and the remedy."""

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
    near = similar(str(name), known)
    listed = ", ".join(known[:20]) + (", ..." if len(known) > 20 else ".")
    hint = f"did you mean {' or '.join(near)}?" if near else f"known: {listed}"
    return UsageError(f"unknown {kind} {shorten(name)}; {hint}")


def similar(name: str, known: Iterable[str], count: int = 3) -> list[str]:
    """Return the known names that a user probably meant, the most similar first.

    Case, hyphens and leading zeros are ignored. A name that is much less similar than the first is left
    out.

    Args:
        name: the unknown name.
        known: all names.
        count: largest number of names.

    Example:
        >>> from kerasgen.errors import similar
        >>> similar("Vae_GAN", ["gan", "vae", "vae-gan"]), similar("trian", ["train", "translate"])
        (['vae-gan'], ['train'])
    """
    scores = {each: _similarity(_plain(name[:100]), _plain(each)) for each in known}
    best = max(scores.values(), default=0.0)
    near = [each for each, score in scores.items() if score > max(0.65, best - 0.1)]
    return sorted(near, key=lambda each: -scores[each])[:count]


def _plain(name: str) -> str:
    letters = "".join(c for c in name.lower() if c not in "-_ ")
    return letters.lstrip("0") or letters


def _similarity(a: str, b: str) -> float:
    """Return 1 for equal names, 0.9 if one begins with the other, less if they share a part or many letters."""
    shorter, longer = sorted((a, b), key=len)
    if a == b:
        return 1.0
    shared = 0.0
    if longer.startswith(shorter) and len(shorter) > 1:
        shared = 0.9
    elif (shorter in longer and len(shorter) > 2) or a[:5] == b[:5]:
        shared = 0.7
    return max(shared, difflib.SequenceMatcher(None, a, b).ratio())


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


def check_whole(name: str, value: Any, minimum: int | None = 0, maximum: int | None = None) -> int:
    """Return a seed or a count as an int.

    Args:
        name: name of the argument, for the message.
        value: its value; NumPy's integers are whole numbers too, booleans are not.
        minimum: smallest value, or None.
        maximum: largest value, or None.

    Raises:
        UsageError: the value is not a whole number between the limits.

    Example:
        >>> from kerasgen.errors import check_whole
        >>> check_whole("seed", 3)
        3
    """
    is_whole = isinstance(value, Integral) and not isinstance(value, bool)
    if is_whole and (minimum is None or minimum <= value) and (maximum is None or value <= maximum):
        return int(value)
    limits = "" if minimum is None else f" of {minimum} or more"
    limits += "" if maximum is None else f" and at most {maximum:,}"
    raise UsageError(f"{name} is {shorten(value)}; it must be a whole number{limits}")


def shorten(value: Any, length: int = 60) -> str:
    """Return the printable representation of a value for a message, cut to `length` characters.

    Example:
        >>> from kerasgen.errors import shorten
        >>> shorten("x" * 100, 10)
        "'xxxxxx..."
    """
    try:
        text = repr(value)
    except ValueError:  # Python refuses to print an int of more than 4,300 digits
        text = "a number of more than 4,300 digits"
    return text if len(text) <= length else f"{text[: length - 3]}..."
