"""Input and output shapes of networks, and the activation that a network ends in."""

from typing import Any

import keras

from kerasgen.errors import UsageError

_TRANSPARENT = (keras.layers.Reshape, keras.layers.Flatten, keras.layers.Cropping2D)  # keep each value as it is


def known_shape(network: keras.Model, attribute: str) -> Any:
    """Return the `input_shape` or `output_shape` of a network, or a list of them.

    Raises:
        UsageError: the network has no known shape.
    """
    shape = getattr(network, attribute, None)
    if shape is None:
        raise UsageError(
            f"the {type(network).__name__} {network.name!r} does not know its {attribute}: begin it with a keras.Input"
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
    for layer in reversed(getattr(network, "layers", [])):
        if isinstance(layer, _TRANSPARENT):
            continue
        activation = getattr(getattr(layer, "activation", None), "__name__", None)
        if isinstance(layer, keras.layers.Softmax):
            activation = "softmax"
        if activation in refused:
            raise UsageError(f"the {network.name} ends in the activation {activation}; end it {expected}")
        return
