"""Padding by reflection, to avoid artifacts at the borders of images (Johnson et al. 2016, arXiv:1603.08155)."""

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable("kerasgen")
class ReflectionPadding2D(keras.layers.Layer):
    """Layer that pads images (N, H, W, C) by their mirror image, which does not repeat the border pixels.

    Args:
        padding: number of pixels on each side; 1 or more, and less than H and W.

    Example:
        >>> import numpy as np
        >>> from kerasgen.layers import ReflectionPadding2D
        >>> ReflectionPadding2D(3)(np.ones((1, 8, 8, 3), "float32")).shape == (1, 14, 14, 3)
        True
    """

    def __init__(self, padding: int = 1, **kwargs: Any):
        super().__init__(**kwargs)
        self.padding = padding

    def call(self, inputs: Any) -> Any:
        """Return images (N, H + 2 * padding, W + 2 * padding, C)."""
        sides = (self.padding, self.padding)
        return ops.pad(inputs, ((0, 0), sides, sides, (0, 0)), mode="reflect")

    def get_config(self) -> dict[str, Any]:
        """Return the arguments."""
        return super().get_config() | {"padding": self.padding}
