"""`resume`, and what `train` says when it is stopped."""

import signal
import subprocess
import sys
import time

import keras
import pytest

import kerasgen as library
from tests.cli.conftest import TINY_VAE, assert_refused, kerasgen

pytestmark = pytest.mark.once


@pytest.mark.slow
def test_a_stopped_run_says_how_to_go_on_and_goes_on(here):
    process = subprocess.Popen(
        [sys.executable, "-m", "kerasgen", *TINY_VAE, "--epochs", "100000", "--out", "run"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    deadline = time.monotonic() + 120
    while not (here / "run" / "history.csv").exists() and time.monotonic() < deadline:
        time.sleep(0.1)
    assert_refused(kerasgen("resume", "run", "--backend", keras.backend.backend()), 1, "run/checkpoints is in use")
    process.send_signal(signal.SIGTERM)
    said, complained = process.communicate(timeout=60)
    assert process.returncode == 143, complained
    assert "Traceback" not in complained
    assert "stopped; the training is saved in run/checkpoints/epoch-" in said
    assert "\n  kerasgen resume run\n" in said
    done = len((here / "run" / "history.csv").read_text().splitlines()) - 1
    result = kerasgen("resume", "run", "--epochs", done + 1)
    assert result.exit_code == 0, result.output
    assert "resuming from run/checkpoints/epoch-" in result.output
    assert "kerasgen generate run\n" in result.output
    assert len((here / "run" / "history.csv").read_text().splitlines()) == done + 2
    assert library.load("run").generate(1).shape == (1, 8, 8, 1)


def test_what_cannot_be_resumed_is_said(vae_run, here):
    assert_refused(kerasgen("resume", "nowhere"), 2, "does not exist")
    assert_refused(kerasgen("resume", here), 1, "is not a run")
    assert_refused(kerasgen("resume", vae_run), 2, "has been trained for 1 epoch; give --epochs")
    assert_refused(kerasgen("resume", vae_run, "--epochs", 2, "--dataset", here), 2, "leave --dataset out")
    other = "jax" if keras.backend.backend() != "jax" else "torch"
    assert_refused(kerasgen("resume", vae_run, "--backend", other), 1, f"on {other}: it was trained on")


def test_a_run_of_a_backend_that_is_not_there_says_that_it_is_the_runs(here, monkeypatch):
    (here / "recipe.json").write_text('{"backend": "theano"}')
    assert_refused(kerasgen("resume", "."), 1, "./recipe.json: backend is 'theano'; expected one of tensorflow")
    (here / "recipe.json").write_text('{"backend": "torch"}')
    monkeypatch.setitem(sys.modules, "torch", None)  # as if it were not there
    assert_refused(kerasgen("resume", "."), 1, ". was trained on torch, which is not installed: pip install")
