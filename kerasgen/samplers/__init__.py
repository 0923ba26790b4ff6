"""Samplers: how noise or latents become samples. Importing this module imports no backend.

Name -> `Sampler` is a registry; see `kerasgen.samplers.registry`. `samplers.get("gmm-50").fit(model, images)` returns
an object with `generate`.
"""

import importlib

_MODULES = {
    "SAMPLERS": "registry",
    "LatentFlow": "latent_flow",
    "LatentMixture": "latent_mixture",
    "Sampler": "registry",
    "get": "registry",
}

__all__ = list(_MODULES)


def __getattr__(name):
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_MODULES[name]}"), name)


def __dir__():
    return sorted(__all__)
