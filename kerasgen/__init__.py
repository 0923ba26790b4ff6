"""kerasgen: generative models for Keras 3, written once and trained on TensorFlow, JAX and PyTorch.

Importing this module imports no backend: each name below is loaded at its first use. `import kerasgen.models` registers
the classes with Keras, which `keras.saving.load_model` needs.
"""

import importlib

__version__ = "0.1.0"

_HOMES = {
    "Option": "kerasgen.recipe",
    "Recipe": "kerasgen.recipe",
    "callbacks": "kerasgen.callbacks",
    "create": "kerasgen.recipe",
    "data": "kerasgen.data",
    "errors": "kerasgen.errors",
    "evaluation": "kerasgen.evaluation",
    "layers": "kerasgen.layers",
    "load": "kerasgen.models.load",
    "losses": "kerasgen.losses",
    "metrics": "kerasgen.metrics",
    "models": "kerasgen.models",
    "networks": "kerasgen.networks",
    "plots": "kerasgen.plots",
    "runs": "kerasgen.runs",
    "schedules": "kerasgen.optimizers.schedules",
    "zoo": "kerasgen.zoo",
}

__all__ = [*_HOMES, "__version__"]


def __getattr__(name):
    if name not in _HOMES:
        raise AttributeError(f"module 'kerasgen' has no attribute {name!r}")
    module = importlib.import_module(_HOMES[name])
    return module if module.__name__.endswith(f".{name}") else getattr(module, name)


def __dir__():
    return sorted(__all__)
