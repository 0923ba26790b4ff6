"""Runs the whole suite once for each backend, in processes of their own: Keras has one backend for each process.

`pytest` runs all three; `KERAS_BACKEND=jax pytest` runs one. A test marked `once` has nothing to do with the
backend of its process (it starts its own, or needs none) and runs with PyTorch only.
"""

import os
import subprocess
import sys
import tempfile

import pytest

BACKENDS = ("tensorflow", "jax", "torch")
OF_ONCE = "torch"  # no step has to be compiled for a few batches

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
# The tests' models are small, and most of their time goes into compiling them
FASTER_TO_COMPILE = (
    "--xla_backend_optimization_level=0 --xla_cpu_use_fusion_emitters=false --xla_cpu_parallel_codegen_split_count=1"
)
os.environ.setdefault("XLA_FLAGS", FASTER_TO_COMPILE)


def pytest_configure(config):
    config.addinivalue_line("markers", "once: independent of the backend, runs with PyTorch only")


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config):
    if "KERAS_BACKEND" in os.environ or config.option.help or config.option.version or config.option.collectonly:
        return None
    codes = []
    with tempfile.TemporaryDirectory() as compiled:
        # The tests make the same small models again and again: compile each program once
        cache = {"JAX_COMPILATION_CACHE_DIR": compiled, "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0"}
        for backend in BACKENDS:
            print(f"\n======== KERAS_BACKEND={backend} ========", flush=True)
            environment = os.environ | cache | {"KERAS_BACKEND": backend}
            codes.append(subprocess.run([sys.executable, "-m", "pytest", *sys.argv[1:]], env=environment).returncode)
    # 5: no test for this backend, such as when one test that runs only once was asked for
    return max((code for code in codes if code != 5), default=5)


def pytest_collection_modifyitems(config, items):
    items.sort(key=lambda item: "test_several_" not in item.nodeid)  # the longest first: at the end a worker would wait
    if os.environ.get("KERAS_BACKEND") != OF_ONCE:
        once = [item for item in items if item.get_closest_marker("once")]
        config.hook.pytest_deselected(items=once)
        items[:] = [item for item in items if item not in once]


if os.environ.get("KERAS_BACKEND") == "torch":
    os.environ["OMP_NUM_THREADS"] = "1"  # for the processes that tests start
    import torch  # before TensorFlow, which Keras imports where it is installed

    torch.set_num_threads(1)  # several threads in each of several processes wait for each other


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
