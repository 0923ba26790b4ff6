"""The devices to train on, by name."""

from kerasgen.errors import UsageError

MOST_VIRTUAL = 8  # virtual CPU devices that are made for a machine without accelerators


def first_of(count, names):
    """Return the first `count` of the devices called `names`.

    Raises:
        UsageError: there are not so many.
    """
    if count > len(names):
        there = "there is 1" if len(names) == 1 else f"there are {len(names)}"
        virtual = f"; a CPU can stand for {MOST_VIRTUAL} at most" if names[0].lower().startswith("cpu") else ""
        raise UsageError(f"devices is {count}; {there}: {', '.join(names)}{virtual}")
    return names[:count]
