"""The hosts that train one model together, as the environment variables of the backends name them."""

import contextlib
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass

from kerasgen.errors import KerasgenError, RunError, UsageError

# Words in the backends' messages about a host that does not answer.
_LOST_HOST_WORDS = ("collective", "coordination", "connection", "gloo", "nccl", "peer", "unhealthy")
KERAS_VARIABLES = tuple(f"KERAS_DISTRIBUTION_{name}" for name in ("JOB_ADDRESSES", "NUM_PROCESSES", "PROCESS_ID"))


@dataclass(frozen=True)
class Hosts:
    """Number of hosts, and index of this one. Host 0, the primary host, writes the files."""

    count: int = 1
    index: int = 0


def tensorflow_hosts() -> Hosts:
    """Return the hosts in TF_CONFIG.

    Raises:
        UsageError: The variable is malformed, or the variables of JAX name several hosts.
    """
    if _from_keras_variables().count > 1:
        raise UsageError(
            f"{KERAS_VARIABLES[1]} names several hosts, for JAX; on TensorFlow set TF_CONFIG instead, or unset it"
        )
    return _from_tf_config()


def jax_hosts() -> Hosts:
    """Return the hosts in the variables that `keras.distribution.initialize` reads.

    Raises:
        UsageError: The variables are malformed or incomplete, or TF_CONFIG names several hosts.
    """
    if _from_tf_config().count > 1:
        names = _join(KERAS_VARIABLES)
        raise UsageError(f"TF_CONFIG names several hosts, for TensorFlow; on JAX set {names} instead, or unset it")
    return _from_keras_variables()


def single_host() -> Hosts:
    """Return one host, for a backend that trains on one.

    Raises:
        UsageError: The environment names several hosts.
    """
    for name, hosts in (("TF_CONFIG", _from_tf_config()), (KERAS_VARIABLES[1], _from_keras_variables())):
        if hosts.count > 1:
            raise UsageError(
                f"{name} names {hosts.count} hosts; on PyTorch Keras trains on one: unset it, or use the backend "
                "jax or tensorflow"
            )
    return Hosts()


def _from_tf_config():
    text = os.environ.get("TF_CONFIG", "").strip() or "{}"
    try:
        config = json.loads(text)
        # TensorFlow's order: the job "chief" comes before "worker". Other jobs take no part in the training.
        sizes = {job: len(config.get("cluster", {}).get(job, ())) for job in ("chief", "worker")}
        if sum(sizes.values()) < 2:
            return Hosts()
        job, index = config["task"]["type"], int(config["task"]["index"])
        if not 0 <= index < sizes[job]:
            raise IndexError
        return Hosts(sum(sizes.values()), index + (sizes["chief"] if job == "worker" else 0))
    except (ValueError, KeyError, TypeError, AttributeError, IndexError) as error:
        raise UsageError(
            f"TF_CONFIG is {text}; expected JSON such as "
            '{"cluster": {"worker": ["10.0.0.1:2222", "10.0.0.2:2222"]}, "task": {"type": "worker", "index": 0}}'
        ) from error


def _from_keras_variables():
    addresses, count, index = (os.environ.get(name, "").strip() for name in KERAS_VARIABLES)
    if count in ("", "1") and "," not in addresses:
        return Hosts()
    if not (addresses and count.isdecimal() and index.isdecimal() and int(index) < int(count)):
        raise UsageError(
            f"{_join(KERAS_VARIABLES)} are {addresses!r}, {count!r} and {index!r}; "
            "expected values such as '10.0.0.1:2222', '2' and '0' on the first host"
        )
    return Hosts(int(count), int(index))


def _join(names):
    return f"{', '.join(names[:-1])} and {names[-1]}"


def connection_error(name: str, error: Exception) -> UsageError:
    """Return the error for a backend that cannot connect to the hosts in the environment variable `name`."""
    return UsageError(f"cannot connect to the hosts that {name} names: {error}")


@contextlib.contextmanager
def lost_host_as_run_error(kind: type[Exception] | tuple[type[Exception], ...]) -> Iterator[None]:
    """Context manager that raises a `RunError` if a backend error of this kind reports that another host is lost."""
    try:
        yield
    except kind as error:
        if isinstance(error, KerasgenError) or not any(word in str(error).lower() for word in _LOST_HOST_WORDS):
            raise
        raise RunError(
            "another host has stopped or cannot be reached, so the training has stopped; start all hosts again"
        ) from error
