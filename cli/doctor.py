"""`kerasgen doctor`: whether this machine can train, and what is missing."""

import platform
import shutil
import sys
import time
from importlib import metadata

import click

from kerasgen.cli import backends, text

PACKAGES = ("kerasgen", "keras", "numpy", "tensorflow", "jax", "torch", "tensorflow-datasets")
ON_A_GPU = {
    "tensorflow": 'pip install "kerasgen[gpu]"',
    "jax": 'pip install "jax[cuda12]"',
    "torch": "install the build of PyTorch for your CUDA version",
}


@click.command("doctor")
@backends.option
def command(backend):
    """Say what is installed, which backend is used and why, and whether it trains."""
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
