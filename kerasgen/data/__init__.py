"""Data sets by name or path, as batches for `fit`.

Importing this module imports nothing else: NumPy, Pillow, Keras and the rest are loaded when they are first used.
"""

import importlib

_ATTRIBUTES = {
    "Batches": "kerasgen.data.batches",
    "DataWarning": "kerasgen.data.dataset",
    "Dataset": "kerasgen.data.dataset",
    "Domains": "kerasgen.data.two_domains",
    "Images": "kerasgen.data.dataset",
    "Mixture": "kerasgen.data.sources.mixtures",
    "Pairs": "kerasgen.data.two_domains",
    "find_class": "kerasgen.data.classes",
    "load": "kerasgen.data.sources",
}
# Old names of modules that have moved since version 0.1.0
_MODULES = {
    "arrays": "kerasgen.data.sources.arrays",
    "folder": "kerasgen.data.sources.folder",
}

__all__ = [*_ATTRIBUTES]


def __getattr__(name: str):
    if name in _MODULES:
        return importlib.import_module(_MODULES[name])
    if name not in _ATTRIBUTES:
        raise AttributeError(f"module 'kerasgen.data' has no attribute {name!r}")
    return getattr(importlib.import_module(_ATTRIBUTES[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
