"""kerasgen: generative models for Keras 3, written once and trained on TensorFlow, JAX and PyTorch.

Importing this module imports no backend: each name below is loaded at its first use. `import kerasgen.models` registers
the classes with Keras, which `keras.saving.load_model` needs.
"""

import importlib

__version__ = "0.1.0"

_MODULES = (
    *("callbacks", "data", "errors", "evaluation", "layers", "losses", "metrics"),
    *("models", "networks", "optimizers", "plots", "runs", "samplers", "zoo"),
)
_FUNCTIONS_AND_CLASSES = {
    "Option": "kerasgen.option",
    "Recipe": "kerasgen.recipe",
    "create": "kerasgen.recipe",
    "load": "kerasgen.models.load",
}

__all__ = [*_MODULES, *_FUNCTIONS_AND_CLASSES, "__version__"]


def __getattr__(name):
    if name in _MODULES:
        return importlib.import_module(f"kerasgen.{name}")
    if name in _FUNCTIONS_AND_CLASSES:
        return getattr(importlib.import_module(_FUNCTIONS_AND_CLASSES[name]), name)
    raise AttributeError(f"module 'kerasgen' has no attribute {name!r}")


def __dir__():
    return sorted(__all__)
