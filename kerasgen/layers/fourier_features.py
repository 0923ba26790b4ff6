"""Sines and cosines of coordinates, as inputs of networks for functions that vary on a small scale."""

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable("kerasgen")
class FourierFeatures(keras.layers.Layer):
    """Coordinates x together with sin(2^k x) and cos(2^k x) for k = 0, 1, ... below `count`.

    With the coordinates alone, a network needs many more steps to learn a function that varies on a small scale.

    Args:
        count: number of frequencies.

    Source:
        Tancik et al. 2020, arXiv:2006.10739, section 4, positional encoding; Mildenhall et al. 2020, arXiv:2003.08934,
        equation 4.

    Example:
        >>> import numpy as np
        >>> from kerasgen.layers import FourierFeatures
        >>> FourierFeatures(3)(np.zeros((5, 2), "float32")).shape == (5, 14)
        True
    """

    def __init__(self, count: int = 3, **kwargs: Any):
        super().__init__(autocast=False, **kwargs)
        self.count = count

    def call(self, inputs: Any) -> Any:
        """Return the features (N, D * (1 + 2 * count)) of coordinates (N, D)."""
        # float32, because half precision has too few digits for the phases
        inputs = ops.cast(inputs, "float32")
        phases = ops.concatenate([2.0**power * inputs for power in range(self.count)], axis=1)
        features = ops.concatenate([inputs, ops.sin(phases), ops.cos(phases)], axis=1)
        return ops.cast(features, self.compute_dtype)

    def compute_output_shape(self, input_shape: Any) -> Any:
        """Return the shape of the features."""
        return (input_shape[0], input_shape[1] * (1 + 2 * self.count))

    def get_config(self) -> dict[str, Any]:
        """Return the arguments."""
        return super().get_config() | {"count": self.count}
