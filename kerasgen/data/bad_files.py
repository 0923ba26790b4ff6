"""Files of a data set that cannot be used: their maximum number, and lines that list them."""

from typing import TYPE_CHECKING

from kerasgen.errors import DataError, UsageError

if TYPE_CHECKING:
    from kerasgen.data.dataset import Dataset

MAX_BAD = 0.01  # maximum fraction of the files


def check(dataset: "Dataset", max_bad: float = MAX_BAD) -> None:
    """Raise an error if too many files of the set cannot be used.

    One bad file is always accepted, unless `max_bad` is 0.

    Args:
        dataset: data set whose bad files are in `skipped`.
        max_bad: largest accepted fraction of bad files, 0 to 1.

    Raises:
        DataError: more files are bad.
        UsageError: `max_bad` is not between 0 and 1.

    Example:
        >>> from kerasgen import data
        >>> check(data.load("digits"))
    """
    if not 0 <= max_bad <= 1:
        raise UsageError(
            f"the accepted fraction of bad files is {max_bad}; give a number between 0 and 1, such as 0.01"
        )
    bad = len(dataset.skipped)
    files = bad + sum(dataset.train.counts) + sum(dataset.test.counts)
    if bad > (max(1, max_bad * files) if max_bad else 0):
        path, reason = dataset.skipped[0]
        raise DataError(
            f"{dataset.name}: {bad:,} of {files:,} files are not images, such as {path} ({reason}); "
            f"at most {max_bad:.2%} may be: remove or repair them, or give --max-bad {_rounded_up(bad / files)}"
        )


def skipped_lines(dataset: "Dataset") -> list[str]:
    """Return lines that name each skipped file with its reason; none if nothing was skipped."""
    if not dataset.skipped:
        return []
    files = [f"{path} ({reason})" for path, reason in dataset.skipped]
    if len(files) == 1:
        return [f"skipped 1 file that is not an image: {files[0]}"]
    return [f"skipped {len(files):,} files that are not images:", *(f"  {file}" for file in files)]


def unreadable_lines(dataset: "Dataset") -> list[str]:
    """Return lines that name each file that became unreadable after the first reading; empty if there is none."""
    if not dataset.unreadable:
        return []
    return [
        "files that could not be read during training; other images of their batch replaced them:",
        *(f"  {path}" for path in dataset.unreadable),
    ]


def _rounded_up(part: float) -> float:
    return min(1.0, int(part * 1000 + 1) / 1000)
