"""Choice and start of the backend. Before `start`, a command imports neither the backend nor Keras."""

import contextlib
import functools
import gc
import importlib.util
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path

from kerasgen.cli import light_keras, quiet_imports, terminal
from kerasgen.errors import MissingPackageError, UsageError
from kerasgen.io.cache import user_cache

_LARGEST_CACHE = 2**29  # bytes of the programs that JAX has compiled
INSTALL = {
    "tensorflow": "pip install tensorflow",
    "jax": "pip install jax",
    "torch": "pip install torch",
}


def choose(requested: str | None = None) -> tuple[str, str]:
    """Return the name of the backend and where it was set, in the order of Keras.

    Args:
        requested: value of the option --backend.

    Raises:
        UsageError: kerasgen cannot train on this backend.
        MissingPackageError: its package is not installed.
    """
    _warn_without_home()
    candidates = (
        (requested, "--backend"),
        (os.environ.get("KERAS_BACKEND"), "KERAS_BACKEND"),
        (_backend_in_keras_json(), str(keras_json())),
        ("tensorflow", "the default"),
    )
    name, origin = next((name, origin) for name, origin in candidates if name)
    if name not in INSTALL:
        raise UsageError(f"the backend is {name!r} ({origin}); give one of {', '.join(INSTALL)}")
    if not installed(name):
        others = [other for other in INSTALL if installed(other)]
        advice = f", or use --backend {others[0]}" if others else ""
        raise MissingPackageError(f"the backend is {name} ({origin}), which is not installed: {INSTALL[name]}{advice}")
    return name, origin


def installed(package: str) -> bool:
    """Return whether a package is installed; it is not imported."""
    try:
        return importlib.util.find_spec(package) is not None
    except (ImportError, ValueError):
        return False


def keras_json() -> Path:
    """Return the path of the user's Keras settings, found by the same rule as in Keras."""
    home = os.path.expanduser("~")  # `~` itself if there is no home directory
    home = home if os.access(home, os.W_OK) else "/tmp"
    return Path(os.environ.get("KERAS_HOME") or os.path.join(home, ".keras"), "keras.json")


@functools.cache
def _warn_without_home() -> None:
    if not os.path.isabs(os.path.expanduser("~")):
        terminal.echo(f"the home directory is unknown: the settings of Keras are read from {keras_json()}", err=True)


def _backend_in_keras_json():
    try:
        return json.loads(Path(os.path.expanduser(keras_json())).read_text())["backend"]
    except (OSError, ValueError, TypeError, KeyError):
        return None


def start(requested: str | None = None) -> str:
    """Import Keras on the backend that `choose` returns, prepare its devices and return its name.

    A command owns its process, so this also changes settings that a library must not change. It defers heavy imports of
    Keras, stops Keras from importing TensorFlow on other backends, removes log lines, and keeps freed memory. It
    also exempts the imported modules from garbage collection. The environment variable KERASGEN_PLAIN=1 turns all of
    this off.

    Raises:
        UsageError: Keras already runs on another backend.
    """
    name, _ = choose(requested)
    os.environ["KERAS_BACKEND"] = name
    plain = os.environ.get("KERASGEN_PLAIN") == "1"
    with contextlib.nullcontext() if plain else _process_settings(name):
        import keras

        if keras.backend.backend() != name:
            raise UsageError(
                f"Keras already runs on {keras.backend.backend()}, not on {name}: a package that adds recipes "
                "imported it. Import Keras inside the function `build` of its recipes"
            )
        from kerasgen import backend

        backend.prepare_devices()
    return name


def _keep_compiled_programs() -> None:
    """Let JAX reuse the programs of earlier processes, from the user's cache folder."""
    folder = user_cache()
    if folder is not None and "JAX_COMPILATION_CACHE_DIR" not in os.environ:
        os.environ["JAX_COMPILATION_CACHE_DIR"] = str(folder / "jax")
        os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "0")  # small ones too, which saves 0.5 s
        if installed("filelock"):  # without it JAX cannot delete the oldest programs
            os.environ.setdefault("JAX_COMPILATION_CACHE_MAX_SIZE", str(_LARGEST_CACHE))


@contextlib.contextmanager
def _without_collections() -> Iterator[None]:
    """Context manager for imports that makes no garbage collections, and exempts the imported objects from later ones.

    A full collection would visit more than a million objects, which live as long as the process. This saves a quarter
    of the time of a short training.
    """
    if "keras" in sys.modules or not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
        gc.freeze()
    finally:
        gc.enable()


@contextlib.contextmanager
def _process_settings(name: str) -> Iterator[None]:
    """Context manager in which Keras is imported, with the settings of the command line's own process."""
    os.environ.setdefault("KERASGEN_ALLOCATOR", "1")
    if name == "jax":
        _keep_compiled_programs()
    with _without_collections(), quiet_imports.without_log_lines():
        with light_keras.imported_lightly():
            import keras  # noqa: F401
        yield
    if name != "tensorflow":
        from kerasgen.backend import keras_internals

        keras_internals.leave_tensorflow_alone()
        quiet_imports.remove_log_lines_of_tensorflow()
