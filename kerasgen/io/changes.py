"""The differences between the settings of a checkpoint and those of a training."""

import json
import os
from typing import Any

from kerasgen.errors import RunError


def refuse_changes(path: str | os.PathLike, before: Any, now: Any) -> None:
    """Raise an error if the settings of a checkpoint differ from those of the training that would resume from it.

    Args:
        path: the checkpoint, for the message.
        before: nested plain values, as read from JSON.
        now: nested plain values.

    Raises:
        RunError: they differ; the message has the first differences.

    Example:
        >>> refuse_changes("epoch-0003", {"batch_size": 100}, {"batch_size": 100})
    """
    changed = differences(before, json.loads(json.dumps(now, default=str)))
    if changed:
        raise RunError(f"cannot resume from {path} with other settings: {summarize(changed)}")


def summarize(changed: list[str], at_most: int = 5) -> str:
    """Return the first differences as one text.

    Args:
        changed: result of `differences`.
        at_most: number of differences to name.

    Example:
        >>> summarize(["a was 1, is 2", "b was 1, is 2"], at_most=1)
        'a was 1, is 2 and 1 more'
    """
    more = f" and {len(changed) - at_most} more" if len(changed) > at_most else ""
    return f"{', '.join(changed[:at_most])}{more}"


def differences(before: Any, now: Any, path: str = "") -> list[str]:
    """Return one text for each value that differs between two nested values.

    Args:
        before: nested dicts, lists and plain values.
        now: nested dicts, lists and plain values.
        path: name of the values, for the texts.

    Example:
        >>> differences({"batch_size": 100, "seed": 0}, {"batch_size": 50, "seed": 0})
        ['batch_size was 100, is 50']
    """
    if isinstance(before, dict) and isinstance(now, dict):
        keys = [*before, *(key for key in now if key not in before)]
        return [
            text
            for key in keys
            for text in differences(before.get(key), now.get(key), f"{path}.{key}" if path else str(key))
        ]
    return [] if before == now else [f"{path} was {_shorten(before)}, is {_shorten(now)}"]


def _shorten(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else f"{text[:57]}..."
