"""The batch of a training step on JAX and PyTorch, where each step has the global batch.

JAX's compiler splits the batch over the devices, and PyTorch has one device. On TensorFlow each replica has a part of
the batch; `tensorflow/replicas.py` has functions with the same names.
"""

from collections.abc import Callable
from typing import Any

from keras import ops


def replica_weight() -> float:
    """Return 1, because the step has all examples of the batch."""
    return 1.0


def num_examples(count: Any) -> Any:
    """Return `count`, because no example of the step is padding."""
    return count


def batch_mean(x: Any) -> Any:
    """Return the mean over the rows of `x`."""
    return ops.mean(x, 0)


def global_batch(*tensors: Any) -> tuple:
    """Return the tensors unchanged."""
    return tensors


def on_global_batch(function: Callable, *tensors: Any) -> Any:
    """Return `function(*tensors)`."""
    return function(*tensors)
