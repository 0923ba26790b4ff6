"""The activation that a network ends in: its name, or the measured range of its outputs."""

import math
from typing import NamedTuple

import keras
import numpy as np
from keras import ops

from kerasgen.backend.keras_internals import node_of
from kerasgen.errors import UsageError

Range = tuple[float, float]

UNBOUNDED = (-math.inf, math.inf)
_RANGES = {
    "linear": UNBOUNDED,
    "sigmoid": (0.0, 1.0),
    "hard_sigmoid": (0.0, 1.0),
    "softmax": (0.0, 1.0),
    "relu": (0.0, math.inf),
    "relu6": (0.0, 6.0),
    "tanh": (-1.0, 1.0),
}
# Operations that are activations -> name of the activation
_FUNCTIONS = {"Sigmoid": "sigmoid", "HardSigmoid": "hard_sigmoid", "Softmax": "softmax", "Tanh": "tanh"}
_FUNCTIONS |= {"ReLU": "relu", "Relu": "relu", "Relu6": "relu6"}
# Operations that keep each value as it is, or average values
_TRANSPARENT = {"Reshape", "Flatten", "Permute", "Transpose", "Cropping2D", "UpSampling2D", "Identity", "Cast"}
_TRANSPARENT |= {"ActivityRegularization", "Dropout", "Squeeze", "ExpandDims", "GetItem", "Flip"}
_TRANSPARENT |= {"AveragePooling2D", "GlobalAveragePooling2D", "Resizing"}

_LARGE = 1000.0  # inputs of a measured activation are about as large
_LOGITS = (-5.0, 5.0)  # outputs without an activation reach both; black and white pixels need such logits
_NEGATIVE = -0.5  # outputs that end in tanh reach it


class Ending(NamedTuple):
    """The end of a network.

    Attributes:
        name: name of the activation, or None.
        range: smallest and largest value of the outputs.
    """

    name: str | None
    range: Range


def refuse_bounded(network: keras.Model, expected: str) -> None:
    """Refuse a network that visibly ends in an activation where raw outputs are expected.

    Args:
        network: the network; one without a graph of layers is accepted.
        expected: the reason, in words.

    Raises:
        UsageError: the outputs cannot be both negative and positive numbers of any size.
    """
    ending = ending_of(network)
    if ending is not None and not (ending.range[0] <= _LOGITS[0] and ending.range[1] >= _LOGITS[1]):
        raise UsageError(f"the {network.name} {_describe(ending)}; end it without an activation: {expected}")


def refuse_non_negative(network: keras.Model) -> None:
    """Refuse a generator of images in [-1, 1] whose outputs are visibly not negative.

    Raises:
        UsageError: the generator ends in an activation without negative values.
    """
    ending = ending_of(network)
    if ending is not None and not ending.range[0] <= _NEGATIVE:
        raise UsageError(f"the {network.name} {_describe(ending)}; end it with tanh: images are in [-1, 1]")


def ending_of(network: keras.Model) -> Ending | None:
    """Return the end of a network, or None if it cannot be seen.

    Operations without weights that follow the last layer with weights are executed for large inputs, unless they only
    move values.

    Example:
        >>> inputs = keras.Input((4,))
        >>> ending_of(keras.Model(inputs, keras.ops.sigmoid(keras.layers.Dense(2)(inputs))))
        Ending(name='sigmoid', range=(0.0, 1.0))
        >>> ending_of(keras.Model(inputs, 1 / (1 + keras.ops.exp(-keras.layers.Dense(2)(inputs)))))
        Ending(name=None, range=(0.0, 1.0))
    """
    outputs = getattr(network, "outputs", None)
    if not outputs:
        return None
    name = _name_of(outputs[0])
    if name in _RANGES:
        return Ending(name, _RANGES[name])
    try:
        values = ops.convert_to_numpy(ops.cast(_measure(outputs[0]), "float32"))
    except Exception:  # an operation of the user that does not take these inputs
        return None
    return None if np.isnan(values).all() else Ending(name, (float(np.nanmin(values)), float(np.nanmax(values))))


def _describe(ending):
    if ending.name is not None:
        return f"ends in the activation {ending.name}"
    return f"ends in an activation with values from {ending.range[0]:.3g} to {ending.range[1]:.3g}"


def _name_of(tensor):
    """Return the name of the activation behind operations that only move values, or None."""
    operation, inputs, index = node_of(tensor)
    if isinstance(operation, keras.Model):
        return _name_of(operation.outputs[index]) if getattr(operation, "outputs", None) else None
    kind = type(operation).__name__
    is_linear = isinstance(operation, keras.layers.Activation) and operation.activation is keras.activations.linear
    if inputs and (kind in _TRANSPARENT or is_linear):
        return _name_of(inputs[0])
    name = getattr(_activation_of(operation), "__name__", None)
    return _FUNCTIONS.get(kind) if name is None else name


def _activation_of(operation):
    """Return the activation of a layer, or of the layer that it wraps."""
    while isinstance(operation, keras.layers.Wrapper):
        operation = operation.layer
    return getattr(operation, "activation", None)


def _measure(tensor):
    """Return outputs of the operations behind the last layers with weights, for large inputs of these operations."""
    values = {}  # id -> symbolic tensor and its value
    _cut(tensor, values)
    if id(tensor) in values:
        return values[id(tensor)][1]
    symbols, arrays = zip(*values.values())
    return keras.Function(list(symbols), tensor)(list(arrays))


def _cut(tensor, values):
    """Collect the outputs of the last layers with weights before `tensor`, each with a value."""
    operation, inputs, index = node_of(tensor)
    if id(tensor) in values:
        return
    if getattr(operation, "outputs", None) and isinstance(operation, keras.Model):
        values[id(tensor)] = (tensor, _measure(operation.outputs[index]))
    elif not inputs or getattr(operation, "weights", None):
        large, activation = _large_values(tensor.shape), _activation_of(operation)
        values[id(tensor)] = (tensor, activation(large) if callable(activation) else large)
    else:
        for each in inputs:
            _cut(each, values)


def _large_values(shape):
    """Return large values: all negative in the first example, all positive in the second, mixed in the others."""
    shape, random = (4, *(size or 4 for size in shape[1:])), np.random.default_rng(0)
    values = _LARGE * random.uniform(-1.5, 1.5, shape)
    values[0], values[1] = -abs(values[0]), abs(values[1])
    return ops.convert_to_tensor(values, "float32")
