"""The hosts that the environment variables of the backends name."""

import json

import pytest

from kerasgen.backend.host_names import (
    KERAS_VARIABLES,
    Hosts,
    jax_hosts,
    lost_host_as_run_error,
    single_host,
    tensorflow_hosts,
)
from kerasgen.errors import RunError, UsageError

pytestmark = pytest.mark.once


@pytest.fixture(autouse=True)
def no_hosts(monkeypatch):
    for name in ("TF_CONFIG", *KERAS_VARIABLES):
        monkeypatch.delenv(name, raising=False)


def tf_config(index, job="worker", **cluster):
    return {"TF_CONFIG": json.dumps({"cluster": cluster, "task": {"type": job, "index": index}})}


def keras_variables(addresses, count, index):
    return dict(zip(KERAS_VARIABLES, (addresses, count, index), strict=True))


def set_variables(monkeypatch, variables):
    for name, value in variables.items():
        monkeypatch.setenv(name, value)


def test_without_variables_there_is_one_host():
    assert tensorflow_hosts() == jax_hosts() == single_host() == Hosts(1, 0)


def test_tensorflow_counts_the_chief_before_the_workers(monkeypatch):
    cluster = {"chief": ["a:1"], "worker": ["b:1", "c:1"], "evaluator": ["d:1"]}
    for expected, (job, index) in enumerate([("chief", 0), ("worker", 0), ("worker", 1)]):
        set_variables(monkeypatch, tf_config(index, job, **cluster))
        assert tensorflow_hosts() == Hosts(3, expected)


def test_a_cluster_of_one_is_one_host(monkeypatch):
    monkeypatch.setenv("TF_CONFIG", json.dumps({"cluster": {"worker": ["b:1"]}}))
    monkeypatch.setenv("KERAS_DISTRIBUTION_NUM_PROCESSES", "1")
    assert tensorflow_hosts() == jax_hosts() == single_host() == Hosts(1, 0)


def test_jax_reads_the_variables_of_keras(monkeypatch):
    set_variables(monkeypatch, keras_variables("a:1,b:1", "2", "1"))
    assert jax_hosts() == Hosts(2, 1)


TWO = {"tensorflow": tf_config(1, worker=["a:1", "b:1"]), "jax": keras_variables("a:1,b:1", "2", "1")}


@pytest.mark.parametrize(
    ("function", "variables", "message"),
    [
        (tensorflow_hosts, TWO["jax"], "NUM_PROCESSES names several hosts, for JAX; on TensorFlow set TF_CONFIG"),
        (jax_hosts, TWO["tensorflow"], "TF_CONFIG names several hosts, for TensorFlow; on JAX set KERAS_"),
        (single_host, TWO["jax"], "NUM_PROCESSES names 2 hosts; on PyTorch Keras trains on one"),
        (single_host, TWO["tensorflow"], "TF_CONFIG names 2 hosts; on PyTorch Keras trains on one"),
    ],
)
def test_hosts_of_another_backend_are_refused(function, variables, message, monkeypatch):
    set_variables(monkeypatch, variables)
    with pytest.raises(UsageError, match=message):
        function()


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        ({"TF_CONFIG": "{"}, r"TF_CONFIG is \{; expected JSON such as"),
        ({"TF_CONFIG": "[1, 2]"}, "expected JSON such as"),
        ({"TF_CONFIG": json.dumps({"cluster": {"worker": ["a:1", "b:1"]}})}, "expected JSON such as"),
        (tf_config(2, worker=["a:1", "b:1"]), "expected JSON such as"),
        ({"KERAS_DISTRIBUTION_JOB_ADDRESSES": "a:1,b:1"}, "are 'a:1,b:1', '' and ''; expected values such as"),
        (keras_variables("a:1,b:1", "2", "2"), "'2' and '2'; expected values such as"),
    ],
)
def test_malformed_variables_are_refused(variables, message, monkeypatch):
    set_variables(monkeypatch, variables)
    for function in (tensorflow_hosts, jax_hosts, single_host):
        with pytest.raises(UsageError, match=message):
            function()


def test_an_error_about_a_lost_host_becomes_one_line():
    with pytest.raises(RunError, match="another host has stopped"), lost_host_as_run_error(OSError):
        raise OSError("Gloo: Connection closed by peer")
    with pytest.raises(OSError, match="out of memory"), lost_host_as_run_error(OSError):
        raise OSError("out of memory")
    with pytest.raises(UsageError), lost_host_as_run_error(ValueError):
        raise UsageError("no connection between these layers")
