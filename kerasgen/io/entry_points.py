"""Registries that other packages can extend by an entry point."""

import functools
import importlib.metadata
from collections.abc import Iterable, Sequence
from typing import Any

from kerasgen.errors import UsageError, unknown


class Registry:
    """Entries by name: those of kerasgen, and those that installed packages add by an entry point.

    An entry point names one entry or a list of them. A package that cannot be imported, or adds anything else, is
    left out and reported by `left_out`.

    Args:
        noun: kind of the entries in messages, such as "sampler".
        group: name of the group of entry points, such as "kerasgen.samplers".
        entry_class: class of the entries; an entry has an attribute `name`.
        own: the entries of kerasgen. Several of them can share a name.

    Example:
        >>> from kerasgen.errors import KerasgenError
        >>> Registry("codec", "kerasgen.codecs", KerasgenError, own=()).names
        []
    """

    def __init__(self, noun: str, group: str, entry_class: type, own: Sequence[Any]):
        self.noun, self.group, self.entry_class, self.own = noun, group, entry_class, tuple(own)

    @property
    def entries(self) -> list[Any]:
        """Return all entries; those of other packages come last."""
        return [*self.own, *self._others[0].values()]

    @property
    def names(self) -> list[str]:
        """Return the names of all entries, each once."""
        return list(dict.fromkeys(entry.name for entry in self.entries))

    def get(self, name: str) -> Any:
        """Return the first entry called `name`. Other packages are imported only if kerasgen has no such entry.

        Raises:
            UsageError: there is none; the message has the nearest names and the packages that were left out.
        """
        for entries in (self.own, self._others[0].values()):
            for entry in entries:
                if entry.name == name:
                    return entry
        raise self.unknown(name)

    def unknown(self, name: str) -> UsageError:
        """Return the error for a name that no entry has."""
        return UsageError(" ".join([str(unknown(self.noun, name, self.names)), *self.left_out()]))

    def left_out(self) -> list[str]:
        """Return a sentence for each entry of another package that cannot be used."""
        return self._others[1]

    def leave_out(self, name: str, error: Exception) -> str:
        """Add a sentence to `left_out` about an entry of another package that failed, and return it."""
        reason = f"the {self.noun} {name!r} failed: {type(error).__name__}: {error}; repair or uninstall its package."
        if reason not in self.left_out():
            self.left_out().append(reason)
        return reason

    @functools.cached_property
    def _others(self):
        return load_entries(self.noun, self.group, self.entry_class, {entry.name for entry in self.own})


def load_entries(noun: str, group: str, entry_class: type, taken: Iterable[str]) -> tuple[dict[str, Any], list[str]]:
    """Return the entries of other packages by name, and a sentence for each that cannot be used.

    Args:
        noun: kind of the entries in messages.
        group: name of the group of entry points.
        entry_class: class of the entries.
        taken: names that entries of other packages cannot have.

    Example:
        >>> load_entries("codec", "kerasgen.codecs", str, taken=())
        ({}, [])
    """
    found, left_out = {}, []
    for point in importlib.metadata.entry_points(group=group):
        try:
            entries = point.load()
        except (Exception, SystemExit) as error:  # importing a module can raise anything
            left_out.append(
                f"the {noun} {point.value} cannot be imported: {type(error).__name__}: {error}; repair or uninstall "
                "the package."
            )
            continue
        entries = entries if isinstance(entries, list | tuple) else [entries]
        if not all(isinstance(entry, entry_class) for entry in entries):
            left_out.append(
                f"{point.value} is not a {entry_class.__module__}.{entry_class.__qualname__} or a list of them; "
                "repair or uninstall the package."
            )
            continue
        for entry in entries:
            if entry.name in found or entry.name in taken:
                left_out.append(f"the {noun} {entry.name!r} of {point.value} has the name of another one; rename it.")
            else:
                found[entry.name] = entry
    return found, left_out
