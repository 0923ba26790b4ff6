"""Names of classes: conversion of user labels to indices from 0, and of a class name to its index."""

import re
from collections.abc import Iterable, Sequence

import numpy as np

from kerasgen.errors import DataError, UsageError, similar

MAX_LABEL = 2**31 - 1  # largest whole number that is accepted as the name of a class
MAX_NAME = 1000  # maximum characters
_LISTED = 10  # number of classes that an error lists
_WHOLE = re.compile(r"-?[0-9]+")


def index_labels(labels: Sequence | np.ndarray, where: str = "the labels") -> tuple[list[str], np.ndarray]:
    """Return the names of the classes and the label of each example as an index into them.

    The classes are the labels that occur. Whole numbers are sorted as numbers, other names as text.

    Args:
        labels: whole numbers from 0, booleans or names, (N,).
        where: the labels' name in errors.

    Returns:
        `(class_names, indices)`: list of str, and int64 (N,).

    Raises:
        DataError: a label is negative, a fraction, not finite, too large, too long or of another type.

    Example:
        >>> index_labels([1, 3, 3])
        (['1', '3'], array([0, 1, 1]))
        >>> index_labels(["10", "9", "10"])
        (['9', '10'], array([1, 0, 1]))
    """
    labels = np.asarray(labels)
    if labels.ndim != 1:
        raise DataError(f"{where} have the shape {labels.shape}; expected one for each example, (N,){_hint(labels)}")
    values, indices = np.unique(_checked(labels, where), return_inverse=True)
    names = [str(value) for value in values.tolist()]
    order = sorted(range(len(names)), key=lambda position: _sort_key(names[position]))
    return [names[position] for position in order], np.argsort(order)[indices].astype(np.int64)


def sort_names(names: Iterable[str]) -> list[str]:
    """Return the names of classes in order: whole numbers first, as numbers, then other names as text.

    Example:
        >>> sort_names(["10", "cat", "9"])
        ['9', '10', 'cat']
    """
    return sorted(names, key=_sort_key)


def default_names(num_classes: int) -> list[str]:
    """Return the names of classes that have only numbers: `0`, `1` and so on."""
    return [str(index) for index in range(num_classes)]


def find_class(text: str, class_names: Sequence[str]) -> int:
    """Return the index of the class that a user names.

    A whole number finds a class whose name is that number, with or without leading zeros. It is not an index.

    Args:
        text: name of the class, such as the value of `--label`.
        class_names: names of all classes, in the order of their indices.

    Raises:
        UsageError: no class has this name; the message lists similar ones.

    Example:
        >>> find_class("dog", ["cat", "dog"])
        1
        >>> find_class("7", ["007", "012"])
        0
    """
    names = list(class_names)
    if text in names:
        return names.index(text)
    if _is_number(text):
        equal = [index for index, name in enumerate(names) if _is_number(name) and int(name) == int(text)]
        if len(equal) == 1:
            return equal[0]
    raise UsageError(f"unknown class {text!r}; {_near(text, names)}")


def _near(text: str, names: list[str]) -> str:
    if near := similar(text, names):
        return f"did you mean {' or '.join(near)}?"
    rest = f" and {len(names) - _LISTED:,} more" if len(names) > _LISTED else ""
    return f"the classes are {', '.join(names[:_LISTED])}{rest}"


def _sort_key(name: str) -> tuple:
    return (0, int(name), name) if _is_number(name) else (1, 0, name)


def _is_number(name: str) -> bool:
    return len(name) <= MAX_NAME and _WHOLE.fullmatch(name) is not None


def _checked(labels: np.ndarray, where: str) -> np.ndarray:
    """Return the labels as int64 or str."""
    if labels.dtype.kind == "b":
        return labels.astype(str)
    if labels.dtype.kind in "US":
        return _checked_names(labels, where)
    if labels.dtype.kind not in "iuf":
        raise DataError(f"{where} have the type {labels.dtype}; expected whole numbers or class names")
    labels = labels.astype(np.float64) if labels.dtype.kind == "f" else labels  # float16 cannot hold the limits
    low, high = (labels.min(), labels.max()) if len(labels) else (0, 0)
    if not (low >= 0 and high <= MAX_LABEL):  # also true for NaN
        raise DataError(
            f"{where} go from {low} to {high}; expected whole numbers from 0 to {MAX_LABEL}, or class names"
        )
    if labels.dtype.kind == "f" and not np.array_equal(labels, np.round(labels)):
        raise DataError(f"{where} have fractions; expected whole numbers from 0 to {MAX_LABEL}, or class names")
    return labels.astype(np.int64)


def _checked_names(labels: np.ndarray, where: str) -> np.ndarray:
    try:
        labels = labels.astype(str)
    except UnicodeDecodeError:
        raise DataError(f"{where} are bytes that are not ASCII; save class names as text") from None
    if len(labels) and np.char.str_len(labels).max() > MAX_NAME:
        raise DataError(f"{where} have more than {MAX_NAME:,} characters; expected class names")
    return labels


def _hint(labels: np.ndarray) -> str:
    """Return the advice for one-hot labels, and nothing for others."""
    if labels.ndim != 2 or labels.dtype.kind not in "biuf" or not np.isin(labels, (0, 1)).all():
        return ""
    return "; for one-hot labels give labels.argmax(axis=1)" if (labels.sum(axis=1) == 1).all() else ""
