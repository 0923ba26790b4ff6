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


def test_a_later_import_of_tensorflow_writes_no_log_lines():
    done = run(CODE)
    assert (done.stdout, done.stderr) == ("[1.]\n", "")


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
