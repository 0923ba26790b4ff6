"""kerasgen: generative models for Keras 3, written once and trained on TensorFlow, JAX and PyTorch.

Importing this module imports no backend: the names below are loaded when they are first used, and the classes
are made known to `keras.saving.load_model` as soon as both kerasgen and Keras are imported.
"""

import importlib

from kerasgen import _registration

__version__ = "0.1.0"

_HOMES = {
    "Option": "kerasgen.option",
    "Recipe": "kerasgen.recipe",
    "callbacks": "kerasgen.callbacks",
    "create": "kerasgen.recipe",
    "data": "kerasgen.data",
    "errors": "kerasgen.errors",
    "evaluation": "kerasgen.evaluation",
    "layers": "kerasgen.layers",
    "load": "kerasgen.models.files",
    "losses": "kerasgen.losses",
    "metrics": "kerasgen.metrics",
    "models": "kerasgen.models",
    "networks": "kerasgen.networks",
    "pictures": "kerasgen.pictures",
    "runs": "kerasgen.runs",
    "schedules": "kerasgen.schedules",
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


_registration.register_when_keras_is_imported()
