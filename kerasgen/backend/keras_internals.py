"""All uses of private Keras APIs: workarounds for two bugs, and a fast path for functional models.

Two exceptions: `kerasgen.cli.light_keras` uses a few names before Keras is imported, and the models override two names
of Keras's trainers: the method `_maybe_symbolic_build` (TensorFlow) and the attribute `_jax_state` (JAX).
`tests/backend/test_keras_internals.py` has a test for each name.
"""

import contextlib
import functools
import inspect
import sys
import weakref
from collections.abc import Callable, Iterator
from typing import Any

import keras
from keras import ops


def cache_saved_attributes() -> None:
    """Cache Keras's lists of the attributes that a file does not contain.

    Keras 3.15 caches the lists under one name and looks them up under another. So it makes a blank layer, metric or
    optimizer for each object of a model that is saved or loaded: half of the time of a save. TensorFlow also never
    frees the 0.07 MB of each blank optimizer. Nothing happens if Keras has no such lists.
    """
    with contextlib.suppress(ImportError, AttributeError):
        from keras.src.backend.common import global_state
        from keras.src.saving import saving_lib

        for kind in _SAVED_KINDS:
            name = f"saving_attr_skiplist_{kind}"  # the name that Keras looks up; it stores "..._skipset_..."
            if global_state.get_global_attribute(name) is None:
                global_state.set_global_attribute(name, saving_lib.get_attr_skipset(kind))


_SAVED_KINDS = ("Layer", "Functional", "Sequential", "Metric", "Optimizer", "Loss")


def leave_tensorflow_alone() -> Callable[[], None]:
    """Make Keras treat TensorFlow as missing until other code imports it, and return a function that undoes this.

    On every backend Keras imports TensorFlow to seed it. It also does so when a model is saved, loaded or cloned, to
    check whether an object belongs to TensorFlow. The import takes seconds and 450 MB.

    This changes Keras for the whole process, so only the commands of kerasgen call it; a script has
    `without_tensorflow`.
    """
    try:
        from keras.src.utils.module_utils import tensorflow
    except ImportError:
        return lambda: None
    original = type(tensorflow)
    if original.__name__ == "WhenImported":
        return lambda: None
    available = property(lambda self: sys.modules.get("tensorflow") is not None)
    tensorflow.__class__ = type("WhenImported", (original,), {"available": available})
    return lambda: setattr(tensorflow, "__class__", original)


@contextlib.contextmanager
def without_tensorflow() -> Iterator[None]:
    """Context manager in which Keras does not import TensorFlow on another backend; see `leave_tensorflow_alone`."""
    undo = None if keras.backend.backend() == "tensorflow" else leave_tensorflow_alone()
    try:
        yield
    finally:
        if undo is not None:
            undo()


def set_initial_epoch(model: keras.Model, epoch: int | None) -> None:
    """Set the epoch at which the next `fit` begins; None leaves it to the arguments of `fit`.

    Keras has this attribute for its own `BackupAndRestore`.
    """
    model._initial_epoch = epoch


def learning_rate_of(optimizer: keras.optimizers.Optimizer) -> Any:
    """Return the learning rate that an optimizer was made with, which may be a schedule.

    The public attribute gives the value of a schedule at the current step.
    """
    return getattr(optimizer, "_learning_rate", None)


_runners = weakref.WeakKeyDictionary()  # functional model -> function that runs its layers, or None


def run_layers(network: keras.Model, inputs: Any, training: bool) -> Any:
    """Return `network(inputs, training=training)`, without the work of `Layer.__call__` if possible.

    That work takes a quarter of a millisecond per layer if the network is not compiled: casts for mixed precision,
    masks, arguments of an outer call, and checks that were made when the network was built. `Layer.__call__` is still
    used for a network that needs this work, or that is not a plain functional or sequential model. For PyTorch only.
    """
    graph = getattr(network, "_functional", None) or network  # a built `Sequential` has a functional model
    if graph not in _runners:
        _runners[graph] = _runner(graph) if _can_leave_out_calls(network, graph) else None
    run = _runners[graph]
    return network(inputs, training=training) if run is None else run(inputs, training)


def _can_leave_out_calls(network, graph):
    """Return whether a network is in float32, without a `call` of its own, masks, activity regularizers or dicts."""
    if _class_of(network) not in (_SEQUENTIAL, _FUNCTIONAL) or _class_of(graph) != _FUNCTIONAL:
        return False
    has_dicts = any(isinstance(struct, dict) for struct in (graph.input, graph.output))
    layers = [layer for layer in graph.layers if not isinstance(layer, keras.layers.InputLayer)]
    return not has_dicts and all(_is_plain(layer) for layer in layers)


_SEQUENTIAL = ("keras.src.models.sequential", "Sequential")
_FUNCTIONAL = ("keras.src.models.functional", "Functional")  # `keras.Model` returns it; it has no public name


def _class_of(network):
    return type(network).__module__, type(network).__name__


def _is_plain(layer):
    has_mask = getattr(layer, "mask_zero", isinstance(layer, keras.layers.Masking))
    return layer.dtype_policy.name == "float32" and layer.activity_regularizer is None and not has_mask


def _runner(graph):
    """Return a function `run(inputs, training)` that computes the outputs of a functional model."""
    nodes = [node for depth in sorted(graph._nodes_by_depth, reverse=True) for node in graph._nodes_by_depth[depth]]
    calls = [(*_call_of(node), node.arguments, _ids(node.outputs)) for node in nodes if not node.is_input]
    input_ids, output_ids = _ids(graph.inputs), _ids(graph.outputs)

    def run(inputs, training):
        values = dict(zip(input_ids, inputs if isinstance(inputs, (list, tuple)) else [inputs]))
        for call, takes_training, arguments, ids in calls:
            args, kwargs = arguments.fill_in(values)
            if takes_training:  # Keras keeps the default value of the argument with the graph
                kwargs = kwargs | {"training": training}
            outputs = call(*args, **kwargs)
            values.update(zip(ids, [outputs] if len(ids) == 1 else outputs))
        return values[output_ids[0]] if len(output_ids) == 1 else [values[output] for output in output_ids]

    return run


def _run_nested(network, inputs, training, mask=None):
    if mask is not None:
        return network(inputs, training=training, mask=mask)
    return run_layers(network, inputs, training)


def node_of(tensor: Any) -> tuple[Any, list[Any], int]:
    """Return the operation that makes a symbolic tensor, its symbolic inputs, and the index among its outputs."""
    history = tensor._keras_history
    node = history.operation._inbound_nodes[history.node_index]
    return history.operation, list(node.input_tensors), history.tensor_index


def is_one_hot(operation: keras.Operation) -> bool:
    """Return whether an operation of a network is `keras.ops.one_hot` along a new last axis."""
    kind = type(operation)
    return (kind.__module__, kind.__name__) == ("keras.src.ops.nn", "OneHot") and operation.axis == -1


def _ids(tensors):
    return [id(tensor) for tensor in tensors]


def _call_of(node):
    """Return the function that computes the outputs of a node, and whether it takes the argument `training`."""
    operation = node.operation
    kind = type(operation)
    if is_one_hot(operation):
        classes = range(operation.num_classes)  # Keras reads the labels from PyTorch to check their range
        return lambda x: ops.cast(ops.equal(ops.expand_dims(x, -1), ops.array(classes)), operation.dtype), False
    if not isinstance(operation, keras.layers.Layer):
        return operation, False
    if _class_of(operation) in (_SEQUENTIAL, _FUNCTIONAL):
        return functools.partial(_run_nested, operation), True
    shape = node.outputs[0].shape[1:]
    plain = getattr(operation, "data_format", "channels_last") == "channels_last" and None not in shape
    if kind in (keras.layers.Flatten, keras.layers.Reshape) and plain:
        return lambda x: x.reshape(-1, *shape), False  # Keras searches the shape for symbolic tensors
    return operation.call, "training" in inspect.signature(operation.call).parameters
