"""TensorFlow: devices, hosts and determinism."""

import contextlib
import functools
from collections.abc import Iterator, Sequence

import tensorflow as tf

from kerasgen.backend.device_names import MAX_VIRTUAL_DEVICES, first_devices
from kerasgen.backend.host_names import Hosts, connection_error, lost_host_as_run_error, tensorflow_hosts
from kerasgen.errors import UsageError


def prepare_devices() -> None:
    """Let TensorFlow allocate the memory of a GPU as it needs it, instead of all at once."""
    for gpu in tf.config.list_physical_devices("GPU"):
        tf.config.experimental.set_memory_growth(gpu, True)


def devices() -> list[str]:
    """Return the names of the devices that TensorFlow can use, such as `["CPU:0", "GPU:0"]`."""
    return [device.name.removeprefix("/physical_device:") for device in tf.config.list_physical_devices()]


def hosts() -> Hosts:
    """Return the hosts that train together. See `kerasgen.backend`."""
    return tensorflow_hosts()


@contextlib.contextmanager
def distributed(count: int) -> Iterator[list[str]]:
    """Context manager that trains on `count` devices of each host and yields their names. See `kerasgen.backend`."""
    host_count = hosts().count
    if host_count > 1:
        strategy = _strategy_of_hosts(count)
        own = [device.split("device:")[-1] for device in strategy.extended.worker_devices]
        with lost_host_as_run_error(tf.errors.OpError), strategy.scope():
            yield [f"{name} of host {host}" for host in range(host_count) for name in own]
        return
    if count == 1:
        yield []
        return
    if not tf.config.list_physical_devices("GPU"):
        _make_virtual_devices(count)
    logical = tf.config.list_logical_devices("GPU") or tf.config.list_logical_devices("CPU")
    names = first_devices(count, [device.name.removeprefix("/device:") for device in logical])
    with _strategy_of_devices(tuple(names)).scope():
        yield names


def _make_virtual_devices(count):
    cpu = tf.config.list_physical_devices("CPU")[0]
    if len(tf.config.get_logical_device_configuration(cpu) or [cpu]) < count <= MAX_VIRTUAL_DEVICES:
        with contextlib.suppress(RuntimeError):  # TensorFlow has started, so the number of devices is fixed
            tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * count)


@functools.cache
def _strategy_of_devices(names: Sequence[str]):
    """Return the strategy for devices. A second one in a process would mix up its sums with those of the first."""
    return tf.distribute.MirroredStrategy(names)


@functools.cache
def _strategy_of_hosts(count):
    """Return the strategy for `count` devices of each host in TF_CONFIG. It waits for all hosts."""
    gpus = tf.config.list_physical_devices("GPU")
    if count > max(len(gpus), 1):
        available = f"each host has {len(gpus)} GPUs" if gpus else "on TensorFlow each of several hosts has one CPU"
        raise UsageError(f"devices is {count}; {available}")
    try:
        tf.config.set_visible_devices(gpus[:count], "GPU")
        return tf.distribute.MultiWorkerMirroredStrategy()
    except (RuntimeError, ValueError) as error:
        raise connection_error("TF_CONFIG", error) from error


def max_over_hosts(number: int) -> int:
    """Return the largest of the hosts' numbers. All hosts must call this. See `kerasgen.backend`."""
    if hosts().count == 1:
        return number
    strategy = tf.distribute.get_strategy()
    return int(strategy.experimental_local_results(_max_over_replicas(tf.constant(number), strategy))[0])


@tf.function
def _max_over_replicas(number, strategy):
    def gather_max(own):
        return tf.reduce_max(tf.distribute.get_replica_context().all_gather(own[None], axis=0))

    return strategy.run(gather_max, args=(number,))


def make_deterministic() -> None:
    """Restrict TensorFlow to deterministic operations."""
    tf.config.experimental.enable_op_determinism()
