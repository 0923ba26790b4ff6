"""PyTorch: devices, hosts and determinism. Keras trains on one device of one host."""

import contextlib
import os
from collections.abc import Iterator

import torch

from kerasgen.backend.host_names import Hosts, single_host
from kerasgen.errors import UsageError


def prepare_devices() -> None:
    """Do nothing: PyTorch needs no settings."""


def devices() -> list[str]:
    """Return the names of the devices that PyTorch can use, such as `["cpu", "cuda:0"]`."""
    return ["cpu", *(f"cuda:{index}" for index in range(torch.cuda.device_count()))]


def hosts() -> Hosts:
    """Return one host; raise `UsageError` if the environment names several. See `kerasgen.backend`."""
    return single_host()


@contextlib.contextmanager
def distributed(count: int) -> Iterator[list[str]]:
    """Context manager for one device; it raises `UsageError` for several. See `kerasgen.backend`."""
    hosts()
    if count > 1:
        raise UsageError(
            f"devices is {count}; on PyTorch Keras trains on one: omit it, or use the backend jax or tensorflow"
        )
    yield []


def max_over_hosts(number: int) -> int:
    """Return `number`, because there is one host. See `kerasgen.backend`."""
    return number


def make_deterministic() -> None:
    """Restrict PyTorch to deterministic operations. Call this before a GPU is used."""
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # cuBLAS requires it
    torch.use_deterministic_algorithms(True)
    torch.backends.cudnn.benchmark = False
