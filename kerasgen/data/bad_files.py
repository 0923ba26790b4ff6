"""Files of a data set that cannot be used: how many there may be, and what is said of them."""

from kerasgen.errors import DataError, UsageError

MAX_BAD = 0.01  # share of the files


def check(dataset, max_bad=MAX_BAD):
    """Raise what a training must not start with.

    One file may be bad in any set, unless `max_bad` is 0.

    Args:
        dataset: a `Dataset`; those of its files that are no images are in `skipped`.
        max_bad: the share of the files that may be bad, 0 to 1.

    Raises:
        DataError: there are more.
        UsageError: `max_bad` is no share.
    """
    if not 0 <= max_bad <= 1:
        raise UsageError(f"the share of bad files is {max_bad}; it lies between 0 and 1, such as 0.01")
    bad = len(dataset.skipped)
    files = bad + sum(dataset.train.counts) + sum(dataset.test.counts)
    if bad > (max(1, max_bad * files) if max_bad else 0):
        path, reason = dataset.skipped[0]
        raise DataError(
            f"{dataset.name}: {bad:,} of {files:,} files are no images, such as {path} ({reason}); "
            f"at most {max_bad:.2%} may be: remove or repair them, or give --max-bad {_rounded_up(bad / files)}"
        )


def listed(dataset):
    """Return lines that name each bad file once, with its reason; none if there is none."""
    if not dataset.skipped:
        return []
    files = [f"{path} ({reason})" for path, reason in dataset.skipped]
    if len(files) == 1:
        return [f"skipped 1 file that is no image: {files[0]}"]
    return [f"skipped {len(files):,} files that are no images:", *(f"  {file}" for file in files)]


def lost(dataset):
    """Return lines that name each file that was an image at first and could not be read later."""
    if not dataset.unreadable:
        return []
    return [
        "files that could no longer be read while the model was trained; others of their batch took their places:",
        *(f"  {path}" for path in dataset.unreadable),
    ]


def _rounded_up(share):
    return min(1.0, int(share * 1000 + 1) / 1000)
