"""Input and output shapes of networks."""

from typing import Any

import keras

from kerasgen.errors import UsageError


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
