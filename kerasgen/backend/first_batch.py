"""The first batch of iterable data, read without changing the batches that the training receives."""

import contextlib
import sys
import types
from collections.abc import Iterator
from typing import Any

import keras
import numpy as np


def peek(data: Any) -> tuple[Any, Any]:
    """Return `(batch, data)`: the first batch with NumPy arrays, or None, and the data to train on.

    A generator gives each batch only once. It is replaced by one that begins with the same batch. The random state of
    PyTorch's `DataLoader` is restored.

    Args:
        data: `keras.utils.PyDataset`, `tf.data.Dataset`, `DataLoader` or another iterable of batches.

    Example:
        >>> batch, batches = peek(iter_batch for iter_batch in ([np.zeros(2)], [np.ones(2)]))
        >>> batch[0].tolist(), [each[0].tolist() for each in batches]
        ([0.0, 0.0], [[0.0, 0.0], [1.0, 1.0]])
    """
    if isinstance(data, types.GeneratorType):
        first = next(data, None)
        return _as_numpy(first), data if first is None else _chained(first, data)
    if isinstance(data, keras.utils.PyDataset):
        return _as_numpy(data[0] if data.num_batches != 0 else None), data
    with _random_state_of_torch(data):
        return _as_numpy(next(iter(data), None)), data


def _chained(first: Any, rest: Iterator) -> Iterator:
    yield first
    yield from rest


def _as_numpy(batch: Any) -> Any:
    """Return a batch with its tensors as arrays, or None if they have no values yet or are on several devices."""
    if batch is None:
        return None
    try:
        return keras.tree.map_structure(_to_array, batch)
    except Exception:  # the tensors of any framework; the batch is then checked by the training step only
        return None


def _to_array(value: Any) -> Any:
    return np.asarray(value.detach().cpu() if hasattr(value, "detach") else value)


@contextlib.contextmanager
def _random_state_of_torch(loader: Any) -> Iterator[None]:
    torch = sys.modules.get("torch")  # a loader exists only if its framework is imported
    if torch is None:
        yield
        return
    generators = [torch.default_generator, getattr(loader, "generator", None)]
    states = [generator and generator.get_state() for generator in generators]
    try:
        yield
    finally:
        for generator, state in zip(generators, states):
            if generator is not None:
                generator.set_state(state)
