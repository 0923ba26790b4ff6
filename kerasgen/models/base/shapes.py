"""Input and output shapes of networks, and the activation that a network ends in."""

from typing import Any

import keras

from kerasgen.errors import UsageError

# Names of layers and operations that keep each value as it is
_TRANSPARENT = {"Reshape", "Flatten", "Permute", "Transpose", "Cropping2D", "UpSampling2D", "Identity", "Cast"}
# Layers and operations that are activations -> name of the activation
_FUNCTIONS = {"Sigmoid": "sigmoid", "HardSigmoid": "hard_sigmoid", "Softmax": "softmax", "Tanh": "tanh"}
_FUNCTIONS |= {"ReLU": "relu", "Relu": "relu", "Relu6": "relu6"}

PROBABILITIES = ("sigmoid", "hard_sigmoid", "softmax")  # activations with values from 0 to 1
NOT_IN_TANH_RANGE = (*PROBABILITIES, "relu", "relu6")  # activations without negative values


def known_shape(network: keras.Model, attribute: str) -> Any:
    """Return the `input_shape` or `output_shape` of a network, or a list of them.

    Raises:
        UsageError: the network has no known shape.
    """
    shape = getattr(network, attribute, None)
    if shape is None:
        raise UsageError(
            f"the {type(network).__name__} {network.name!r} has no known {attribute}: begin it with a keras.Input"
        )
    return shape


def first_input(network: keras.Model) -> tuple:
    """Return the shape of the first input of a network.

    Raises:
        UsageError: the network has no known input shape.
    """
    shapes = known_shape(network, "input_shape")
    return tuple(shapes[0]) if isinstance(shapes, list) else tuple(shapes)


def refuse_last_activation(network: keras.Model, refused: tuple[str, ...], expected: str) -> None:
    """Refuse a network that visibly ends in an activation that its loss does not expect.

    Args:
        network: the network; one without a list of layers is accepted.
        refused: names of Keras activations.
        expected: the end that is expected, in words.

    Raises:
        UsageError: the last layer that changes values has one of the refused activations.
    """
    activation = last_activation(network)
    if activation in refused:
        raise UsageError(f"the {network.name} ends in the activation {activation}; end it {expected}")


def last_activation(network: keras.Model) -> str | None:
    """Return the name of the activation that a network visibly ends in, or None.

    Layers that only move values are skipped, and nested networks are searched.

    Example:
        >>> inputs = keras.Input((4,))
        >>> last_activation(keras.Model(inputs, keras.ops.sigmoid(keras.layers.Dense(2)(inputs))))
        'sigmoid'
    """
    for operation in reversed(getattr(network, "operations", getattr(network, "layers", []))):
        if isinstance(operation, keras.Model):
            return last_activation(operation)
        kind = type(operation).__name__
        activation = getattr(getattr(operation, "activation", None), "__name__", None)
        is_linear = isinstance(operation, keras.layers.Activation) and activation == "linear"
        if not is_linear and kind not in _TRANSPARENT:
            return activation or _FUNCTIONS.get(kind)
    return None
