"""`kerasgen doctor`: whether this machine can train, and what is missing."""

import os
import platform
import shutil
import subprocess
import sys
import time
from importlib import metadata

import click

from kerasgen.cli import backends, text

PACKAGES = ("kerasgen", "keras", "numpy", "tensorflow", "jax", "torch", "tensorflow-datasets")
ON_A_GPU = {
    "tensorflow": 'pip install "tensorflow[and-cuda]"',
    "jax": 'pip install "jax[cuda12]"',
    "torch": "install the build of PyTorch for your CUDA version",
}


BENCH = ("vae", "dcgan")  # a small model of matrices, and one of convolutions
MODES = {"tensorflow": ("auto", "xla", "no-xla"), "jax": ("auto",), "torch": ("auto",)}


@click.command("doctor")
@click.option("--bench", is_flag=True, help="Measure which backend trains fastest here: two minutes.")
@backends.option
def command(bench, backend):
    """Say what is installed, which backend is used and why, and whether it trains.

    --bench trains two recipes on each backend that is installed, or on --backend alone, and says which is fastest.
    """
    if bench:
        _bench([backends.choose(backend)[0]] if backend else [*filter(backends.installed, MODES)])
        return
    versions = {package: _version(package) for package in PACKAGES}
    system = {"python": f"{platform.python_version()} on {platform.system()} {platform.machine()}"}
    click.echo(f"{text.heading('Versions')}\n{text.pairs(system | versions)}\n")
    name, why = backends.choose(backend)
    backends.start(backend)
    from kerasgen.backend import devices

    seen = devices()
    training, works = _try_a_step()
    click.echo(text.heading("Backend"))
    click.echo(text.pairs({"used": f"{name} ({why})", "devices": ", ".join(seen), "training": training}))
    advice = _advice(name, versions, seen)
    if advice:
        click.echo(f"\n{text.heading('Advice')}\n{text.pairs(advice)}")
    if not works:
        sys.exit(1)


def _bench(names):
    """Print how fast the recipes of `BENCH` train on each backend, and which is best."""
    if not names:
        backends.choose()  # says what is missing
    rows = []
    for recipe in BENCH:
        speeds = {(name, mode): _images_per_second(recipe, name, mode) for name in names for mode in MODES[name]}
        best = max(speeds, key=speeds.get)
        for key, speed in speeds.items():
            rows.append(
                (recipe, *key, f"{speed:,.0f}" if speed else "fails", "fastest" if key == best and speed else "")
            )
    click.echo(text.table(("RECIPE", "BACKEND", "JIT_COMPILE", "IMAGES/S", ""), rows))


def _images_per_second(recipe, name, mode):
    """Return what `kerasgen.runs.throughput` finds in a process of its own, 0 if it fails."""
    click.echo(f"{recipe} on {name}, {mode} ...", err=True)
    done = subprocess.run(
        [sys.executable, "-m", "kerasgen.runs.throughput", recipe, mode],
        env=os.environ | {"KERAS_BACKEND": name, "TF_CPP_MIN_LOG_LEVEL": "3"},
        capture_output=True,
        text=True,
    )
    return float(done.stdout.split()[-1]) if done.returncode == 0 else 0.0


def _version(package):
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "not installed"


def _try_a_step():
    """Return what one training step of a small model led to, and whether it worked."""
    import numpy as np

    import kerasgen

    start = time.perf_counter()
    try:
        model = kerasgen.create("vae", image_size=8, hidden_dim=16, latent_dim=2)
        logs = model.fit(np.full((32, 8, 8, 1), 0.5, "float32"), batch_size=32, verbose=0).history
        if not np.isfinite(logs["loss"]).all():
            return f"fails: the loss of one step is {logs['loss'][0]}", False
    except Exception as error:  # whatever an installation that is broken raises
        return f"fails: {type(error).__name__}: {' '.join(str(error).split())}", False
    return f"works: one step of a small vae, {time.perf_counter() - start:.1f} s with its compilation", True


def _advice(name, versions, seen):
    """Return what to do about what is missing, as a dict of what it is for -> what to do."""
    advice = {package: how for package, how in backends.INSTALL.items() if versions[package] == "not installed"}
    if versions["tensorflow-datasets"] == "not installed":
        advice["mnist and the like"] = "pip install tensorflow tensorflow-datasets"
    has_gpu = any("gpu" in device.lower() or "cuda" in device.lower() for device in seen)
    if shutil.which("nvidia-smi") and not has_gpu:
        advice[f"{name} on the GPU"] = ON_A_GPU[name]
    return advice
