"""Sinusoidal features of a time, the input of networks that depend on the noise level."""

import math
from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable("kerasgen")
class TimeEmbedding(keras.layers.Layer):
    """Cosines and sines of a time t in [0, 1], at frequencies from 1 to `largest` in a geometric series.

    Args:
        dim: number of features, an even number.
        largest: largest frequency, in radians per unit of time.

    Source:
        Vaswani et al. 2017, arXiv:1706.03762, section 3.5; Ho et al. 2020, arXiv:2006.11239, appendix B.

    Example:
        >>> import numpy as np
        >>> from kerasgen.layers import TimeEmbedding
        >>> TimeEmbedding(8)(np.zeros(3, "float32")).shape == (3, 8)
        True
    """

    def __init__(self, dim: int = 64, largest: float = 1000.0, **kwargs: Any):
        super().__init__(autocast=False, **kwargs)
        self.dim, self.largest = dim, largest

    def call(self, inputs: Any) -> Any:
        """Return the features (N, dim) of times (N,)."""
        half = self.dim // 2
        exponents = ops.arange(half, dtype="float32") / max(1, half - 1)
        # float32, because half precision has too few digits for the phases
        phases = ops.expand_dims(ops.cast(inputs, "float32"), 1) * ops.exp(math.log(self.largest) * exponents)
        return ops.cast(ops.concatenate([ops.cos(phases), ops.sin(phases)], axis=1), self.compute_dtype)

    def compute_output_shape(self, input_shape: Any) -> Any:
        """Return the shape of the features."""
        return (input_shape[0], self.dim)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments."""
        return super().get_config() | {"dim": self.dim, "largest": self.largest}
