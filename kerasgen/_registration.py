"""Makes our classes known to `keras.saving.load_model`, without importing Keras for it.

Keras finds the classes of a saved model in a registry that lives inside Keras. Where Keras is imported already,
they are registered at once; where it is not, right after it is. So `keras.saving.load_model("vae.keras")` works
after `import kerasgen`, in whichever order the two are imported, and `import kerasgen` stays light.
"""

import contextlib
import importlib
import importlib.abc
import importlib.util
import sys

from kerasgen._light_keras import LoadedWithin, imported_lightly

# What the models are made of. One of these may be what imports Keras: then it is not complete yet, and
# registers by itself when it is.
_PARTS = (
    "kerasgen.backend",
    "kerasgen.losses",
    "kerasgen.optimizers",
    "kerasgen.schedules",
    "kerasgen.layers",
    "kerasgen.models",
)


def register_when_keras_is_imported():
    """Register the classes now if Keras is imported, otherwise as soon as it is."""
    if "keras" in sys.modules:
        register()
    elif not any(isinstance(finder, _KerasFinder) for finder in sys.meta_path):
        sys.meta_path.insert(0, _KerasFinder())


def register():
    """Import the modules whose classes Keras must know; their decorators do the rest."""
    # Only on a backend that can train: Keras has others, on which the models cannot even be defined.
    if sys.modules["keras"].backend.backend() in ("tensorflow", "jax", "torch"):
        for module in ("kerasgen.layers", "kerasgen.models"):
            importlib.import_module(module)


class _KerasFinder(importlib.abc.MetaPathFinder):
    """Finds Keras as the other finders do, and lets the registration follow its import."""

    def find_spec(self, fullname, path=None, target=None):
        if fullname != "keras":
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(fullname)
        if spec is not None and spec.loader is not None:
            spec.loader = LoadedWithin(spec.loader, _then_registered)
        return spec


@contextlib.contextmanager
def _then_registered():
    """A context in which Keras is imported, and after which the classes are registered."""
    with imported_lightly():
        yield
    if not any(part in sys.modules for part in _PARTS):
        register()
