"""Has Keras import itself without packages of which it seldom needs anything, for the memory and the time they take.

Keras imports scikit-learn and SciPy for `keras.wrappers`, matplotlib for `keras.visualization`, and on TensorFlow and
PyTorch JAX as well, for a slip of its older versions. The two modules are loaded here when they are first used, and
JAX when something else imports it. Where Keras is imported before kerasgen, it does as it always does.

The names below are Keras's own. Where it renames them it imports more again, which a test tells.
"""

import contextlib
import importlib.abc
import importlib.util
import sys

_LATER = ("keras.wrappers", "keras.visualization", "keras.src.visualization")
_MENDS_JAX = "keras.src.callbacks.orbax_checkpoint"  # gives JAX a function, if it can be imported and lacks it


@contextlib.contextmanager
def imported_lightly():
    """A context in which Keras is imported, and nothing else."""
    finder = _LightFinder()
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)


class _LightFinder(importlib.abc.MetaPathFinder):
    """Finds Keras's modules as the other finders do, and gives a few another loader."""

    def find_spec(self, fullname, path=None, target=None):
        if fullname not in (*_LATER, _MENDS_JAX):
            return None
        others = [finder for finder in sys.meta_path if finder is not self]
        spec = next(filter(None, (finder.find_spec(fullname, path, target) for finder in others)), None)
        if spec is not None and spec.loader is not None:
            is_later = fullname in _LATER
            spec.loader = (
                importlib.util.LazyLoader(spec.loader) if is_later else LoadedWithin(spec.loader, _without_jax)
            )
        return spec


class LoadedWithin(importlib.abc.Loader):
    """Executes a module with another loader, within a context."""

    def __init__(self, loader, context):
        self._loader, self._context = loader, context

    def create_module(self, spec):
        return self._loader.create_module(spec)

    def exec_module(self, module):
        module.__spec__.loader = module.__loader__ = self._loader
        with self._context():
            self._loader.exec_module(module)


@contextlib.contextmanager
def _without_jax():
    """A context in which JAX is missing, unless it has been imported already."""
    hide = "jax" not in sys.modules
    if hide:
        sys.modules["jax"] = None  # an import of it fails
    try:
        yield
    finally:
        if hide:
            del sys.modules["jax"]
