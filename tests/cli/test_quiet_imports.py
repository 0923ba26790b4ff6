"""Log lines of TensorFlow and JAX."""

import os
import subprocess
import sys

import pytest

from kerasgen.cli import quiet_imports

pytestmark = pytest.mark.once

CODE = """
from kerasgen.cli import backends
backends.start("jax")
import tensorflow
print(tensorflow.constant([1.0]).numpy())
"""


def run(code, **environment):
    environment = {name: value for name, value in os.environ.items() if name != "TF_CPP_MIN_LOG_LEVEL"} | environment
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stderr
    return done


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["jax", "torch"])
def test_a_later_import_of_tensorflow_writes_no_log_lines(backend):
    done = run(CODE.replace("jax", backend))
    assert (done.stdout, done.stderr) == ("[1.]\n", "")


SCRIPT = """
import sys
import numpy as np
import kerasgen
model = kerasgen.create("vae", image_size=8, hidden_dim=8, latent_dim=2)
run, checkpoint = kerasgen.callbacks.RunLog("run"), kerasgen.callbacks.Checkpoint("checkpoints")
model.fit(np.zeros((32, 8, 8, 1), "float32"), verbose=0, callbacks=[run, checkpoint])
model.get_config()
model.save("model.keras")
print(kerasgen.load("model.keras", compile=True).generate(2).shape)
assert "tensorflow" not in sys.modules
"""


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["jax", "torch"])
def test_a_script_on_another_backend_does_not_import_tensorflow(backend, here):
    done = run(SCRIPT, KERAS_BACKEND=backend)
    assert (done.stdout, done.stderr) == ("(2, 8, 8, 1)\n", "")


def test_other_lines_are_kept(capfd, monkeypatch):
    monkeypatch.setenv("TF_CPP_MIN_LOG_LEVEL", "3")
    with quiet_imports.without_log_lines():
        os.write(2, b"I0000 00:00:1700000000.123456 1 port.cc:153] oneDNN custom operations are on.\n")
        os.write(2, b"a warning that matters\n")
        os.write(2, b"WARNING: All log messages before absl::InitializeLog() is called are written to STDERR\n")
        assert capfd.readouterr().err == ""
    assert capfd.readouterr().err == "a warning that matters\n"


def test_a_lower_log_level_keeps_all_lines(capfd, monkeypatch):
    monkeypatch.setenv("TF_CPP_MIN_LOG_LEVEL", "0")
    with quiet_imports.without_log_lines():
        os.write(2, b"I0000 00:00:1700000000.123456 1 port.cc:153] oneDNN custom operations are on.\n")
    assert "oneDNN" in capfd.readouterr().err
