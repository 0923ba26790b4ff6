"""JAX: devices, hosts and determinism."""

import atexit
import contextlib
import os
import sys
from collections.abc import Iterator
from typing import Any

import jax
import keras
import numpy as np
from jax.experimental import multihost_utils

from kerasgen.backend.device_names import MAX_VIRTUAL_DEVICES, first_devices
from kerasgen.backend.host_names import KERAS_VARIABLES, Hosts, connection_error, jax_hosts, lost_host_as_run_error

_DETERMINISTIC = "--xla_gpu_deterministic_ops=true"


class _WholeBatches(keras.distribution.DataParallel):
    """Keras's data parallelism, with whole batches on every device that the step itself splits.

    Keras splits all batches of an epoch as it splits the first one, which fails if the last one does not divide.
    Here such a batch stays whole, and each device takes the same step on all of it.
    """

    def get_data_layout(self, data_shape):
        """Return the layout of whole batches."""
        return keras.distribution.TensorLayout([None] * len(data_shape), self.device_mesh)

    def split(self, x):
        """Return a tensor split along its first axis if that axis divides, else whole."""
        if x is None or not x.ndim or x.shape[0] % self.device_mesh.devices.size:
            return x
        return jax.lax.with_sharding_constraint(x, super().get_data_layout(x.shape).backend_layout)


def split_over_devices(data: Any) -> Any:
    """Return the tensors of a batch, split over the devices of `distributed`."""
    distribution = keras.distribution.distribution()
    return keras.tree.map_structure(distribution.split, data) if isinstance(distribution, _WholeBatches) else data


def prepare_devices() -> None:
    """Do nothing: JAX needs no settings."""


def devices() -> list[str]:
    """Return the names of the devices that JAX can use, such as `["cpu:0"]`."""
    return [f"{device.platform}:{device.id}" for device in jax.devices()]


def hosts() -> Hosts:
    """Return the hosts that train together. See `kerasgen.backend`."""
    return jax_hosts()


@contextlib.contextmanager
def distributed(count: int) -> Iterator[list[str]]:
    """Context manager that trains on `count` devices of each host and yields their names. See `kerasgen.backend`."""
    all_hosts = hosts()
    if count == all_hosts.count == 1:
        yield []
        return
    _make_virtual_devices(count)
    if all_hosts.count > 1 and not jax.distributed.is_initialized():
        try:
            keras.distribution.initialize()
        except (RuntimeError, ValueError) as error:
            raise connection_error(KERAS_VARIABLES[0], error) from error
    per_host = [[device for device in jax.devices() if device.process_index == n] for n in range(all_hosts.count)]
    names = [name for each in per_host for name in first_devices(count, [f"{one.platform}:{one.id}" for one in each])]
    with _WholeBatches(devices=names, auto_shard_dataset=False).scope():
        if all_hosts.count == 1:
            yield names
            return
        with _exit_at_once_on_error(), lost_host_as_run_error((jax.errors.JaxRuntimeError, ValueError)):
            yield names


def _make_virtual_devices(count):
    if 1 < count <= MAX_VIRTUAL_DEVICES and "xla_force_host_platform_device_count" not in os.environ.get(
        "XLA_FLAGS", ""
    ):
        with contextlib.suppress(RuntimeError):  # JAX has started, so the number of devices is fixed
            jax.config.update("jax_num_cpu_devices", count)


@contextlib.contextmanager
def _exit_at_once_on_error():
    """Context manager that ends the process at once if its body fails. JAX would wait minutes for the other hosts."""
    try:
        yield
    except Exception as error:
        atexit.register(_exit, getattr(error, "exit_code", 1))
        raise


def _exit(code):
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def max_over_hosts(number: int) -> int:
    """Return the largest of the hosts' numbers. All hosts must call this. See `kerasgen.backend`."""
    return number if hosts().count == 1 else int(multihost_utils.process_allgather(np.int32(number)).max())


def make_deterministic() -> None:
    """Restrict XLA to deterministic GPU operations. Call this before JAX starts."""
    flags = os.environ.get("XLA_FLAGS", "")
    if _DETERMINISTIC not in flags:
        os.environ["XLA_FLAGS"] = f"{flags} {_DETERMINISTIC}".strip()
