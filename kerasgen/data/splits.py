"""Division of a set into a training part and a test part."""

import hashlib
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from kerasgen.errors import DataError

# Name of a folder, in lower case -> the part that it holds
PARTS = {
    "train": "train",
    "training": "train",
    "test": "test",
    "testing": "test",
    "val": "validation",
    "valid": "validation",
    "validation": "validation",
    "dev": "validation",
    "eval": "validation",
    "evaluation": "validation",
}
_SET = re.compile(r"[ _-]?set")  # as in `test_set`
TEST_PARTS = ("test", "validation")  # the first of these that exists is the test part


@dataclass(frozen=True)
class FolderSplit:
    """Rows of the files in the subfolders of the training and of the test part.

    Attributes:
        train, test: int arrays, sorted.
        unused: int array of the rows in neither part.
    """

    train: np.ndarray
    test: np.ndarray
    unused: np.ndarray


def part_of(name: str) -> str | None:
    """Return `train`, `test` or `validation` for a folder's name in any case, None for other names.

    Example:
        >>> part_of("Train"), part_of("val"), part_of("test_set"), part_of("cat")
        ('train', 'validation', 'test', None)
    """
    name = name.casefold()
    return PARTS.get(name) or PARTS.get(_SET.sub("", name))


def part_first(paths: Sequence[str]) -> list[str]:
    """Return paths with the part of the split as the first folder, also if all files have it as the second folder.

    That is so if the set is in one more folder, or if each class has its own parts.

    Example:
        >>> part_first(["photos/train/cat/1.png", "photos/test/cat/2.png"])
        ['train/cat/1.png', 'test/cat/2.png']
        >>> part_first(["cat/train/1.png", "dog/test/2.png"])
        ['train/cat/1.png', 'test/dog/2.png']
    """
    folders = [path.split("/") for path in paths]
    if not all(len(names) > 2 and part_of(names[1]) and not part_of(names[0]) for names in folders):
        return [*paths]
    outer = {names[0] for names in folders}
    return ["/".join(names[1:] if len(outer) == 1 else [names[1], names[0], *names[2:]]) for names in folders]


def split_by_folders(paths: Sequence[str]) -> FolderSplit | None:
    """Return the split given by the first folder of each path, or None without a training and a test folder.

    Example:
        >>> split_by_folders(["test/1.png", "train/2.png", "train/3.png"]).train
        array([1, 2])
        >>> split_by_folders(["train/2.png", "bus/3.png"]) is None
        True
    """
    parts = np.array([part_of(path.partition("/")[0]) or "" if "/" in path else "" for path in paths])
    test = next((part for part in TEST_PARTS if part in parts), None)
    if test is None or "train" not in parts:
        return None
    used = (parts == "train") | (parts == test)
    return FolderSplit(np.flatnonzero(parts == "train"), np.flatnonzero(parts == test), np.flatnonzero(~used))


def split_by_hash(
    paths: Sequence[str], fraction: float, labels: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Return the rows `(train, test)` by a hash of each path; a new file moves no other file into the training part.

    Each part has at least one path, and the training part has at least one path of each class.

    Args:
        paths: relative paths with `/`, two or more.
        fraction: fraction of the paths that go into the test part, 0 to 1.
        labels: int (N,), or None.

    Example:
        >>> train, test = split_by_hash(["a", "b", "c", "d"], 0.5)
        >>> len(train) + len(test)
        4
    """
    hashes = np.array([int.from_bytes(hashlib.sha256(os.fsencode(path)).digest()[:8]) for path in paths]) / 2.0**64
    is_test = hashes < fraction
    is_test[hashes.argmin()], is_test[hashes.argmax()] = True, False
    for label in () if labels is None else np.setdiff1d(labels, labels[~is_test]):
        rows = np.flatnonzero(labels == label)
        is_test[rows[hashes[rows].argmax()]] = False
    return np.flatnonzero(~is_test), np.flatnonzero(is_test)


def split_rows(count: int, fraction: float) -> tuple[np.ndarray, np.ndarray]:
    """Return the rows `(train, test)` of an array, both sorted; they depend on `count` and `fraction` only.

    `round(count * fraction)` rows go into the test part, at least one into each part.

    Raises:
        DataError: fewer than two rows.

    Example:
        >>> train, test = split_rows(10, 0.2)
        >>> len(train), len(test)
        (8, 2)
    """
    if count < 2:
        raise DataError(f"{count} sample: at least 2 are needed, one to train and one to test with")
    order = np.random.Generator(np.random.Philox(key=[count, 0])).permutation(count)
    tests = min(max(round(count * fraction), 1), count - 1)
    return np.sort(order[tests:]), np.sort(order[:tests])
