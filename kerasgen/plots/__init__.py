"""Pictures as PNG and GIF files: grids of images, points, latent spaces, curves, animations.

`save_samples` and `save_preview` choose the plotter by the kind of the samples; see `kerasgen.plots.registry`.
Importing this module imports nothing else.
"""

import importlib

_MODULES = {
    "PLOTTERS": "registry",
    "Plotter": "registry",
    "picture_of": "grids",
    "plotter_of": "registry",
    "save_curves": "curves",
    "save_gif": "animation",
    "save_preview": "registry",
    "save_rows": "grids",
    "save_samples": "registry",
}

__all__ = list(_MODULES)


def __getattr__(name):
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_MODULES[name]}"), name)


def __dir__():
    return sorted(__all__)
