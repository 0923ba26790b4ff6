"""The machines that train one model together, as the environment variables of the backends' own engines name them."""

import contextlib
import json
import os
from dataclasses import dataclass

from kerasgen.errors import KerasgenError, RunError, UsageError

# In what the backends say when a machine does not answer; it does not matter here which way they noticed.
_LOST = ("collective", "coordination", "connection", "gloo", "nccl", "peer", "unhealthy")
OF_KERAS = tuple(f"KERAS_DISTRIBUTION_{name}" for name in ("JOB_ADDRESSES", "NUM_PROCESSES", "PROCESS_ID"))


@dataclass(frozen=True)
class Machines:
    """How many there are, and the place of this one among them: the first, 0, is the one that writes files."""

    count: int = 1
    place: int = 0


def of_tensorflow():
    """Return the `Machines` in TF_CONFIG.

    Raises:
        UsageError: it is damaged, or the machines are named for JAX.
    """
    if _of_keras().count > 1:
        raise UsageError(f"{OF_KERAS[1]} names several machines, for JAX; on TensorFlow set TF_CONFIG, or unset it")
    return _of_tf_config()


def of_jax():
    """Return the `Machines` in the variables that `keras.distribution.initialize` reads.

    Raises:
        UsageError: they are damaged or not all there, or the machines are named for TensorFlow.
    """
    if _of_tf_config().count > 1:
        raise UsageError(f"TF_CONFIG names several machines, for TensorFlow; on JAX set {_and(OF_KERAS)}, or unset it")
    return _of_keras()


def none():
    """Return one machine.

    Raises:
        UsageError: the environment names several.
    """
    for name, machines in (("TF_CONFIG", _of_tf_config()), (OF_KERAS[1], _of_keras())):
        if machines.count > 1:
            raise UsageError(
                f"{name} names {machines.count} machines; on PyTorch Keras trains on one: unset it, or take the "
                "backend jax or tensorflow"
            )
    return Machines()


def _of_tf_config():
    text = os.environ.get("TF_CONFIG", "").strip() or "{}"
    try:
        config = json.loads(text)
        # as TensorFlow counts: the job called chief comes before the workers; others take no part in the training
        jobs = {job: len(config.get("cluster", {}).get(job, ())) for job in ("chief", "worker")}
        if sum(jobs.values()) < 2:
            return Machines()
        job, index = config["task"]["type"], int(config["task"]["index"])
        if not 0 <= index < jobs[job]:
            raise IndexError
        return Machines(sum(jobs.values()), index + (jobs["chief"] if job == "worker" else 0))
    except (ValueError, KeyError, TypeError, AttributeError, IndexError) as error:
        raise UsageError(
            f"TF_CONFIG is {text}; expected JSON such as "
            '{"cluster": {"worker": ["10.0.0.1:2222", "10.0.0.2:2222"]}, "task": {"type": "worker", "index": 0}}'
        ) from error


def _of_keras():
    addresses, count, place = (os.environ.get(name, "").strip() for name in OF_KERAS)
    if count in ("", "1") and "," not in addresses:
        return Machines()
    if not (addresses and count.isdecimal() and place.isdecimal() and int(place) < int(count)):
        raise UsageError(
            f"{_and(OF_KERAS)} are {addresses!r}, {count!r} and {place!r}; "
            "expected such as '10.0.0.1:2222', '2' and '0' on the first machine"
        )
    return Machines(int(count), int(place))


def _and(names):
    return f"{', '.join(names[:-1])} and {names[-1]}"


def cannot_join(name, error):
    """Return the error of a backend that could not join the machines in the environment variable `name`."""
    return UsageError(f"cannot join the machines that {name} names: {error}")


@contextlib.contextmanager
def error_of_the_lost(kind):
    """Say it in a line if another machine has stopped answering; `kind` is the class of the backend's errors."""
    try:
        yield
    except kind as error:
        if isinstance(error, KerasgenError) or not any(word in str(error).lower() for word in _LOST):
            raise
        raise RunError(
            "another of the machines has stopped or cannot be reached, and the training with it; start all again"
        ) from error
