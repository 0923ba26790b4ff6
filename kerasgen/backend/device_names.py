"""Selection of the devices to train on, by name."""

from collections.abc import Sequence

from kerasgen.errors import UsageError

MAX_VIRTUAL_DEVICES = 8  # virtual CPU devices made on a host without accelerators


def first_devices(count: int, names: Sequence[str]) -> list[str]:
    """Return the first `count` of the device names.

    Raises:
        UsageError: There are fewer devices.
    """
    if count > len(names):
        available = "there is 1" if len(names) == 1 else f"there are {len(names)}"
        virtual = f"; a CPU gives at most {MAX_VIRTUAL_DEVICES} virtual devices" if _is_cpu(names[0]) else ""
        raise UsageError(f"devices is {count}; {available}: {', '.join(names)}{virtual}")
    return list(names[:count])


def _is_cpu(name):
    return name.lower().startswith("cpu")
