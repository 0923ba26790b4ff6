"""Where names private to Keras are used: two slips of its own mended from outside, and a shorter way.

Nothing else uses any, but `kerasgen/_light_keras.py`, which must know a few before Keras is imported; and the trainers
override two, where Keras calls them: `_maybe_symbolic_build` (`on_tensorflow.py`) and `_jax_state` (`on_jax.py`).
"""

import contextlib
import inspect
import sys

import keras
from keras import ops


def remember_what_to_skip():
    """Put Keras's list of an optimizer's attributes where its saving looks; nothing happens where Keras does not.

    To know which attributes to save, Keras makes a blank optimizer at every save: it looks for the list under another
    name than it stored it. TensorFlow keeps 0.07 MB of each such optimizer for ever.
    """
    with contextlib.suppress(ImportError, AttributeError):
        from keras.src.backend.common import global_state
        from keras.src.saving import saving_lib

        where = "saving_attr_skiplist_Optimizer"  # what Keras stores is called skipset
        if global_state.get_global_attribute(where) is None:
            global_state.set_global_attribute(where, saving_lib.get_attr_skipset("Optimizer"))


def leave_tensorflow_alone():
    """Let Keras take TensorFlow for missing, in this process, until something else imports it; return what undoes that.

    On every backend Keras imports it to seed it, and when it saves, loads or clones a model to ask whether an object is
    one of TensorFlow's: that takes seconds and 450 MB.
    """
    try:
        from keras.src.utils.module_utils import tensorflow
    except ImportError:
        return lambda: None
    kind = type(tensorflow)
    if kind.__name__ == "WhenImported":
        return lambda: None

    class WhenImported(kind):
        available = property(lambda self: sys.modules.get("tensorflow") is not None)

    tensorflow.__class__ = WhenImported
    return lambda: setattr(tensorflow, "__class__", kind)


def clone(network):
    """Return what Keras's `clone_model` does, which need not import TensorFlow for it."""
    undo = leave_tensorflow_alone()
    try:
        return keras.models.clone_model(network)
    finally:
        undo()


def begin_at(model, epoch):
    """Let the `fit` that is about to begin start at this epoch; None: where it is told to.

    Keras has it for its own `BackupAndRestore`.
    """
    model._initial_epoch = epoch


def learning_rate_of(optimizer):
    """Return an optimizer's learning rate as it was given: a schedule, if it is one.

    The public attribute is a schedule's value at the present step.
    """
    return getattr(optimizer, "_learning_rate", None)


def can_run_layers(network):
    """Return whether `layers_of` does for this network what Keras does.

    It must be a functional model, with no `call` of its own, in float32, without masks and without losses of its
    layers' activations.
    """
    kind = type(network)
    return (kind.__module__, kind.__name__) == ("keras.src.models.functional", "Functional") and all(
        layer.dtype_policy.name == "float32"
        and layer.activity_regularizer is None
        and not getattr(layer, "mask_zero", isinstance(layer, keras.layers.Masking))
        for layer in network.layers
        if not isinstance(layer, keras.layers.InputLayer)
    )


def layers_of(network):
    """Return a function `run(inputs, training)` that does what the functional model `network` does.

    It does without what Keras does around the call of each layer, which takes a quarter of a millisecond wherever a
    network is not compiled: casts for mixed precision, masks, the look for arguments that an outer call passed on,
    checks that building it made before.
    """
    nodes = [node for depth in sorted(network._nodes_by_depth, reverse=True) for node in network._nodes_by_depth[depth]]
    calls = [(*_call_of(node), node.arguments, _ids(node.outputs)) for node in nodes if not node.is_input]
    of_inputs, of_outputs = _ids(network.inputs), _ids(network.outputs)

    def run(inputs, training):
        values = dict(zip(of_inputs, inputs if isinstance(inputs, list) else [inputs]))
        for call, takes_training, arguments, outputs in calls:
            args, kwargs = arguments.fill_in(values)
            if takes_training:  # of a layer that has a default Keras kept it with the graph
                kwargs = kwargs | {"training": training}
            found = call(*args, **kwargs)
            values.update(zip(outputs, [found] if len(outputs) == 1 else found))
        return values[of_outputs[0]] if len(of_outputs) == 1 else [values[output] for output in of_outputs]

    return run


def is_one_hot(operation):
    """Return whether an operation of a network is `keras.ops.one_hot` along a new last axis."""
    kind = type(operation)
    return (kind.__module__, kind.__name__) == ("keras.src.ops.nn", "OneHot") and operation.axis == -1


def _ids(tensors):
    return [id(tensor) for tensor in tensors]


def _call_of(node):
    """Return what computes the outputs of a node, and whether it takes the argument `training`."""
    operation = node.operation
    kind = type(operation)
    if is_one_hot(operation):
        classes = range(operation.num_classes)  # Keras asks PyTorch whether all labels are among them
        return lambda x: ops.cast(ops.equal(ops.expand_dims(x, -1), ops.array(classes)), operation.dtype), False
    if not isinstance(operation, keras.layers.Layer):
        return operation, False
    shape = node.outputs[0].shape[1:]
    plain = getattr(operation, "data_format", "channels_last") == "channels_last" and None not in shape
    if kind in (keras.layers.Flatten, keras.layers.Reshape) and plain:
        return lambda x: x.reshape(-1, *shape), False  # Keras looks at each number of the shape for a symbolic tensor
    return operation.call, "training" in inspect.signature(operation.call).parameters
