"""Runs on several hosts: here two processes that communicate over the loopback address."""

import json
import os
import signal
import socket
import subprocess
import sys

import keras
import numpy as np
import pytest

from checks import several_devices
from kerasgen import runs
from kerasgen.backend import host_names
from tests.cli.conftest import TINY_VAE, assert_refused, kerasgen

BACKEND = keras.backend.backend()
not_on_torch = pytest.mark.skipif(BACKEND == "torch", reason="on PyTorch Keras trains on one host")

TASKS = {
    "vae": {"options": {"hidden_dim": 12, "latent_dim": 3}, "image_size": 8},
    "dcgan": {"options": {"width": 2, "hidden_dim": 4, "latent_dim": 3}, "image_size": 16},
}

TRAIN_THEM = """
import json, sys
import numpy as np
from checks import several_devices
for task in json.loads(sys.argv[1]):
    np.savez(f"{sys.argv[2]}-{task['recipe']}", **several_devices.train(task, 1))
"""


def free_ports(count):
    """Return `count` unused ports."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


def host_variables(backend, addresses, index):
    """Return the environment variables of a backend that name the hosts and the index of this one."""
    if backend == "tensorflow":
        return {"TF_CONFIG": json.dumps({"cluster": {"worker": addresses}, "task": {"type": "worker", "index": index}})}
    values = (",".join(addresses), len(addresses), index)
    return {name: str(value) for name, value in zip(host_names.KERAS_VARIABLES, values, strict=True)}


@pytest.fixture
def start_two():
    """Start `python <arguments>` as host 0 and as host 1; return both processes."""
    started = []

    def start(*arguments):
        addresses = [f"127.0.0.1:{port}" for port in free_ports(2)]
        for index, own in enumerate(arguments):
            environment = os.environ | {"PYTHONUNBUFFERED": "1"} | host_variables(BACKEND, addresses, index)
            command = [sys.executable, *map(str, own)]
            pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
            started.append(subprocess.Popen(command, env=environment, **pipes))
        return started

    yield start
    for process in started:
        process.kill()
        process.communicate()


@pytest.mark.slow
@not_on_torch
def test_two_hosts_train_the_same_model_as_one(tmp_path, start_two):
    tasks = [{"recipe": recipe} | task for recipe, task in TASKS.items()]
    program = ["-c", TRAIN_THEM, json.dumps(tasks)]
    for process in start_two([*program, tmp_path / "0"], [*program, tmp_path / "1"]):
        output, _ = process.communicate(timeout=300)
        assert process.returncode == 0, output[-4000:]
    for task in tasks:
        one = several_devices.train(task, 1)
        for host in (0, 1):
            with np.load(tmp_path / f"{host}-{task['recipe']}.npz") as two:
                assert sorted(one) == sorted(two)
                for name in one:
                    np.testing.assert_allclose(one[name], two[name], atol=1e-5, rtol=1e-5, err_msg=name)


@pytest.mark.slow
@not_on_torch
def test_two_hosts_write_one_run_and_stop_together(tmp_path, start_two):
    train = ["-m", "kerasgen", *TINY_VAE, "--epochs", 500, "--out", tmp_path / "run"]
    first, second = start_two(train, train)
    output = []
    for line in first.stdout:
        output.append(line)
        if line.split()[:2] == ["epoch", "2/500"]:
            break
    assert any(line.startswith("training on 2 ") for line in output), output
    second.send_signal(signal.SIGINT)
    rest, _ = first.communicate(timeout=300)
    assert (first.returncode, second.wait(300)) == (130, 130), "".join(output) + rest
    assert f"kerasgen resume {tmp_path / 'run'}" in rest
    assert not [line for line in second.stdout if "epoch" in line or str(tmp_path) in line]
    assert os.listdir(tmp_path) == ["run"]

    run = runs.Run.open(tmp_path / "run")
    done = len(run.history_path.read_text().splitlines()) - 1
    result = kerasgen("resume", run.directory, "--epochs", done + 1)  # on one host
    assert result.exit_code == 0, result.output
    assert len(run.history_path.read_text().splitlines()) - 1 == done + 1
    assert int(keras.saving.load_model(run.model_path).optimizer.iterations) == 4 * (done + 1)


OTHERS = {"tensorflow": "jax", "jax": "tensorflow", "torch": "jax"}


def test_hosts_named_for_another_backend_are_refused(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name, value in host_variables(OTHERS[BACKEND], ["10.0.0.1:2222", "10.0.0.2:2222"], 1).items():
        monkeypatch.setenv(name, value)
    messages = {
        "tensorflow": "KERAS_DISTRIBUTION_NUM_PROCESSES names several hosts, for JAX",
        "jax": "TF_CONFIG names several hosts, for TensorFlow",
        "torch": "names 2 hosts; on PyTorch Keras trains on one",
    }
    assert_refused(kerasgen(*TINY_VAE), 2, messages[BACKEND])
    assert not any(tmp_path.iterdir())


def test_checkpoints_of_several_hosts_are_counted_in_steps(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name, value in host_variables(BACKEND, ["10.0.0.1:2222", "10.0.0.2:2222"], 1).items():
        monkeypatch.setenv(name, value)
    message = "on PyTorch Keras trains on one" if BACKEND == "torch" else "on several hosts give it in steps"
    assert_refused(kerasgen(*TINY_VAE, "--checkpoint-every", "10min"), 2, message)
    assert not any(tmp_path.iterdir())
