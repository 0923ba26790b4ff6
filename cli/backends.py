"""`--backend`, and starting the backend: before this, a command imports neither it nor Keras."""

import contextlib
import importlib.util
import json
import os
import re
import sys
import tempfile
from pathlib import Path

import click

from kerasgen.errors import MissingPackageError, UsageError

INSTALL = {
    "tensorflow": "pip install tensorflow",
    "jax": "pip install jax",
    "torch": "pip install torch",
}


def option_with(default):
    """Return the option `--backend`, whose help tells that default."""
    return click.option("--backend", type=click.Choice(list(INSTALL)), help=f"Default: {default}.")


option = option_with("KERAS_BACKEND, or keras.json, or tensorflow")


def choose(asked=None):
    """Return `(name, why)` of the backend, in the order in which Keras decides.

    Raises:
        UsageError: it is none that can train.
        MissingPackageError: its package is not installed.
    """
    name, why = next((name, why) for name, why in _wishes(asked) if name)
    if name not in INSTALL:
        raise UsageError(f"the backend is {name!r} ({why}); give one of {', '.join(INSTALL)}")
    if not installed(name):
        others = [other for other in INSTALL if installed(other)]
        advice = f", or use --backend {others[0]}" if others else ""
        raise MissingPackageError(f"the backend is {name} ({why}), which is not installed: {INSTALL[name]}{advice}")
    return name, why


def _wishes(asked):
    yield asked, "--backend"
    yield os.environ.get("KERAS_BACKEND"), "KERAS_BACKEND"
    yield _of_keras_json(), str(keras_json())
    yield "tensorflow", "the default"


def installed(package):
    """Tell whether a package can be found, without importing it."""
    try:
        return importlib.util.find_spec(package) is not None
    except (ImportError, ValueError):
        return False


def keras_json():
    """Return the path of the user's Keras settings, by Keras's own rule."""
    home = Path.home() if os.access(Path.home(), os.W_OK) else Path("/tmp")
    return Path(os.environ.get("KERAS_HOME") or home / ".keras") / "keras.json"


def _of_keras_json():
    try:
        return json.loads(keras_json().expanduser().read_text()).get("backend")
    except (OSError, ValueError, AttributeError):
        return None


def start(asked=None):
    """Import Keras on the backend that is asked for (see `choose`), prepare its devices, return its name."""
    name, _ = choose(asked)
    os.environ["KERAS_BACKEND"] = name
    os.environ.setdefault("KERASGEN_ALLOCATOR", "1")  # the process is ours; see kerasgen.backend.switches
    with quiet_start():
        import keras  # first, so that our classes register

        from kerasgen import backend
        from kerasgen.backend import keras_internals

        if keras.backend.backend() != name:
            raise UsageError(
                f"Keras runs on {keras.backend.backend()} already, not on {name}: what adds recipes to the zoo imports "
                "it; have it imported in their build"
            )
        backend.prepare_devices()
    if name != "tensorflow":
        keras_internals.leave_tensorflow_alone()
        sys.meta_path.insert(0, _QuietTensorFlow())
    return name


# What TensorFlow and JAX write while they load, before they heed any setting: lines of information and warning.
CHATTER = re.compile(rb"^([IW]\d{4} \d\d:|WARNING: All log messages before absl|To enable the following instructions)")


@contextlib.contextmanager
def quiet_start():
    """Keep the backends' chatter off stderr; what else is written there while they load follows afterwards.

    Whoever sets TF_CPP_MIN_LOG_LEVEL to less than 3 wants to read it; then nothing is held back.
    """
    if os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3") != "3":
        yield
        return
    sys.stderr.flush()
    terminal = os.dup(2)
    with tempfile.TemporaryFile() as held:
        os.dup2(held.fileno(), 2)
        try:
            yield
        finally:
            os.dup2(terminal, 2)
            os.close(terminal)
            held.seek(0)
            for line in held:
                if not CHATTER.match(line):
                    os.write(2, line)


class _QuietTensorFlow:
    """Loads TensorFlow quietly if it is loaded later, by TensorFlow Datasets."""

    def find_spec(self, name, path=None, target=None):
        if name != "tensorflow":
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(name)
        if spec is not None and spec.loader is not None:
            load = spec.loader.exec_module

            def load_quietly(module):
                with quiet_start():
                    load(module)

            spec.loader.exec_module = load_quietly
        return spec
