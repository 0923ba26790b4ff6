"""Settings of all tests.

`pytest` runs the tests on the current backend: that of the environment variable `KERAS_BACKEND`, or of `keras.json`.
`python -m tests` runs them on the three backends, one after the other. Markers:

- `once`: the test does not depend on the backend of its process. If `KERAS_BACKEND` is set, it runs with PyTorch only.
- `slow`: the test takes more than a few seconds. `pytest -m "not slow"` takes at most 2 minutes.
"""

import collections
import gc
import os
import subprocess
import sys
import tempfile
from unittest import mock

import pytest

BACKENDS = ("tensorflow", "jax", "torch")
BACKEND_OF_ONCE = "torch"  # it starts fastest, because it compiles nothing

for _switch in [name for name in os.environ if name.startswith("KERASGEN_")]:
    del os.environ[_switch]  # the tests set them
if "PYTEST_XDIST_WORKER" not in os.environ:  # the workers of pytest-xdist inherit the folder
    _cache = tempfile.TemporaryDirectory()
    os.environ["XDG_CACHE_HOME"] = _cache.name
    os.environ.setdefault("MPLCONFIGDIR", os.path.join(_cache.name, "matplotlib"))  # its list of fonts takes seconds
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
# Small models spend most of their time in the compiler.
os.environ.setdefault(
    "XLA_FLAGS",
    "--xla_backend_optimization_level=0 --xla_cpu_use_fusion_emitters=false --xla_cpu_parallel_codegen_split_count=1",
)
if os.environ.get("KERAS_BACKEND") == "jax" and "JAX_COMPILATION_CACHE_DIR" not in os.environ:
    # Many tests compile the same small models. The workers of pytest-xdist inherit the folder.
    _compiled = tempfile.TemporaryDirectory()
    os.environ["JAX_COMPILATION_CACHE_DIR"] = _compiled.name
    os.environ["JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS"] = "0"
if os.environ.get("KERAS_BACKEND") == "torch":
    os.environ["OMP_NUM_THREADS"] = "1"  # for the processes that tests start
    import torch  # before TensorFlow, which Keras imports if it is installed

    torch.set_num_threads(1)  # the threads of several processes would wait for each other


def pytest_configure(config):
    config.addinivalue_line("markers", "once: independent of the backend; if KERAS_BACKEND is set, PyTorch only")
    config.addinivalue_line("markers", "slow: takes more than a few seconds")
    gc.disable()  # while the modules of the tests are imported


def pytest_collection_finish():
    gc.enable()


def pytest_collection_modifyitems(config, items):
    if os.environ.get("KERAS_BACKEND", BACKEND_OF_ONCE) != BACKEND_OF_ONCE:
        once = [item for item in items if item.get_closest_marker("once")]
        config.hook.pytest_deselected(items=once)
        items[:] = [item for item in items if not item.get_closest_marker("once")]
    # The files with the most slow tests first, because otherwise one worker would finish a long file alone.
    slow = collections.Counter(item.path for item in items if item.get_closest_marker("slow"))
    items.sort(key=lambda item: ("test_several_" not in item.path.name, -slow[item.path]))


@pytest.fixture(autouse=True, scope="module")
def exempt_from_garbage_collection():
    """Exempt all objects that are alive before the tests of a file: the frameworks and the modules of the tests.

    Otherwise each full collection visits millions of objects. These would be half of the time of a short training.
    """
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def same_environment():
    """Take back what a test changes in the environment: a command sets switches for its own process."""
    with mock.patch.dict(os.environ):
        yield


@pytest.fixture(scope="session")
def run_script():
    """Run Python code in a new process and return what it prints; `backend` defaults to this process's."""

    def run(code, *args, backend=None, **environment):
        if backend is not None:
            environment["KERAS_BACKEND"] = backend
        done = subprocess.run(
            [sys.executable, "-c", code, *map(str, args)],
            env=os.environ | environment,
            capture_output=True,
            text=True,
            timeout=600,
        )
        assert done.returncode == 0, done.stderr[-4000:]
        return done.stdout

    return run
