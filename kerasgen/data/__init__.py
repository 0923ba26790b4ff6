"""Sets of images by name or path, as batches for `fit`.

Importing this module imports nothing else: NumPy, Pillow, Keras and the rest are loaded when they are first used.
"""

import importlib

_HOMES = {
    "Batches": "kerasgen.data.batches",
    "Dataset": "kerasgen.data.dataset",
    "Domains": "kerasgen.data.sources.domains",
    "Images": "kerasgen.data.dataset",
    "Mixture": "kerasgen.data.sources.mixtures",
    "Pairs": "kerasgen.data.sources.pairs",
    "load": "kerasgen.data.sources",
}

__all__ = [*_HOMES]


def __getattr__(name):
    if name not in _HOMES:
        raise AttributeError(f"module 'kerasgen.data' has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)


def __dir__():
    return sorted(__all__)
