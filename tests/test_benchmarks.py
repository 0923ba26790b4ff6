"""The commands that measure run, with the smallest budget, and print their tables."""

import subprocess
import sys
from pathlib import Path

import pytest

from kerasgen.experiments import results

ROOT = Path(__file__).resolve().parent.parent

pytestmark = [pytest.mark.once, pytest.mark.slow]


def run(module, *arguments):
    """Return what a module of `benchmarks` prints."""
    before = results.PATH.read_bytes()
    command = [sys.executable, "-m", f"benchmarks.{module}", *map(str, arguments)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr[-4000:]
    assert results.PATH.read_bytes() == before  # only --write changes the table
    return done.stdout


@pytest.mark.parametrize(("recipe", "images"), [("vae", 200), ("dcgan", 128), ("pix2pix", 1)])
def test_command(recipe, images):
    sizes = ["--images", images, "--epochs", 2, "--rounds", 1]
    printed = run("command", "--recipe", recipe, "--backend", "torch", *sizes)
    programs = ["kerasgen", "loop", *(["script"] if recipe == "vae" else [])]
    lines = [line.split() for line in printed.splitlines()]
    rows = {line[0]: [float(x) for x in line[2:]] for line in lines if len(line) == 6 and line[0] in programs}
    assert list(rows) == programs
    assert all(0 < epoch < whole and cpu > 0 and peak > 50 for epoch, whole, cpu, peak in rows.values())
    assert printed.count("kerasgen on torch / ") == 2 * (len(programs) - 1)


def test_peers():
    printed = run("peers", "--quick", "--task", "vae", "--task", "dcgan", "--backend", "torch", "--epochs", 1)
    assert "PyTorch's tutorial" in printed
    assert "TensorFlow's tutorial" in printed
    assert printed.count("training against other programs, dcgan: torch / ") == 2


def test_growth():
    printed = run("growth", "--quick", "--backend", "torch")
    parts = [line.split()[0] for line in printed.splitlines()]
    assert [*dict.fromkeys(parts)] == ["batch", "side", "width", "files", "epochs", "models"]


@pytest.mark.parametrize("backend", ["jax", "torch"])
def test_gpu_script_on_the_cpu(backend):
    sizes = ["--quick", "--epochs", 1, "--backend", backend, "--precision", "float32"]
    printed = run("gpu", *sizes, "--task", "vae", "--task", "dcgan")
    lines = printed.splitlines()
    assert [line.split()[0] for line in lines] == ["vae", "dcgan"]
    differences = [float(line.split("to those of the CPU ")[1].rstrip(";")) for line in lines]
    assert max(differences) < 1e-3
    assert all("ratio to a loop" in line for line in lines)


def test_second_runs():
    assert "seconds of `kerasgen train` with compiled programs" in run("second_runs", "--rounds", 1)


def test_start_up_of_commands():
    printed = run("start_up", "--backend", "torch", "--commands", "--rounds", 1)
    assert [line.split()[0] for line in printed.splitlines()[:4]] == ["kerasgen", "loop", "train", "generate"]
