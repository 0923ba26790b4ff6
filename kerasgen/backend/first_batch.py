"""A check of the first batch of iterable data, without changing the batches that the training receives."""

import contextlib
import random
import sys
import types
from collections.abc import Callable, Iterator
from typing import Any

import keras
import numpy as np

from kerasgen.errors import KerasgenError


def check_first_batch(data: Any, check: Callable[[Any], None]) -> Any:
    """Call `check` with the first batch, its tensors as NumPy arrays, and return the data to train on.

    The training receives the same batches as without a check. A generator is replaced by one that begins with the same
    batch. A `tf.data.Dataset` is replaced by one that checks its first batch when the training reads it. If the check
    fails then, the data end there, and the attribute `failure` of the new set is the error. The global random states
    of Python, NumPy and PyTorch are restored.

    Args:
        data: `keras.utils.PyDataset`, `tf.data.Dataset`, `DataLoader` or another iterable of batches.
        check: function of a batch that raises an error. It is not called for batches whose tensors have no values.

    Example:
        >>> data = check_first_batch((batch for batch in ([np.zeros(2)], [np.ones(2)])), print)
        [array([0., 0.])]
        >>> [batch[0].tolist() for batch in data]
        [[0.0, 0.0], [1.0, 1.0]]
    """
    if _is_tf_data(data):
        return _checked_by_tensorflow(data, check)
    if isinstance(data, types.GeneratorType):
        first = next(data, None)
        data = data if first is None else _chained(first, data)
    else:
        with _random_states(data):
            if isinstance(data, keras.utils.PyDataset):
                first = data[0] if data.num_batches != 0 else None
            else:
                first = next(iter(data), None)
    batch = _as_numpy(first)
    if batch is not None:
        check(batch)
    return data


def _is_tf_data(data: Any) -> bool:
    tensorflow = sys.modules.get("tensorflow")  # a set exists only if its framework is imported
    return tensorflow is not None and isinstance(data, tensorflow.data.Dataset)


def _checked_by_tensorflow(dataset: Any, check: Callable[[Any], None]) -> Any:
    """Return a `tf.data.Dataset` that ends before its first batch if the check fails.

    An iteration in advance would draw one of the orders of a shuffled set.
    """
    tf = sys.modules["tensorflow"]
    if not all(isinstance(spec, tf.TensorSpec) for spec in tf.nest.flatten(dataset.element_spec)):
        return dataset

    def is_valid(*tensors):
        batch = _as_numpy(tf.nest.pack_sequence_as(dataset.element_spec, tensors))
        try:
            if batch is not None:
                check(batch)
        except KerasgenError as error:  # TensorFlow would print it with a traceback
            checked.failure = error
        return checked.failure is None

    def is_checked(index, batch):
        return tf.cond(index > 0, lambda: True, lambda: tf.py_function(is_valid, tf.nest.flatten(batch), tf.bool))

    as_graph = tf.autograph.experimental.do_not_convert
    checked = dataset.enumerate().take_while(as_graph(is_checked)).map(as_graph(lambda index, batch: batch))
    if (count := int(dataset.cardinality())) != tf.data.UNKNOWN_CARDINALITY:
        checked = checked.apply(tf.data.experimental.assert_cardinality(count))
    checked = checked.prefetch(1)
    checked.failure = None
    return checked


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
def _random_states(loader: Any) -> Iterator[None]:
    """Context manager that restores the global random states, and that of a `DataLoader`."""
    python, numpy = random.getstate(), np.random.get_state()
    torch = sys.modules.get("torch")
    generators = [torch.default_generator, getattr(loader, "generator", None)] if torch is not None else []
    states = [(generator, generator.get_state()) for generator in generators if hasattr(generator, "get_state")]
    try:
        yield
    finally:
        random.setstate(python)
        np.random.set_state(numpy)
        for generator, state in states:
            generator.set_state(state)
