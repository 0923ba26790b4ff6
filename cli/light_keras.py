"""Import of Keras without heavy packages that the commands seldom need.

Keras imports scikit-learn and SciPy for `keras.wrappers` and matplotlib for `keras.visualization`. On TensorFlow and
PyTorch it also imports JAX, to repair an old version of it. TensorFlow imports JAX for its converter to TensorFlow
Lite. On PyTorch Keras imports the compiler `torch._dynamo` for one decorator. Here the two modules are loaded at their
first use, and JAX and the compiler when other code imports them. This saves seconds and 80 to 200 MB.

This changes how Keras is imported in the whole process, so only the commands of kerasgen do it. The names below are
private to Keras and TensorFlow. If they are renamed, everything is imported again; a test detects that.
"""

import contextlib
import importlib.abc
import importlib.util
import sys
from collections.abc import Iterator

_LAZY = ("keras.wrappers", "keras.visualization", "keras.src.visualization")
_COMPILER = "torch._dynamo"
# Modules that import JAX if they can: the first adds a function to it, the second converts its functions
_USE_JAX = ("keras.src.callbacks.orbax_checkpoint", "tensorflow.lite.python.util")


@contextlib.contextmanager
def imported_lightly() -> Iterator[None]:
    """Context manager in which to import Keras, and nothing else."""
    finder = _LightFinder()
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)
        if isinstance(getattr(sys.modules.get(_COMPILER), "__loader__", None), _CompilerStandIn):
            del sys.modules[_COMPILER]
            vars(sys.modules["torch"]).pop("_dynamo", None)  # `torch` imports it again when it is used


class _LightFinder(importlib.abc.MetaPathFinder):
    """Finder that gives a few modules of Keras another loader."""

    def find_spec(self, fullname, path=None, target=None):
        if fullname == _COMPILER and "torch" in sys.modules:
            return importlib.util.spec_from_loader(fullname, _CompilerStandIn())
        if fullname not in (*_LAZY, *_USE_JAX):
            return None
        others = [finder for finder in sys.meta_path if finder is not self]
        spec = next(filter(None, (finder.find_spec(fullname, path, target) for finder in others)), None)
        if spec is not None and spec.loader is not None:
            is_lazy = fullname in _LAZY
            spec.loader = importlib.util.LazyLoader(spec.loader) if is_lazy else _LoaderWithoutJax(spec.loader)
        return spec


class _LoaderWithoutJax(importlib.abc.Loader):
    """Loader for a module that cannot import JAX, unless JAX is imported already."""

    def __init__(self, loader):
        self._loader = loader

    def create_module(self, spec):
        return self._loader.create_module(spec)

    def exec_module(self, module):
        module.__spec__.loader = module.__loader__ = self._loader
        hidden = "jax" not in sys.modules
        if hidden:
            sys.modules["jax"] = None  # makes `import jax` fail
        try:
            self._loader.exec_module(module)
        finally:
            if hidden:
                del sys.modules["jax"]


class _CompilerStandIn(importlib.abc.Loader):
    """Loader of a module that has only the decorator `torch._dynamo.disable()`.

    The decorator marks a function as the compiler does, so that a later compilation does not trace it either.
    """

    def create_module(self, spec):
        return None

    def exec_module(self, module):
        module.disable = lambda: _mark_as_disabled


def _mark_as_disabled(function):
    function._torchdynamo_disable = True
    return function
