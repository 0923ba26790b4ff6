"""`kerasgen doctor`: check of the installation, and speed of the backends."""

import os
import platform
import shutil
import subprocess
import sys
import time
from importlib import metadata

import click

from kerasgen.cli import backends, options, terminal

PACKAGES = ("kerasgen", "keras", "numpy", "tensorflow", "jax", "torch", "tensorflow-datasets")
INSTALL_FOR_GPU = {
    "tensorflow": 'pip install "tensorflow[and-cuda]"',
    "jax": 'pip install "jax[cuda12]"',
    "torch": "install the build of PyTorch for your CUDA version",
}
BENCH = ("vae", "dcgan")  # a small dense model, and a convolutional one
MODES = {"tensorflow": ("auto", "xla", "no-xla"), "jax": ("auto",), "torch": ("auto",)}  # of jit_compile


@click.command("doctor")
@click.option(
    "--bench", is_flag=True, help="Measurement of the training speed of each backend, which takes two minutes."
)
@options.backend_option()
def command(bench: bool, backend: str | None):
    """Check the installation.

    The output is the installed versions, the backend and its devices, and whether one training step works. With
    --bench, two recipes are trained on each installed backend, or only on the backend given by --backend.
    """
    if bench:
        _bench([backends.choose(backend)[0]] if backend else [*filter(backends.installed, MODES)])
        return
    versions = {package: _version(package) for package in PACKAGES}
    system = {"python": f"{platform.python_version()} on {platform.system()} {platform.machine()}"}
    terminal.echo(f"{terminal.heading('Versions')}\n{terminal.pairs(system | versions)}\n")
    name, origin = backends.choose(backend)
    backends.start(backend)
    from kerasgen.backend import devices

    names = devices()
    training, works = _try_training()
    terminal.echo(terminal.heading("Backend"))
    terminal.echo(terminal.pairs({"name": f"{name} ({origin})", "devices": ", ".join(names), "training": training}))
    advice = _advice(name, versions, names)
    if advice:
        terminal.echo(f"\n{terminal.heading('Advice')}\n{terminal.pairs(advice)}")
    if not works:
        sys.exit(1)


def _bench(names: list[str]) -> None:
    """Print the training speed of the recipes in `BENCH` on each backend, and mark the fastest."""
    if not names:
        backends.choose()  # raises an error that names the missing package
    rows = []
    for recipe in BENCH:
        speeds = {(name, mode): _images_per_second(recipe, name, mode) for name in names for mode in MODES[name]}
        best = max(speeds, key=lambda key: speeds[key])
        for key, speed in speeds.items():
            mark = "fastest" if key == best and speed else ""
            rows.append((recipe, *key, f"{speed:,.0f}" if speed else "fails", mark))
    terminal.echo(terminal.table(("RECIPE", "BACKEND", "JIT_COMPILE", "IMAGES/S", ""), rows))


def _images_per_second(recipe: str, name: str, mode: str) -> float:
    """Return the speed that `kerasgen.runs.throughput` measures in a process of its own, or 0 if it fails."""
    terminal.echo(f"{recipe} on {name}, {mode} ...", err=True)
    done = subprocess.run(
        [sys.executable, "-m", "kerasgen.runs.throughput", recipe, mode],
        env=os.environ | {"KERAS_BACKEND": name, "TF_CPP_MIN_LOG_LEVEL": "3", "KERASGEN_ALLOCATOR": "1"},
        capture_output=True,
        text=True,
    )
    return float(done.stdout.split()[-1]) if done.returncode == 0 else 0.0


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "not installed"


def _try_training() -> tuple[str, bool]:
    """Return a description of one training step of a small model, and whether it worked."""
    import numpy as np

    import kerasgen

    start = time.perf_counter()
    try:
        model = kerasgen.create("vae", image_size=8, hidden_dim=16, latent_dim=2)
        logs = model.fit(np.full((32, 8, 8, 1), 0.5, "float32"), batch_size=32, verbose=0).history
        if not np.isfinite(logs["loss"]).all():
            return f"fails: the loss of one step is {logs['loss'][0]}", False
    except Exception as error:  # a broken installation raises all kinds of errors
        return f"fails: {type(error).__name__}: {' '.join(str(error).split())}", False
    return f"works: one step of a small VAE, {time.perf_counter() - start:.1f} s with compilation", True


def _advice(name: str, versions: dict[str, str], devices: list[str]) -> dict[str, str]:
    """Return the missing packages and the command that installs them."""
    advice = {package: how for package, how in backends.INSTALL.items() if versions[package] == "not installed"}
    if versions["tensorflow-datasets"] == "not installed":
        advice["MNIST and other data sets"] = "pip install tensorflow tensorflow-datasets"
    has_gpu = any("gpu" in device.lower() or "cuda" in device.lower() for device in devices)
    if shutil.which("nvidia-smi") and not has_gpu:
        advice[f"{name} on the GPU"] = INSTALL_FOR_GPU[name]
    return advice
